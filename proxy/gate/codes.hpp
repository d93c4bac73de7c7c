// SPDX-License-Identifier: Apache-2.0
//
// The table of the gate's codes: a row for each reason for which a point is refused, dropped,
// repaired or noted. A code is its enumerator and its row, and nothing else spells codes out:
// metrics, answers, dead letters and `weir letters` read the table. The parser's codes are in
// parser/error.cpp. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Why the gate refused, dropped, repaired or noted a point. In the order of `gate_codes`.
enum class gate_code : std::uint8_t {
  none,
  time_assigned,
  precision_mistaken,
  precision_mended,
  precision_ambiguous,
  precision_unknown,
  beyond_retention,
  beyond_future,
  retention_clamped,
  time_as_tag,
  time_as_field,
  reserved_tag,
  tag_and_field,
  name_dropped,
  dropped_by_rule,
  changed_by_rule,
  rule_conflict,
  unsigned_as_integer,
  unsigned_too_large,
  unsigned_refused,
  string_too_long,
  field_type_conflict,
  type_coerced,
  field_renamed,
  field_dropped,
  type_unchecked,
  gauge_converted,
  gauge_dropped,
  duplicate_retry,
  duplicate_point,
  duplicate_spread,
  duplicate_field,
  series_limit,
  too_many_fields,
  stale_marker,
  not_finite,
  native_histogram,
  unwritable_sample,
  unfinished_line,
  number_of_codes,  // none itself
};

/// How the answer to a write reports a line with the code.
enum class refusal_form : std::uint8_t {
  none,     // not at all: the line is kept, or dropped
  line,     // each line with a message of its own, as lines that do not parse
  storage,  // one reason for all such lines and `dropped=N`, as InfluxDB's storage does
};

struct gate_code_row {
  gate_code code;
  /// In verbose answers and letters (`code`) and in metrics (`reason`). Unique; never changed.
  std::string_view name;
  refusal_form form;
  /// What the sender reads of a refused line, InfluxDB's text where it has one. {line} stands for
  /// the line, {detail} for what the check says of the point. Empty: the check never refuses.
  std::string_view message;
  /// What the code means: a sentence or two.
  std::string_view explanation;
  /// What the sender or the operator can do about it. Empty: nothing is to be done.
  std::string_view remedy;
};

inline constexpr std::string_view message_detail = "{detail}";
inline constexpr std::string_view message_unparsed = "unable to parse '{line}': {detail}";
inline constexpr std::string_view message_refused = "point '{line}' was refused: {detail}";

// clang-format off
inline constexpr auto gate_codes = std::to_array<gate_code_row>({
  {gate_code::none, "none", refusal_form::none, "",
   "Nothing is wrong with the line.", ""},
  {gate_code::time_assigned, "time_assigned", refusal_form::none, "",
   "The line has no timestamp and got the time at which it was received.", ""},
  {gate_code::precision_mistaken, "precision_mistaken", refusal_form::line, message_unparsed,
   "Read in the unit of its request the timestamp is years away from now (outside `plausible`), and "
   "in exactly one other unit it is near. The sender probably counts seconds or milliseconds where "
   "nanoseconds are read.",
   "Have the sender name its unit in the URL of its write: the message says which, such as "
   "precision=s. Or have weir convert such times: `precision_mistake` = \"mend\" for the database "
   "(\"trust\" stores them as they are)."},
  {gate_code::precision_mended, "precision_mended", refusal_form::none, "",
   "The timestamp was read in the one unit in which it is near now, not in the unit of its request.",
   "Nothing has to be done. Better have the sender name its unit in the URL of its write, such as "
   "precision=s."},
  {gate_code::precision_ambiguous, "precision_ambiguous", refusal_form::line, message_unparsed,
   "The precision is `auto`, and several units make the timestamp plausible.",
   "Send the precision with the request, or narrow `plausible` of the database."},
  {gate_code::precision_unknown, "precision_unknown", refusal_form::line, message_unparsed,
   "The precision is `auto`, and no unit makes the timestamp plausible.",
   "Check the sender's clock, send the precision, or widen `plausible` of the database."},
  {gate_code::beyond_retention, "beyond_retention", refusal_form::storage,
   "points beyond retention policy",
   "The point is older than its database keeps points, so it would be deleted at once.",
   "Check the precision of the request and the sender's clock, write to a retention policy that "
   "keeps it, or raise `retention` of the database."},
  {gate_code::beyond_future, "beyond_future", refusal_form::line,
   "point '{line}' lies further in the future than its database allows (key: future); check the "
   "sender's clock and the precision",
   "The point lies further in the future than its database allows.",
   "Check the sender's clock and the precision of the request, or raise `future` of the database."},
  {gate_code::retention_clamped, "retention_clamped", refusal_form::none, "",
   "The point was older than its database keeps points and was moved to the oldest time that it "
   "keeps.", ""},
  {gate_code::time_as_tag, "time_as_tag", refusal_form::storage, message_detail,
   "InfluxDB 1 drops points that have a tag called `time`, and InfluxDB 2 refuses the whole batch.",
   "Use another name, or set `time_key = \"drop\"` to take the tag out."},
  {gate_code::time_as_field, "time_as_field", refusal_form::storage, message_detail,
   "InfluxDB drops a field called `time`, and no other field is left here, or "
   "`time_key = \"reject\"`.",
   "Use another name."},
  {gate_code::reserved_tag, "reserved_tag", refusal_form::line, message_unparsed,
   "InfluxDB 2 refuses the whole batch for a tag called `_field` or `_measurement`, and its Flux "
   "queries fail on, or hide, what has a tag called `_time`, `_value`, `_start` or `_stop`.",
   "Use another name, or set `reserved_tags = \"drop\"` to take the tag out."},
  {gate_code::tag_and_field, "tag_and_field", refusal_form::line, message_unparsed,
   "A tag and a field of the line share a name, which some databases cannot hold.",
   "Rename one of them."},
  {gate_code::name_dropped, "name_dropped", refusal_form::none, "",
   "A tag or a field with a name that the database cannot hold was taken out.", ""},
  {gate_code::dropped_by_rule, "dropped_by_rule", refusal_form::none, "point '{line}' was {detail}",
   "A [[rule]] of the configuration drops this point.", ""},
  {gate_code::changed_by_rule, "changed_by_rule", refusal_form::none, "",
   "A [[rule]] of the configuration changed names, tags or fields of the point.", ""},
  {gate_code::rule_conflict, "rule_conflict", refusal_form::line, message_unparsed,
   "A [[rule]] of the configuration would make a point that line protocol cannot hold.",
   "Repair the rule, then replay the letter."},
  {gate_code::unsigned_as_integer, "unsigned_as_integer", refusal_form::none, "",
   "An unsigned value (5u) was passed on as an integer (5i).", ""},
  {gate_code::unsigned_too_large, "unsigned_too_large", refusal_form::line,
   "unable to parse '{line}': an unsigned value is too large for an integer (key: unsigned)",
   "An unsigned value is larger than any integer, so it cannot be passed on as one.",
   "Send it as a float, or set `unsigned = \"pass\"` where the database takes such values."},
  {gate_code::unsigned_refused, "unsigned_refused", refusal_form::line,
   "unable to parse '{line}': invalid number",
   "Unsigned values (5u) are refused here, as by stock InfluxDB 1.x.",
   "Write 5i, or change `unsigned` of the database."},
  {gate_code::string_too_long, "string_too_long", refusal_form::storage, message_detail,
   "InfluxDB 2 drops points with a string of more than 1,048,576 bytes.",
   "Send it in parts or shortened, or set `long_strings = \"pass\"` where the database takes it."},
  {gate_code::field_type_conflict, "field_type_conflict", refusal_form::storage, message_detail,
   "The field's value has another type than it had first in this measurement, which the database "
   "keeps to.",
   "Send that type, let weir repair it (`types`), or, if the first type was the mistake, forget it "
   "with `weir types forget`."},
  {gate_code::type_coerced, "type_coerced", refusal_form::none, "",
   "A value was converted to its field's type without losing anything.", ""},
  {gate_code::field_renamed, "field_renamed", refusal_form::none, "",
   "A field of another type than before got a name of its own, such as value_str.", ""},
  {gate_code::field_dropped, "field_dropped", refusal_form::none, "",
   "A field of another type than before was taken out of its line.", ""},
  {gate_code::type_unchecked, "type_unchecked", refusal_form::none, "",
   "The memory for types is used up (`limits.types`), so the type of a field was not compared with "
   "anything.", ""},
  {gate_code::gauge_converted, "gauge_converted", refusal_form::none, "",
   "The text that Flink's reporter made of a gauge became the value that it was.", ""},
  {gate_code::gauge_dropped, "gauge_dropped", refusal_form::none, "",
   "A Flink gauge held no value (null, NaN or infinite) and its field was taken out.", ""},
  {gate_code::duplicate_retry, "duplicate_retry", refusal_form::none, "",
   "The same point with the same values came before: a retry, which does no harm.", ""},
  {gate_code::duplicate_point, "duplicate_point", refusal_form::line, message_refused,
   "Another point of the same series and time has other values, and a database keeps one of them.",
   "Send finer timestamps, give each sender a tag of its own, or set `duplicates` to \"spread\"."},
  {gate_code::duplicate_spread, "duplicate_spread", refusal_form::none, "",
   "The point lay where another lies and was put some nanoseconds later.", ""},
  {gate_code::duplicate_field, "duplicate_field", refusal_form::line, message_refused,
   "One field stands twice in the line, and a database keeps the last value without a word.",
   "Give each value a name of its own, or write two lines with different times or tags."},
  {gate_code::series_limit, "series_limit", refusal_form::storage, message_detail,
   "The line would make a new series, and no more are allowed.",
   "Make the tag whose values the answer counts a field or leave it out, or raise the limit "
   "(`series_total`, `series_per_hour`)."},
  {gate_code::too_many_fields, "too_many_fields", refusal_form::line, message_refused,
   "The point has more fields than its database allows.",
   "Put what distinguishes the fields into a tag or a field's value, send the point in parts, or raise "
   "`fields_per_point` of the database."},
  {gate_code::stale_marker, "stale_marker", refusal_form::none, "",
   "A sample of remote write said that its series had ended, which no line can say.", ""},
  {gate_code::not_finite, "not_finite", refusal_form::none, "",
   "A sample of remote write was NaN or infinite, which line protocol cannot hold.", ""},
  {gate_code::native_histogram, "native_histogram", refusal_form::none, "",
   "Remote write brought a native histogram, which is no number.",
   "Have the sender send classic histograms (`send_native_histograms: false`)."},
  {gate_code::unwritable_sample, "unwritable_sample", refusal_form::none, "",
   "A sample of remote write has a name or a label with a line feed in it or a backslash at its "
   "end, which line protocol cannot hold.",
   "Relabel it at the sender (`write_relabel_configs`)."},
  {gate_code::unfinished_line, "unfinished_line", refusal_form::line,
   "unable to parse '{line}': its connection ended before a line feed came",
   "A connection of a [[tcp]] listener ended within this line: what is missing may change its "
   "meaning.",
   "End the last line with a line feed. If the line is whole, replay the letter."},
});
// clang-format on

inline constexpr auto gate_code_count = static_cast<std::size_t>(gate_code::number_of_codes);

namespace codes_check {

/// A row for each enumerator, in their order, with a name and an explanation.
consteval bool complete() {
  if (gate_codes.size() != gate_code_count) {
    return false;
  }
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    const gate_code_row& row = gate_codes[i];
    if (row.code != static_cast<gate_code>(i) || row.name.empty() || row.explanation.empty()) {
      return false;
    }
  }
  return true;
}

consteval bool names_are_unique() {
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (gate_codes[i].name == gate_codes[j].name) {
        return false;
      }
    }
  }
  return true;
}

/// A code that is reported to the sender has a message and a remedy.
consteval bool refusals_have_messages() {
  for (const gate_code_row& row : gate_codes) {
    if (row.form != refusal_form::none && (row.message.empty() || row.remedy.empty())) {
      return false;
    }
  }
  return true;
}

static_assert(complete(), "each gate_code needs its row in gate_codes, in the same order");
static_assert(names_are_unique(), "two rows of gate_codes have one name");
static_assert(refusals_have_messages(), "a code that is reported needs a message and a remedy");

}  // namespace codes_check

[[nodiscard]] constexpr const gate_code_row& row_of(gate_code code) noexcept {
  return gate_codes[static_cast<std::size_t>(code)];
}
[[nodiscard]] constexpr std::string_view name_of(gate_code code) noexcept {
  return row_of(code).name;
}
[[nodiscard]] constexpr refusal_form form_of(gate_code code) noexcept {
  return row_of(code).form;
}

/// The code of this name; nullopt for any other text.
[[nodiscard]] std::optional<gate_code> find_gate_code(std::string_view name) noexcept;

/// What the code means and what to do about it: one to three sentences.
[[nodiscard]] std::string explanation(gate_code code);

/// What the sender reads of a refused line. `line` is quoted as it is given, so cut a long one;
/// `detail` is what the gate says of the point (gate::detail).
[[nodiscard]] std::string refusal_message(gate_code code, std::string_view line,
                                          std::string_view detail);

/// How often each code occurred.
using gate_tally = std::array<std::uint64_t, gate_code_count>;

}  // namespace weir
