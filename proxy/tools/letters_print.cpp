// SPDX-License-Identifier: Apache-2.0
#include "tools/letters_print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "gate/words.hpp"
#include "http/message.hpp"
#include "letters/letter_filter.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr std::size_t row_bytes_max = 72;
// Of the line that `show` quotes around its mistake.
constexpr std::size_t before_bytes_max = 60;
constexpr std::size_t after_bytes_max = 40;
constexpr std::size_t shown_bytes_max = std::size_t{16} << 10;

std::string_view or_default(const std::string& text) {
  return text.empty() ? std::string_view("(default)") : std::string_view(text);
}

/// The address without its port: senders use a new one for each connection.
std::string host_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string::npos ? address : address.substr(0, colon);
}

/// The place of a mistake in a line, and what to do about it.
struct mistake {
  std::size_t at = std::string::npos;
  std::string explanation;
};

/// Looks at the line again, because a letter does not carry its explanation.
mistake find_mistake(const letter& each) {
  line_reader reader(parse_options{.unit_ns = std::max<std::int64_t>(1, each.header.unit_ns)});
  reader.feed(each.what.text);
  line_event event = reader.next();
  if (event == line_event::more) {
    reader.finish();
    event = reader.next();
  }
  if (event == line_event::error && name_of(reader.error().code) == each.what.code) {
    return {reader.error().column - 1, explanation(reader.error())};
  }
  for (std::size_t i = 1; i < gate_code_count; ++i) {
    if (const auto code = static_cast<gate_code>(i); name_of(code) == each.what.code) {
      return {std::string::npos, std::string(explanation(code))};
    }
  }
  for (std::size_t i = 1; i < parse_code_count; ++i) {
    if (const auto code = static_cast<parse_code>(i); name_of(code) == each.what.code) {
      return {std::string::npos, explanation(parse_error{.code = code, .text = "", .span = ""})};
    }
  }
  return {};
}

std::string excerpt(const letter& each, std::size_t at) {
  const std::string& text = each.what.text;
  if (at > text.size()) {
    return "    " + visible(text, shown_bytes_max) + "\n";
  }
  const std::size_t begin = at > before_bytes_max ? at - before_bytes_max : 0;
  std::string before = begin > 0 ? "..." : "";
  before += visible(std::string_view(text).substr(begin, at - begin), shown_bytes_max);
  const std::string after = visible(std::string_view(text).substr(at), after_bytes_max);
  // A caret stands under a character, not under a byte.
  const auto width = std::count_if(before.begin(), before.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  });
  return "    " + before + after + "\n    " + std::string(static_cast<std::size_t>(width), ' ') +
         "^\n";
}

}  // namespace

std::string visible(std::string_view text, std::size_t bytes_max) {
  const bool cut = text.size() > bytes_max;
  text = text.substr(0, bytes_max);
  while (cut && !text.empty() && !http::valid_utf8(text) && text.size() + 3 > bytes_max) {
    text.remove_suffix(1);  // a character that was cut through
  }
  const bool utf8 = http::valid_utf8(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return cut ? out + "..." : out;
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
                     replayed ? "(replayed) " : "", visible(each.what.text, row_bytes_max));
}

std::string describe_letter(const letter& each, bool replayed) {
  const letter_header& header = each.header;
  const mistake found = find_mistake(each);
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
  out += excerpt(each, found.at);
  if (!found.explanation.empty()) {
    out += "  " + found.explanation + "\n";
  }
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
    http::append_json_string(std::get<0>(key), out);
    out.append(",\"code\":");
    http::append_json_string(std::get<1>(key), out);
    out += fmt::format(",\"action\":\"{}\",\"letters\":{}}}",
                       std::get<2>(key) ? "dropped" : "rejected", count);
  }
  out += "],\"sources\":[";
  for (const auto& [name, count] : by_source_) {
    out.append(out.back() == '[' ? "" : ",").append("{\"source\":");
    http::append_json_string(name, out);
    out += fmt::format(",\"letters\":{}}}", count);
  }
  return out + "]}\n";
}

}  // namespace weir
