// SPDX-License-Identifier: Apache-2.0
//
// The rows of the table of keys that belong to [database]. The other sections' are in keys.cpp.
#include <fmt/format.h>

#include "config/keys/key_builders.hpp"
#include "config/keys/keys.hpp"

namespace weir {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t count_most = std::uint64_t{1} << 40;

choices<std::int64_t> database_precisions() {
  choices<std::int64_t> all = precisions();
  all.insert(all.begin(), {"listener", listener_unit_ns});
  return all;
}

outcome read_plausible(database_settings& section, const config_value& value) {
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  if (texts == nullptr || texts->size() != 2) {
    return wrong_type("two distances from now such as [\"-10y\", \"+1d\"]", value);
  }
  const auto from = parse_offset((*texts)[0]);
  if (!from) {
    return from.error();
  }
  const auto to = parse_offset((*texts)[1]);
  if (!to) {
    return to.error();
  }
  if (from.value() >= to.value()) {
    return failure{
        fmt::format("{} is not before {}; write the earlier end first, as in "
                    "[\"-10y\", \"+1d\"]",
                    format_offset(from.value()), format_offset(to.value()))};
  }
  section.plausible = {from.value(), to.value()};
  return nothing{};
}

config_key<database_settings> plausible_key() {
  return {"plausible",
          "list of text",
          "two distances from now",
          "where times are expected; a precision that misses it by its unit is a mistake",
          read_plausible,
          [](const database_settings& section) {
            return fmt::format("[{}, {}]", quoted(format_offset(section.plausible.from)),
                               quoted(format_offset(section.plausible.to)));
          }};
}

config_key<database_settings> retention_key() {
  using S = database_settings;
  auto key = limitless_duration_key<S>("retention", seconds{1}, "older points are beyond retention",
                                       WEIR_MEMBER(retention));
  key.range += ", or \"learn\" (from learn_from)";
  key.read = [fixed = key.read](S& section, const config_value& value) -> outcome {
    const auto* text = std::get_if<std::string>(&value);
    section.learn_retention = text != nullptr && *text == "learn";
    if (section.learn_retention) {
      section.retention = std::nullopt;
      return nothing{};
    }
    return fixed(section, value);
  };
  key.show = [fixed = key.show](const S& section) {
    return section.learn_retention ? quoted("learn") : fixed(section);
  };
  return key;
}

choices<name_mode> name_modes() {
  return {{"reject", name_mode::reject}, {"drop", name_mode::drop}, {"pass", name_mode::pass}};
}

choices<name_mode> name_modes_or_automatic() {
  choices<name_mode> all = name_modes();
  all.insert(all.begin(), {"auto", name_mode::automatic});
  return all;
}

choices<name_mode> tag_and_field_modes() {
  choices<name_mode> all = name_modes_or_automatic();
  all.push_back({"rename", name_mode::rename});
  return all;
}

choices<name_mode> time_key_modes() {
  choices<name_mode> all = name_modes_or_automatic();
  all.insert(all.begin() + 1, {"drop-field", name_mode::drop_field});
  return all;
}

choices<shield_mode> shield_modes() {
  return {{"auto", shield_mode::automatic},
          {"reject", shield_mode::reject},
          {"pass", shield_mode::pass}};
}

using keys_of_database = std::vector<config_key<database_settings>>;

/// How long points are kept, and how far ahead they may lie.
keys_of_database retention_keys() {
  using S = database_settings;
  return {
      retention_key(),
      text_key<S>("learn_from", "the influxdb sink whose server is asked for retention and types",
                  WEIR_MEMBER(learn_from)),
      choice_key<S, expired_mode>("expired",
                                  {{"reject", expired_mode::reject},
                                   {"drop", expired_mode::drop},
                                   {"clamp", expired_mode::clamp}},
                                  {},
                                  "what happens to points beyond retention: tell the client, drop "
                                  "them in silence, or move them to its edge",
                                  WEIR_MEMBER(expired)),
      limitless_duration_key<S>("future", nanoseconds{0},
                                "points further in the future are refused", WEIR_MEMBER(future)),
  };
}

/// How values and times are read.
keys_of_database reading_keys() {
  using S = database_settings;
  return {
      choice_key<S, unsigned_mode>("unsigned",
                                   {{"auto", unsigned_mode::automatic},
                                    {"integer", unsigned_mode::integer},
                                    {"pass", unsigned_mode::pass},
                                    {"reject", unsigned_mode::reject}},
                                   {},
                                   "values such as 5u: pass them on as integers while they fit, "
                                   "pass them as they are, or reject them; auto: integer where an "
                                   "InfluxDB 1 takes this database, else pass",
                                   WEIR_MEMBER(unsigned_values)),
      choice_key<S, utf8_mode>("utf8", {{"reject", utf8_mode::reject}, {"pass", utf8_mode::pass}},
                               {}, "lines that are not UTF-8", WEIR_MEMBER(utf8)),
      choice_key<S, std::int64_t>("precision", database_precisions(), {},
                                  "unit of timestamps whose request does not say; listener: that "
                                  "of [http] or [[udp]]; auto: each as plausible",
                                  WEIR_MEMBER(unit_ns)),
      plausible_key(),
      choice_key<S, precision_mistake_mode>(
          "precision_mistake",
          {{"reject", precision_mistake_mode::reject},
           {"mend", precision_mistake_mode::mend},
           {"trust", precision_mistake_mode::trust}},
          {},
          "times that are plausible in one other unit alone: tell the client, read them in it, "
          "or believe them",
          WEIR_MEMBER(precision_mistake)),
  };
}

/// Names and sizes that some databases have trouble with.
keys_of_database shape_keys() {
  using S = database_settings;
  return {
      choice_key<S, name_mode>("time_key", time_key_modes(), {},
                               "tags and fields called time, which InfluxDB drops or refuses; "
                               "drop-field: take a field out while others are left, reject the "
                               "rest; auto: pass where remote_write sinks alone take this "
                               "database, else drop-field",
                               WEIR_MEMBER(time_key)),
      choice_key<S, name_mode>("reserved_tags", name_modes_or_automatic(), {},
                               "tags called _field, _measurement, _time, _value, _start or _stop, "
                               "which InfluxDB 2 refuses or fails on; auto: reject where an "
                               "InfluxDB 2 takes this database, else pass",
                               WEIR_MEMBER(reserved_tags)),
      choice_key<S, name_mode>("tag_and_field", tag_and_field_modes(), {},
                               "fields called as a tag of their point, which InfluxDB 3 refuses; "
                               "rename: the field x becomes x_field; auto: rename where an "
                               "InfluxDB 3 takes this database, else pass",
                               WEIR_MEMBER(tag_and_field)),
      choice_key<S, shield_mode>("tag_count", shield_modes(), {},
                                 "exactly 100, 200, 400, ... tags, on which InfluxDB 1.6 and 1.7 "
                                 "fail; auto: reject where an InfluxDB 1 takes this database, "
                                 "else pass",
                                 WEIR_MEMBER(tag_count)),
      choice_key<S, shield_mode>("long_strings", shield_modes(), {},
                                 "strings of more than 1 MiB, which InfluxDB 2 drops; auto: reject "
                                 "where an InfluxDB 2 takes this database, else pass",
                                 WEIR_MEMBER(long_strings)),
      count_key<S>("fields_per_point", {0, 1'000'000}, "fields",
                   "points with more are rejected; 0: no limit", WEIR_MEMBER(fields_per_point)),
  };
}

/// What a point must have in common with points before it.
keys_of_database consistency_keys() {
  using S = database_settings;
  return {
      choice_key<S, types_mode>("types",
                                {{"off", types_mode::off},
                                 {"reject", types_mode::reject},
                                 {"coerce", types_mode::coerce},
                                 {"rename", types_mode::rename},
                                 {"drop-field", types_mode::drop_field}},
                                {},
                                "a field whose value has another type than its first: reject the "
                                "line, convert what is exact, rename the field, or drop it",
                                WEIR_MEMBER(types)),
      bool_key<S>("flink_gauges",
                  "read the text that Flink's reporter makes of booleans, null and NaN as what "
                  "they were",
                  WEIR_MEMBER(flink_gauges)),
      choice_key<S, duplicates_mode>("duplicates",
                                     {{"last", duplicates_mode::last},
                                      {"reject", duplicates_mode::reject},
                                      {"spread", duplicates_mode::spread}},
                                     {},
                                     "a point of a series and time that has one already, with "
                                     "other values: the last one wins, reject it, or put it a "
                                     "nanosecond later",
                                     WEIR_MEMBER(duplicates)),
  };
}

/// How many series there may be.
keys_of_database series_keys() {
  using S = database_settings;
  return {
      count_key<S>("series_total", {0, count_most}, "series",
                   "of the database; lines of further ones are rejected; 0: no limit",
                   WEIR_MEMBER(series_total)),
      count_key<S>("series_per_hour", {0, count_most}, "series",
                   "of the database that may be new in an hour of the clock; 0: no limit",
                   WEIR_MEMBER(series_per_hour)),
      count_key<S>("measurement_series_total", {0, count_most}, "series",
                   "the same limit for each measurement", WEIR_MEMBER(measurement_series_total)),
      count_key<S>("measurement_series_per_hour", {0, count_most}, "series",
                   "the same limit for each measurement", WEIR_MEMBER(measurement_series_per_hour)),
  };
}

}  // namespace

const std::vector<config_key<database_settings>>& database_keys() {
  static const keys_of_database keys = [] {
    keys_of_database all;
    for (const auto& group :
         {retention_keys(), reading_keys(), shape_keys(), consistency_keys(), series_keys()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    return all;
  }();
  return keys;
}

}  // namespace weir
