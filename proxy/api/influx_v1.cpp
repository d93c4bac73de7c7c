// SPDX-License-Identifier: Apache-2.0
//
// /write of InfluxDB's v1 dialect. Pure; any thread.
#include "api/influx_v1.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "api/context.hpp"

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

// `us` and its two spellings with a micro sign are more than InfluxDB 1.8 takes; users expect them.
std::optional<std::int64_t> unit_of(std::string_view precision) noexcept {
  struct unit {
    std::string_view name;
    std::int64_t nanoseconds;
  };
  static constexpr std::array<unit, 11> units{{
      {"", 1},
      {"n", 1},
      {"ns", 1},
      {"u", 1'000},
      {"us", 1'000},
      {"\u00b5s", 1'000},
      {"\u03bcs", 1'000},
      {"ms", 1'000'000},
      {"s", 1'000'000'000},
      {"m", 60'000'000'000},
      {"h", 3'600'000'000'000},
  }};
  for (const unit& known : units) {
    if (known.name == precision) {
      return known.nanoseconds;
    }
  }
  return std::nullopt;
}

bool known_consistency(std::string_view level) noexcept {
  if (level.empty()) {
    return true;
  }
  for (const std::string_view known : {"any", "one", "quorum", "all"}) {
    if (http::equal_ignoring_case(level, known)) {
      return true;
    }
  }
  return false;
}

// A value inside a message, as Go's %q would show it, and not longer than a message should be.
std::string quoted(std::string_view text) {
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

std::string value_of(const std::vector<std::pair<std::string, std::string>>& pairs,
                     std::string_view name) {
  return std::string{http::find_value(pairs, name).value_or(std::string_view{})};
}

std::string refusals_text(const write_verdict& verdict) {
  std::string text;
  for (const rejected_line& line : verdict.refusals) {
    text.append(text.empty() ? "" : "\n").append(line.message);
  }
  if (verdict.rejected > verdict.refusals.size()) {
    text += fmt::format("{}... and {} more lines refused", text.empty() ? "" : "\n",
                        verdict.rejected - verdict.refusals.size());
  }
  return text;
}

// InfluxDB up to 1.11 says it so; what 1.12 says instead no client knows.
std::string retention_text(const write_verdict& verdict) {
  std::string text = "points beyond retention policy";
  if (!verdict.retention_detail.empty()) {
    text.append(" ").append(verdict.retention_detail);
  }
  return text;
}

}  // namespace

std::string refuse_name(std::string_view what, std::string_view name) {
  if (name.size() > name_bytes_max) {
    return fmt::format("the {}'s name is longer than {} bytes", what, name_bytes_max);
  }
  // What InfluxDB's meta.ValidName refuses can never be created upstream: its words.
  if (name == "." || name == ".." || name.find_first_of("/\\") != std::string_view::npos) {
    return "invalid name";
  }
  if (!http::valid_utf8(name)) {
    return fmt::format("the {}'s name is not valid UTF-8", what);
  }
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return fmt::format("the {}'s name holds a control character", what);
    }
  }
  return {};
}

result<write_target, http::response> parse_write_target(std::string_view query) {
  const auto pairs = http::decode_form(query);
  write_target target;
  target.database = value_of(pairs, "db");
  target.retention_policy = value_of(pairs, "rp");
  if (target.database.empty()) {
    return error_response(400, "database is required");
  }
  std::string refused = refuse_name("database", target.database);
  if (refused.empty()) {
    refused = refuse_name("retention policy", target.retention_policy);
  }
  if (!refused.empty()) {
    return error_response(400, refused);
  }
  const std::string precision = value_of(pairs, "precision");
  const auto unit_ns = unit_of(precision);
  if (!unit_ns) {
    return error_response(
        400, fmt::format("invalid precision {} (use n, u, ms, s, m or h)", quoted(precision)));
  }
  target.unit_ns = *unit_ns;
  if (!known_consistency(value_of(pairs, "consistency"))) {
    return error_response(400, "invalid consistency level");
  }
  return target;
}

http::response write_response(const write_verdict& verdict) {
  if (verdict.rejected == 0 && verdict.beyond_retention == 0) {
    return http::response{};
  }
  const bool refused = verdict.rejected > 0;
  if (refused && verdict.accepted == 0 && verdict.beyond_retention == 0) {
    return error_response(400, refusals_text(verdict));
  }
  // "partial write" is a promise: whatever is not named here was kept.
  std::string text = "partial write: ";
  if (refused) {
    text += refusals_text(verdict);
  }
  if (verdict.beyond_retention > 0) {
    text.append(refused ? "\n" : "").append(retention_text(verdict));
  }
  text += fmt::format(" dropped={}", verdict.beyond_retention);
  return error_response(400, text);
}

http::response body_failure_response(http::body_failure why) {
  switch (why) {
    case http::body_failure::too_large:
      return error_response(413, "Request Entity Too Large");
    case http::body_failure::damaged_gzip:
      return error_response(400, "the body is not valid gzip, as its Content-Encoding says");
    case http::body_failure::truncated_gzip:
      return error_response(400, "unexpected EOF");
    case http::body_failure::unknown_encoding:
      return error_response(
          415, "the body's Content-Encoding is not known here: send gzip, identity or none");
    case http::body_failure::timeout:
      return text_response(408, "The request's body did not arrive in time.\n");
    case http::body_failure::cut_off:
      break;
  }
  return error_response(400, "the body was cut off");
}

bool holds_final_phrase(std::string_view text) noexcept {
  for (const std::string_view phrase : final_phrases) {
    if (text.find(phrase) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

http::response overloaded(std::string_view why) {
  // "timeout" is what 1.x itself says under load, and what TSBS waits for.
  std::string text = "timeout: ";
  text.append(why.empty() || holds_final_phrase(why) ? "try again later" : why);
  return error_response(503, text);
}

http::response database_not_found(std::string_view database) {
  return error_response(404, fmt::format("database not found: {}", quoted(database)));
}

}  // namespace weir::api
