// SPDX-License-Identifier: Apache-2.0
//
// Points with more fields than their database allows.
#include "gate/checks/field_count.hpp"

#include "unit/gate/pass_line.hpp"

namespace weir {
namespace {

TEST(field_count, has_no_limit_by_itself) {
  EXPECT_EQ(pass_line("m a=1,b=2,c=3 1", {}).line, "m a=1,b=2,c=3 1\n");
}

TEST(field_count, refuses_what_is_above_the_limit_and_says_the_counts) {
  const database_settings two{.fields_per_point = 2};
  EXPECT_EQ(pass_line("m a=1,b=2 1", two).line, "m a=1,b=2 1\n");
  const passed p = pass_line("m a=1,b=2,c=3 1", two);
  EXPECT_EQ(p.answer.action, gate_action::reject);
  EXPECT_EQ(p.answer.code, gate_code::too_many_fields);
  EXPECT_EQ(p.words, "it has 3 fields, and its database allows 2 (key: fields_per_point)");
  EXPECT_EQ(p.line, "");
}

// What an earlier check took out of the point is not counted.
TEST(field_count, counts_the_fields_that_are_left) {
  database_settings two;
  two.fields_per_point = 2;
  EXPECT_EQ(pass_line("m a=1,time=2,b=3 1", two).line, "m a=1,b=3 1\n");
}

}  // namespace
}  // namespace weir
