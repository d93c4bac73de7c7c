// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/letters_print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text/excerpt.hpp"
#include "base/text/json_text.hpp"
#include "base/text/rfc3339.hpp"
#include "base/text/terminal_text.hpp"
#include "gate/codes.hpp"
#include "letters/letter_filter.hpp"
#include "tools/lint/lint_text.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr std::size_t row_columns_max = 72;
constexpr std::size_t shown_columns_max = 16'000;

std::string_view or_default(const std::string& text) {
  return text.empty() ? std::string_view("(default)") : std::string_view(text);
}

/// The address without its port: senders use a new one for each connection.
std::string host_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string::npos ? address : address.substr(0, colon);
}

void append_excerpt(std::string_view text, std::size_t at, std::size_t length, std::string& out) {
  const excerpt made = make_excerpt(text, at, length);
  out += "    " + made.shown + "\n    " + std::string(made.mark_column, ' ') +
         std::string(made.mark_columns, '^') + "\n";
}

/// Looks at the line again, because a letter does not carry its explanation. False: as it stands
/// nothing is wrong with it, or something else.
bool append_diagnosis(const letter& each, std::string& out) {
  const std::int64_t unit_ns = std::max<std::int64_t>(1, each.header.unit_ns);
  line_reader reader({.unit_ns = unit_ns, .take_byte_order_mark = false});
  reader.feed(each.what.text);
  line_event event = reader.next();
  if (event == line_event::more) {
    reader.finish();
    event = reader.next();
  }
  if (event != line_event::error || name_of(reader.error().code) != each.what.code) {
    return false;
  }
  const diagnosis told = diagnose(reader.error(), unit_ns);
  append_excerpt(reader.error().text, told.at, told.length, out);
  out += "  " + visible(told.explanation) + "\n  " + visible(told.remedy) + "\n";
  for (const repaired_line& line : repair(reader.error(), unit_ns)) {
    out += line.condition.empty() ? "  Write: " : "  If " + visible(line.condition) + ": ";
    out += visible(line.text) + "\n";
  }
  return true;
}

std::string explanation_of(std::string_view code) {
  const std::optional<gate_code> known = find_gate_code(code);
  return known && *known != gate_code::none ? explanation(*known) : std::string{};
}

}  // namespace

std::vector<std::string> known_codes() {
  std::vector<std::string> out;
  for (std::size_t i = 1; i < parse_code_count; ++i) {
    out.emplace_back(name_of(static_cast<parse_code>(i)));
  }
  for (std::size_t i = 1; i < gate_code_count; ++i) {
    out.emplace_back(name_of(static_cast<gate_code>(i)));
  }
  return out;
}

std::string visible(std::string_view text, std::size_t columns_max) {
  std::string out;
  std::size_t columns = 0;
  while (!text.empty()) {
    const glyph next = first_glyph(text);
    columns += next.columns;
    if (columns > columns_max) {
      return out + "...";
    }
    append_visible(text.substr(0, next.bytes), next, out);
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string list_heading() {
  return fmt::format("{:>8}  {:<23}  {:<16}  {:<22}  {:<40}  {}\n", "ID", "RECEIVED (UTC)",
                     "DATABASE", "CODE", "SOURCE", "LINE");
}

std::string list_row(const letter& each, bool replayed) {
  const std::string time = rfc3339(each.header.received_ns);
  std::string database = each.header.database;
  if (!each.header.retention_policy.empty()) {
    database += "/" + each.header.retention_policy;
  }
  return fmt::format("{:>8}  {:<23}  {:<16}  {:<22}  {:<40}  {}{}\n", each.id,
                     time.substr(0, 10) + " " + time.substr(11, 12), visible(database, 64),
                     each.what.code, visible(source_of(each.header), 40),
                     replayed ? "(replayed) " : "", visible(each.what.text, row_columns_max));
}

std::string describe_letter(const letter& each, bool replayed) {
  const letter_header& header = each.header;
  std::string out = fmt::format(
      "letter {}: {}, {}\n  from      {}\n  for       database {}, retention policy {}, precision "
      "{}\n  because   {} ({})\n",
      each.id, each.what.dropped ? "dropped" : "rejected", rfc3339(header.received_ns),
      visible(source_of(header), 512), visible(header.database, 256),
      visible(or_default(header.retention_policy), 256), precision_name(header.unit_ns),
      visible(each.what.message, 1'024), each.what.code);
  out += fmt::format("  line {} of its {}{}:\n", each.what.line,
                     header.listener == "udp" ? "datagram" : "request",
                     each.what.cut ? ", of which only the beginning was kept" : "");
  if (!append_diagnosis(each, out)) {
    out += "    " + visible(each.what.text, shown_columns_max) + "\n";
    if (const std::string words = explanation_of(each.what.code); !words.empty()) {
      out.append("  ").append(words).append("\n");
    }
  }
  out += "  `weir explain " + visible(each.what.code) + "` says more.\n";
  if (replayed) {
    out += "  It was replayed with success.\n";
  }
  return out;
}

void letter_statistics::add(const letter& each, bool replayed) {
  first_ns_ =
      letters_ == 0 ? each.header.received_ns : std::min(first_ns_, each.header.received_ns);
  last_ns_ = letters_ == 0 ? each.header.received_ns : std::max(last_ns_, each.header.received_ns);
  ++letters_;
  replayed_ += replayed ? 1 : 0;
  ++by_code_[{each.header.database, each.what.code, each.what.dropped}];
  letter_header source = each.header;
  source.address = host_of(source.address);
  std::string name = source_of(source);
  if (by_source_.size() >= sources_max && by_source_.find(name) == by_source_.end()) {
    name = "other";
  }
  ++by_source_[name];
}

std::string letter_statistics::text(std::uint64_t damaged) const {
  std::string out = fmt::format("{} letters", letters_);
  if (letters_ > 0) {
    out += fmt::format(", {} to {}; {} of them replayed", rfc3339(first_ns_), rfc3339(last_ns_),
                       replayed_);
  }
  out += damaged > 0 ? fmt::format("; {} damaged lines passed over\n", damaged) : "\n";
  if (letters_ == 0) {
    return out;
  }
  out += fmt::format("\n{:>10}  {:<9}  {:<26}  {}\n", "LETTERS", "ACTION", "CODE", "DATABASE");
  for (const auto& [key, count] : by_code_) {
    out +=
        fmt::format("{:>10}  {:<9}  {:<26}  {}\n", count, std::get<2>(key) ? "dropped" : "rejected",
                    std::get<1>(key), visible(std::get<0>(key), 256));
  }
  out += fmt::format("\n{:>10}  {}\n", "LETTERS", "SOURCE");
  std::vector<std::pair<std::string, std::uint64_t>> sources(by_source_.begin(), by_source_.end());
  std::stable_sort(sources.begin(), sources.end(),
                   [](const auto& one, const auto& other) { return one.second > other.second; });
  for (const auto& [name, count] : sources) {
    out += fmt::format("{:>10}  {}\n", count, visible(name, 512));
  }
  return out;
}

std::string letter_statistics::json(std::uint64_t damaged) const {
  std::string out = fmt::format("{{\"letters\":{},\"replayed\":{},\"damaged\":{},\"codes\":[",
                                letters_, replayed_, damaged);
  for (const auto& [key, count] : by_code_) {
    out.append(out.back() == '[' ? "" : ",").append("{\"database\":");
    append_json_string(std::get<0>(key), out);
    out.append(",\"code\":");
    append_json_string(std::get<1>(key), out);
    out += fmt::format(",\"action\":\"{}\",\"letters\":{}}}",
                       std::get<2>(key) ? "dropped" : "rejected", count);
  }
  out += "],\"sources\":[";
  for (const auto& [name, count] : by_source_) {
    out.append(out.back() == '[' ? "" : ",").append("{\"source\":");
    append_json_string(name, out);
    out += fmt::format(",\"letters\":{}}}", count);
  }
  return out + "]}\n";
}

}  // namespace weir
