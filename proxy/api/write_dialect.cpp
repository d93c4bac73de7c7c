// SPDX-License-Identifier: Apache-2.0
//
// The messages that all dialects of writes use. Pure; any thread.
#include "api/write_dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text/ascii.hpp"
#include "base/text/json_text.hpp"
#include "base/text/utf8.hpp"
#include "base/time_unit.hpp"

namespace weir::api {
namespace {

constexpr std::size_t name_bytes_max = 255;

// Every phrase on which Telegraf, influxdb-java, or the Go and JavaScript v2 clients drop a batch.
constexpr std::array<std::string_view, 7> final_phrases{
    "partial write",
    "unable to parse",
    "points beyond retention policy",
    "hinted handoff queue not empty",
    "retention policy not found",
    "database not found",
    "field type conflict",
};

std::string refusals_text(const write_verdict& verdict) {
  std::string text;
  std::uint64_t shown = 0;
  for (const rejected_line& line : verdict.refusals) {
    if (!line.at_storage) {
      text.append(shown == 0 ? "" : "\n").append(line.message);
      ++shown;
    }
  }
  if (verdict.rejected > shown) {
    text += fmt::format("{}... and {} more lines refused", shown == 0 ? "" : "\n",
                        verdict.rejected - shown);
  }
  return text;
}

// The message of InfluxDB up to 1.11; no client knows the one of 1.12.
constexpr std::string_view retention_text = "points beyond retention policy";

// Follows InfluxDB's own message, so that clients which match that find it whole.
std::string hints_text(const write_verdict& verdict) {
  std::string text;
  const auto add = [&text](std::string_view hint) {
    text.append(text.empty() ? " (hint: " : "; ").append(hint);
  };
  if (!verdict.retention_detail.empty()) {
    add(verdict.retention_detail);
  }
  for (const line_hint& each : verdict.hints) {
    add(each.text);
  }
  return text.empty() ? text : text.append(")");
}

/// What is wrong with the lines, each reason on a line of its own.
std::string reasons_text(const write_verdict& verdict) {
  std::string text = verdict.rejected > 0 ? refusals_text(verdict) : std::string{};
  const auto add = [&text](const std::string& reason) {
    text.append(text.empty() ? "" : "\n").append(reason);
  };
  if (verdict.beyond_retention > 0) {
    add(std::string{retention_text});
  }
  for (const storage_refusal& each : verdict.storage) {
    add(each.reason);
  }
  return text;
}

std::optional<bool> boolean_of(std::string_view text) noexcept {
  if (text == "1" || equal_ignoring_case(text, "true")) {
    return true;
  }
  if (text == "0" || equal_ignoring_case(text, "false")) {
    return false;
  }
  return std::nullopt;
}

void append_json_member(std::string_view name, std::string_view text, std::string& out) {
  out.append(",\"").append(name).append("\":");
  append_json_string(text, out);
}

/// A slash may be in a retention policy's name: a bucket of InfluxDB 2 may have several.
std::string refuse_policy_name(std::string_view name) {
  std::string without_slashes(name);
  std::replace(without_slashes.begin(), without_slashes.end(), '/', '-');
  return refuse_name("retention policy", without_slashes);
}

}  // namespace

std::string quoted_value(std::string_view text) {
  constexpr std::size_t shown_bytes_max = 64;
  std::string out = "\"";
  for (const char c : text.substr(0, shown_bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  out += text.size() > shown_bytes_max ? "...\"" : "\"";
  return out;
}

std::string refuse_name(std::string_view kind, std::string_view name) {
  if (name.size() > name_bytes_max) {
    return fmt::format("the {}'s name is longer than {} bytes", kind, name_bytes_max);
  }
  // What InfluxDB's meta.ValidName refuses can never be created upstream: its words.
  if (name == "." || name == ".." || name.find_first_of("/\\") != std::string_view::npos) {
    return "invalid name";
  }
  if (!is_utf8(name)) {
    return fmt::format("the {}'s name is not valid UTF-8", kind);
  }
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return fmt::format("the {}'s name holds a control character", kind);
    }
  }
  return {};
}

std::optional<std::int64_t> long_unit_of(std::string_view precision) noexcept {
  static constexpr std::array<time_unit, 5> units{{{"nanosecond", 1},
                                                   {"microsecond", 1'000},
                                                   {"millisecond", 1'000'000},
                                                   {"second", 1'000'000'000},
                                                   {"auto", automatic_unit_ns}}};
  for (const time_unit& known : units) {
    if (known.name == precision) {
      return known.ns;
    }
  }
  return std::nullopt;
}

std::string verdict_message(const write_verdict& verdict) {
  if (verdict.flawless()) {
    return {};
  }
  if (verdict.nothing_kept) {
    // Not "partial write": that is a promise.
    return "nothing was written (accept_partial=false): " + reasons_text(verdict) +
           hints_text(verdict);
  }
  const std::uint64_t dropped = verdict.dropped();
  if (verdict.rejected > 0 && verdict.accepted == 0 && dropped == 0) {
    return refusals_text(verdict) + hints_text(verdict);
  }
  return fmt::format("partial write: {} dropped={}{}", reasons_text(verdict), dropped,
                     hints_text(verdict));
}

std::string_view verbose_message(const write_verdict& verdict) noexcept {
  return verdict.nothing_kept ? "line protocol parsing error"
                              : "partial write of line protocol occurred";
}

std::string refusals_json(const write_verdict& verdict) {
  std::string out = "\"data\":[";
  for (const rejected_line& line : verdict.refusals) {
    out.append(out.back() == '[' ? "{" : ",{").append("\"error_message\":");
    append_json_string(line.message, out);
    out += fmt::format(",\"line_number\":{}", line.line);
    append_json_member("original_line", line.text, out);
    append_json_member("code", line.code, out);
    if (line.column > 0) {
      out += fmt::format(",\"column\":{}", line.column);
    }
    if (!line.explanation.empty()) {
      append_json_member("explanation", line.explanation, out);
    }
    out.push_back('}');
  }
  out.push_back(']');
  const std::uint64_t refused = verdict.rejected + verdict.dropped();
  if (refused > verdict.refusals.size()) {
    out += fmt::format(",\"left_out\":{}", refused - verdict.refusals.size());
  }
  return out;
}

void add_line_counts(const write_verdict& verdict, http::response& to) {
  const std::uint64_t refused = verdict.rejected + verdict.dropped();
  const std::uint64_t known = verdict.accepted + refused + verdict.withheld;
  to.headers.emplace_back(
      "X-Weir-Lines",
      fmt::format("accepted={}, rejected={}, dropped={}", verdict.accepted,
                  refused + verdict.withheld, verdict.lines > known ? verdict.lines - known : 0));
}

write_target target_named(std::string_view name) {
  const std::size_t slash = name.find('/');
  write_target target;
  target.database = name.substr(0, slash);
  if (slash != std::string_view::npos) {
    target.retention_policy = name.substr(slash + 1);
  }
  return target;
}

std::string refuse_names(const write_target& target) {
  const std::string refused = refuse_name("database", target.database);
  return refused.empty() ? refuse_policy_name(target.retention_policy) : refused;
}

std::string read_query_flag(const std::vector<std::pair<std::string, std::string>>& pairs,
                            std::string_view name, bool& into) {
  const auto value = http::find_value(pairs, name);
  if (!value || value->empty()) {
    return {};
  }
  const auto boolean = boolean_of(*value);
  if (!boolean) {
    return fmt::format("invalid {} {} (use true or false)", name, quoted_value(*value));
  }
  into = *boolean;
  return {};
}

std::string read_query_options(const std::vector<std::pair<std::string, std::string>>& pairs,
                               write_options& options) {
  const std::string refused = read_query_flag(pairs, "verbose", options.verbose);
  return refused.empty() ? read_query_flag(pairs, "accept_partial", options.accept_partial)
                         : refused;
}

std::string finish_target(const std::vector<std::pair<std::string, std::string>>& pairs,
                          write_target& target) {
  const std::string refused = refuse_names(target);
  return refused.empty() ? read_query_options(pairs, target.options) : refused;
}

void read_options(const http::request_head& head, write_options& options) {
  if (const auto verbose = head.header("X-Weir-Verbose")) {
    options.verbose = boolean_of(*verbose).value_or(options.verbose);
  }
  if (const auto letters = head.header("X-Weir-Letters")) {
    options.letters = options.letters && !equal_ignoring_case(*letters, "no");
  }
}

failure_message body_failure_message(http::body_failure why) noexcept {
  switch (why) {
    case http::body_failure::too_large:
      return {413,
              "Request Entity Too Large: the body's bytes, inflated, are more than http.body_limit "
              "allows: send smaller batches, or raise it"};
    case http::body_failure::too_dense:
      return {413,
              "Request Entity Too Large: the body inflates to more times its bytes than "
              "http.inflate_ratio allows: send it less compressed, or raise it"};
    case http::body_failure::too_wide:
      return {415,
              "the body's zstd frame asks for a window of more than 8 MiB: compress it at a lower "
              "level, or without long distances"};
    case http::body_failure::damaged_gzip:
      return {400, "the body is not valid gzip, as its Content-Encoding says"};
    case http::body_failure::damaged_deflate:
      return {400, "the body is not valid deflate, as its Content-Encoding says"};
    case http::body_failure::damaged_zstd:
      return {400, "the body is not valid zstd, as its Content-Encoding says"};
    case http::body_failure::truncated:
      return {400, "unexpected EOF"};
    case http::body_failure::unknown_encoding:
      return {
          415,
          "the body's Content-Encoding is not known here: send gzip, deflate, zstd, identity or "
          "none, and at most three of them one upon another"};
    case http::body_failure::length_unknown:
      return {411,
              "Length Required: nothing says where the body ends, so nothing of it was kept: send "
              "Content-Length or Transfer-Encoding: chunked"};
    case http::body_failure::timeout:
      return {408, "The request's body did not arrive in time."};
    case http::body_failure::overloaded:
      return {503, "the memory for requests in flight is used up"};
    case http::body_failure::stalled:
      return {503, "the body stood still while the memory for requests in flight was short"};
    case http::body_failure::cut_off:
      break;
  }
  return {400, "the body was cut off"};
}

bool holds_final_phrase(std::string_view text) noexcept {
  for (const std::string_view phrase : final_phrases) {
    if (text.find(phrase) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

std::string overloaded_message(std::string_view why) {
  // "timeout" is what 1.x itself says under load, and what TSBS waits for.
  std::string text = "timeout: ";
  text.append(why.empty() || holds_final_phrase(why) ? "try again later" : why);
  return text;
}

}  // namespace weir::api
