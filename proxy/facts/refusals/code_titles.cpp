// SPDX-License-Identifier: Apache-2.0
#include "facts/refusals/code_titles.hpp"

#include <array>

namespace weir {
namespace {

struct row {
  gate_code code;
  std::string_view title;
};

/// In the order of `gate_codes`.
constexpr std::array rows{
    row{gate_code::none, ""},
    row{gate_code::time_assigned, "no timestamp, so weir's own time"},
    row{gate_code::precision_mistaken,
        "timestamps in another unit than their request says, such as seconds for nanoseconds"},
    row{gate_code::precision_mended,
        "timestamps in another unit than their request says (seconds for nanoseconds?), "
        "mended"},
    row{gate_code::precision_ambiguous, "timestamps whose unit cannot be told"},
    row{gate_code::precision_unknown, "timestamps that are plausible in no unit"},
    row{gate_code::beyond_retention, "points older than the database keeps them"},
    row{gate_code::beyond_future, "points too far in the future"},
    row{gate_code::retention_clamped,
        "points older than the database keeps them, moved to its oldest time"},
    row{gate_code::time_as_tag, "a tag called time"},
    row{gate_code::time_as_field, "a field called time"},
    row{gate_code::reserved_tag, "a tag with a name that InfluxDB 2 keeps for itself"},
    row{gate_code::tag_and_field, "a tag and a field of the same name"},
    row{gate_code::name_dropped, "a tag or a field was taken out for its name"},
    row{gate_code::dropped_by_rule, "dropped by a rule of the configuration"},
    row{gate_code::changed_by_rule, "changed by a rule of the configuration"},
    row{gate_code::rule_conflict, "a rule of the configuration makes an impossible point"},
    row{gate_code::unsigned_as_integer, "an unsigned value became an integer"},
    row{gate_code::unsigned_too_large, "an unsigned value too large for an integer"},
    row{gate_code::unsigned_refused, "unsigned values, which are refused here"},
    row{gate_code::string_too_long, "a string longer than InfluxDB 2 takes"},
    row{gate_code::field_type_conflict, "a field of another type than before"},
    row{gate_code::type_coerced, "a value was converted to its field's type"},
    row{gate_code::field_renamed, "a field of another type than before got another name"},
    row{gate_code::field_dropped, "a field of another type than before was taken out"},
    row{gate_code::type_unchecked, "types of fields that weir has no memory for"},
    row{gate_code::gauge_converted, "a text of a Flink gauge became its value"},
    row{gate_code::gauge_dropped, "a Flink gauge without a value"},
    row{gate_code::duplicate_retry, "points that came before: a retry"},
    row{gate_code::duplicate_point, "another point of the same series and time"},
    row{gate_code::duplicate_spread, "points of one series and time, put apart"},
    row{gate_code::duplicate_field, "one field twice in a line"},
    row{gate_code::series_limit, "more series than the database may have"},
    row{gate_code::too_many_fields, "more fields than a point may have"},
    row{gate_code::stale_marker, "the end of a series in remote write"},
    row{gate_code::not_finite, "a sample that is NaN or infinite"},
    row{gate_code::native_histogram, "a native histogram"},
    row{gate_code::unwritable_sample, "a sample with a name that no line can hold"},
    row{gate_code::unfinished_line, "a line whose connection ended within it"},
};

consteval bool complete() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].code != static_cast<gate_code>(i) || rows[i].title.empty() != (i == 0)) {
      return false;
    }
  }
  return rows.size() == gate_code_count;
}
static_assert(complete(), "each gate_code needs its title, in the same order");

}  // namespace

std::string_view title_of(gate_code code) noexcept {
  return rows[static_cast<std::size_t>(code)].title;
}

}  // namespace weir
