// SPDX-License-Identifier: Apache-2.0
#include "facts/explain/place.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

/// The bytes that are pointed at; "" for the line as a whole.
std::string placed(gate_code code, std::string_view line, std::string_view message = "") {
  line_reader reader;
  reader.feed(line);
  reader.finish();
  EXPECT_EQ(reader.next(), line_event::point) << line;
  const point_view& point = reader.point();
  const auto place = place_of(code, point, message);
  return place ? std::string(point.text.substr(place->at, place->length)) : "";
}

TEST(place, of_a_time_is_the_time) {
  EXPECT_EQ(placed(gate_code::precision_mistaken, "cpu v=1  1700000000"), "1700000000");
  EXPECT_EQ(placed(gate_code::beyond_retention, "cpu v=1 1"), "1");
  EXPECT_EQ(placed(gate_code::beyond_future, "cpu v=1"), "");
}

TEST(place, of_a_name_is_the_name) {
  EXPECT_EQ(placed(gate_code::time_as_tag, "cpu,time=1,b=2 v=1"), "time");
  EXPECT_EQ(placed(gate_code::time_as_field, "cpu,time=1 v=1,time=2"), "time");
  EXPECT_EQ(placed(gate_code::reserved_tag, "cpu,a=1,_field=2 v=1"), "_field");
  EXPECT_EQ(placed(gate_code::tag_and_field, "cpu,a=1,b=2 v=1,b=2"), "b");
  EXPECT_EQ(placed(gate_code::duplicate_field, "cpu a=1,b=2,a=3"), "a");
}

TEST(place, of_a_value_is_the_value) {
  EXPECT_EQ(placed(gate_code::unsigned_refused, "cpu a=1,b=7u"), "7u");
}

TEST(place, of_a_conflict_is_the_field_that_the_message_names) {
  EXPECT_EQ(placed(gate_code::field_type_conflict, "cpu a=1,b\\ c=7",
                   "field type conflict: input field \"b c\" on measurement \"cpu\" is type float"),
            "b\\ c");
  EXPECT_EQ(placed(gate_code::field_type_conflict, "cpu a=1", "another message"), "");
}

TEST(place, of_anything_else_is_the_line) {
  EXPECT_EQ(placed(gate_code::dropped_by_rule, "cpu a=1"), "");
  EXPECT_EQ(placed(gate_code::series_limit, "cpu,host=a a=1"), "");
}

}  // namespace
}  // namespace weir
