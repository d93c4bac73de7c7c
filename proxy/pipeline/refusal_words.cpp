// SPDX-License-Identifier: Apache-2.0
#include "pipeline/refusal_words.hpp"

namespace weir {

std::string quoted(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return std::string(text);
  }
  return std::string(text.substr(0, bytes_max)) + "...";
}

std::string words_for(gate_code code, const point_view& point, const std::string& detail) {
  switch (code) {
    case gate_code::field_type_conflict:
    case gate_code::series_limit:
    case gate_code::string_too_long:
      return detail;
    case gate_code::duplicate_point:
    case gate_code::duplicate_field:
      return "point '" + quoted(point.text) + "' was refused: " + detail;
    case gate_code::beyond_future:
      return "point '" + quoted(point.text) +
             "' lies further in the future than its database allows (key: future); check the "
             "sender's clock and the precision";
    case gate_code::unsigned_too_large:
      return "unable to parse '" + quoted(point.text) +
             "': an unsigned value is too large for an integer (key: unsigned)";
    case gate_code::unsigned_refused:
      return "unable to parse '" + quoted(point.text) + "': invalid number";
    case gate_code::precision_mistaken:
    case gate_code::precision_ambiguous:
    case gate_code::precision_unknown:
    case gate_code::time_as_tag:
    case gate_code::time_as_field:
    case gate_code::reserved_tag:
    case gate_code::tag_and_field:
    case gate_code::rule_conflict:
      return "unable to parse '" + quoted(point.text) + "': " + detail;
    case gate_code::dropped_by_rule:
      return "point '" + quoted(point.text) + "' was " + detail;
    case gate_code::none:
    case gate_code::time_assigned:
    case gate_code::precision_mended:
    case gate_code::beyond_retention:
    case gate_code::retention_clamped:
    case gate_code::name_dropped:
    case gate_code::changed_by_rule:
    case gate_code::unsigned_as_integer:
    case gate_code::type_coerced:
    case gate_code::field_renamed:
    case gate_code::field_dropped:
    case gate_code::type_unchecked:
    case gate_code::gauge_converted:
    case gate_code::gauge_dropped:
    case gate_code::duplicate_retry:
    case gate_code::duplicate_spread:
      break;
  }
  return "point '" + quoted(point.text) + "' was refused: " + std::string(name_of(code));
}

std::string without_line(std::string words, std::string_view line) {
  const std::string quote = " '" + quoted(line) + "'";
  const std::size_t at = words.find(quote);
  if (at == std::string::npos) {
    return words;
  }
  const std::string_view rest = std::string_view(words).substr(at + quote.size());
  for (const std::string_view before : {": ", " was refused: ", " was "}) {
    if (rest.starts_with(before)) {
      return std::string(rest.substr(before.size()));
    }
  }
  words.erase(at, quote.size());
  return words;
}

}  // namespace weir
