// SPDX-License-Identifier: Apache-2.0
//
// The words that all dialects of writes use. Pure; any thread.
#include "api/write_dialect.hpp"

#include <fmt/format.h>

#include <array>

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

std::string verdict_words(const write_verdict& verdict) {
  if (verdict.rejected == 0 && verdict.beyond_retention == 0) {
    return {};
  }
  const bool refused = verdict.rejected > 0;
  if (refused && verdict.accepted == 0 && verdict.beyond_retention == 0 && verdict.dropped == 0) {
    return refusals_text(verdict);
  }
  std::string text = "partial write: ";
  if (refused) {
    text += refusals_text(verdict);
  }
  if (verdict.beyond_retention > 0) {
    text.append(refused ? "\n" : "").append(retention_text(verdict));
  }
  return text + fmt::format(" dropped={}", verdict.beyond_retention + verdict.dropped);
}

failure_words body_failure_words(http::body_failure why) noexcept {
  switch (why) {
    case http::body_failure::too_large:
      return {413, "Request Entity Too Large"};
    case http::body_failure::damaged_gzip:
      return {400, "the body is not valid gzip, as its Content-Encoding says"};
    case http::body_failure::truncated_gzip:
      return {400, "unexpected EOF"};
    case http::body_failure::unknown_encoding:
      return {415, "the body's Content-Encoding is not known here: send gzip, identity or none"};
    case http::body_failure::timeout:
      return {408, "The request's body did not arrive in time."};
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

std::string overloaded_words(std::string_view why) {
  // "timeout" is what 1.x itself says under load, and what TSBS waits for.
  std::string text = "timeout: ";
  text.append(why.empty() || holds_final_phrase(why) ? "try again later" : why);
  return text;
}

}  // namespace weir::api
