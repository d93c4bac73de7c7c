// SPDX-License-Identifier: Apache-2.0
#include "gate/words.hpp"

namespace weir {

refusal_form form_of(gate_code code) noexcept {
  switch (code) {
    case gate_code::beyond_retention:
    case gate_code::string_too_long:
    case gate_code::field_type_conflict:
    case gate_code::series_limit:
    case gate_code::time_as_tag:
    case gate_code::time_as_field:
      return refusal_form::storage;
    case gate_code::none:
    case gate_code::time_assigned:
    case gate_code::precision_mistaken:
    case gate_code::precision_mended:
    case gate_code::precision_ambiguous:
    case gate_code::precision_unknown:
    case gate_code::beyond_future:
    case gate_code::retention_clamped:
    case gate_code::reserved_tag:
    case gate_code::tag_and_field:
    case gate_code::name_dropped:
    case gate_code::dropped_by_rule:
    case gate_code::changed_by_rule:
    case gate_code::rule_conflict:
    case gate_code::unsigned_as_integer:
    case gate_code::unsigned_too_large:
    case gate_code::unsigned_refused:
    case gate_code::type_coerced:
    case gate_code::field_renamed:
    case gate_code::field_dropped:
    case gate_code::type_unchecked:
    case gate_code::gauge_converted:
    case gate_code::gauge_dropped:
    case gate_code::duplicate_retry:
    case gate_code::duplicate_point:
    case gate_code::duplicate_spread:
    case gate_code::duplicate_field:
      break;
  }
  return refusal_form::line;
}

std::string_view explanation(gate_code code) noexcept {
  switch (code) {
    case gate_code::none:
      return "Nothing is wrong with the line.";
    case gate_code::time_assigned:
      return "The line has no timestamp and got the time at which it was received.";
    case gate_code::precision_mistaken:
      return "Read in the request's precision the timestamp lies outside `plausible`, and exactly "
             "one other unit puts it inside. Send the precision that the message names, or set "
             "`precision_mistake` of the database to \"mend\" or \"trust\".";
    case gate_code::precision_mended:
      return "The timestamp was read in the one unit that makes it plausible, not in the request's "
             "precision.";
    case gate_code::precision_ambiguous:
      return "The precision is `auto`, and several units make the timestamp plausible. Send the "
             "precision with the request, or narrow `plausible` of the database.";
    case gate_code::precision_unknown:
      return "The precision is `auto`, and no unit makes the timestamp plausible. Check the "
             "sender's clock, send the precision, or widen `plausible` of the database.";
    case gate_code::time_as_tag:
      return "InfluxDB 1 drops points that have a tag called `time`, and InfluxDB 2 refuses the "
             "whole batch. Use another name, or set `time_key = \"drop\"` to take the tag out.";
    case gate_code::time_as_field:
      return "InfluxDB drops a field called `time`, and no other field is left here, or "
             "`time_key = \"reject\"`. Use another name.";
    case gate_code::reserved_tag:
      return "InfluxDB 2 refuses the whole batch for a tag called `_field` or `_measurement`, and "
             "its Flux queries fail on, or hide, what has a tag called `_time`, `_value`, `_start` "
             "or `_stop`. Use another name, or set `reserved_tags = \"drop\"` to take the tag out.";
    case gate_code::tag_and_field:
      return "A tag and a field of the line share a name, which some databases cannot hold. Rename "
             "one of them.";
    case gate_code::name_dropped:
      return "A tag or a field with a name that the database cannot hold was taken out.";
    case gate_code::dropped_by_rule:
      return "A [[rule]] of the configuration drops this point.";
    case gate_code::changed_by_rule:
      return "A [[rule]] of the configuration changed names, tags or fields of the point.";
    case gate_code::rule_conflict:
      return "A [[rule]] of the configuration would make a point that line protocol cannot hold. "
             "Mend the rule, then replay the letter.";
    case gate_code::beyond_retention:
      return "The point is older than its database keeps points, so it would be deleted at once. "
             "Check the precision of the request and the sender's clock, write to a retention "
             "policy that keeps it, or raise `retention` of the database.";
    case gate_code::beyond_future:
      return "The point lies further in the future than its database allows. Check the sender's "
             "clock and the precision of the request, or raise `future` of the database.";
    case gate_code::retention_clamped:
      return "The point was older than its database keeps points and was moved to the oldest time "
             "that it keeps.";
    case gate_code::unsigned_as_integer:
      return "An unsigned value (5u) was passed on as an integer (5i).";
    case gate_code::unsigned_too_large:
      return "An unsigned value is larger than any integer, so it cannot be passed on as one. Send "
             "it as a float, or set `unsigned = \"pass\"` where the database takes such values.";
    case gate_code::unsigned_refused:
      return "Unsigned values (5u) are refused here, as by stock InfluxDB 1.x. Write 5i, or change "
             "`unsigned` of the database.";
    case gate_code::string_too_long:
      return "InfluxDB 2 drops points with a string of more than 1,048,576 bytes. Send it in parts "
             "or shortened, or set `long_strings = \"pass\"` where the database takes it.";
    case gate_code::field_type_conflict:
      return "The field's value has another type than it had first in this measurement, which the "
             "database keeps to. Send that type, let weir mend it (`types`), or, if the first type "
             "was the mistake, forget it with `weir types forget`.";
    case gate_code::type_coerced:
      return "A value was converted to its field's type without losing anything.";
    case gate_code::field_renamed:
      return "A field of another type than before got a name of its own, such as value_str.";
    case gate_code::field_dropped:
      return "A field of another type than before was taken out of its line.";
    case gate_code::type_unchecked:
      return "The memory for types is used up (`limits.types`), so the type of a field was not "
             "compared with anything.";
    case gate_code::gauge_converted:
      return "The text that Flink's reporter made of a gauge became the value that it was.";
    case gate_code::gauge_dropped:
      return "A Flink gauge held no value (null, NaN or infinite) and its field was taken out.";
    case gate_code::duplicate_retry:
      return "The same point with the same values came before: a retry, which does no harm.";
    case gate_code::duplicate_point:
      return "Another point of the same series and time has other values, and a database keeps one "
             "of them. Send finer timestamps, give each sender a tag of its own, or set "
             "`duplicates` to \"spread\".";
    case gate_code::duplicate_spread:
      return "The point lay where another lies and was put some nanoseconds later.";
    case gate_code::duplicate_field:
      return "One field stands twice in the line, and a database keeps the last value without a "
             "word. Give each value a name of its own, or write two lines with different times or "
             "tags.";
    case gate_code::series_limit:
      return "The line would make a new series, and no more are allowed. Make the tag whose values "
             "the answer counts a field or leave it out, or raise the limit (`series_total`, "
             "`series_per_hour`).";
  }
  return "";
}

}  // namespace weir
