// SPDX-License-Identifier: Apache-2.0
#include "ingest/refusal_messages.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/write_dialect.hpp"
#include "base/text/rfc3339.hpp"
#include "config/units.hpp"
#include "facts/explain/place.hpp"
#include "letters/letter.hpp"

namespace weir {
namespace {

// Text of the client inside a hint: whole or not at all. Not where it would read as InfluxDB's own
// words, or would not be one plain line.
bool can_be_hinted(std::string_view text, std::size_t bytes_max) {
  const bool is_plain = std::none_of(text.begin(), text.end(), [](char byte) {
    return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F;
  });
  return is_plain && text.size() <= bytes_max && !api::holds_final_phrase(text) &&
         text.find("dropped=") == std::string_view::npos;
}

}  // namespace

rejected_line quoting(const parse_error& error) {
  return {.message = "unable to parse '" + quoted(error.text) + "': " + reason(error),
          .line = error.line,
          .column = error.column,
          .code = name_of(error.code)};
}

rejected_line explained(const parse_error& error, std::int64_t unit_ns, std::size_t before) {
  diagnosis known = diagnose(error, unit_ns);
  rejected_line entry{.message = std::move(known.message),
                      .line = error.line,
                      .column = known.column,  // where the mistake lies, not where it was noticed
                      .code = name_of(error.code),
                      .explanation = std::move(known.explanation) + ' ' + known.remedy,
                      .text = quoted(error.text, write_verdict::quoted_bytes_max)};
  if (before >= repaired_lines_max || error.text.size() > write_verdict::quoted_bytes_max) {
    return entry;
  }
  for (const repaired_line& each : repair(error, unit_ns)) {
    entry.explanation += each.condition.empty() ? " Write: " : " If " + each.condition + ": ";
    entry.explanation += '`' + each.text + '`';
  }
  return entry;
}

line_hint hint_for(const parse_error& error, std::int64_t unit_ns) {
  const diagnosis known = diagnose(error, unit_ns);
  if (known.kind == name_of(error.code)) {
    return {};  // InfluxDB's words say as much
  }
  std::string text = "line " + std::to_string(error.line) + ": ";
  text.append(known.title);
  const std::size_t room = write_verdict::hint_bytes_max - text.size();
  for (const repaired_line& each : repair(error, unit_ns)) {
    std::string advice =
        each.condition.empty() ? "; write: " : "; if " + each.condition + ", write: ";
    advice += each.text;
    if (can_be_hinted(advice, room)) {
      return {known.kind, text + advice};
    }
  }
  const std::string remedy = "; " + known.remedy;
  return {known.kind, can_be_hinted(remedy, room) ? text + remedy : text};
}

std::string retention_hint(std::uint64_t line, std::int64_t time_ns, std::int64_t kept_ns) {
  return "the point of line " + std::to_string(line) + " lies at " + rfc3339(time_ns) +
         ", and points are kept for " + format_duration(std::chrono::nanoseconds{kept_ns}) +
         "; check the precision and the sender's clock";
}

std::string quoted(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return std::string(text);
  }
  return std::string(text.substr(0, bytes_max)) + "...";
}

std::string without_line(std::string message, std::string_view line) {
  return without_quote(std::move(message), quoted(line));
}

}  // namespace weir
