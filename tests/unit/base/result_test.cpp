// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace weir {
namespace {

TEST(result, holds_a_value_or_an_error) {
  result<int> good = 7;
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good.value(), 7);
  result<int> bad = failure{"no"};
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message, "no");
}

TEST(result, moves_out_what_cannot_be_copied) {
  result<std::unique_ptr<int>> made = std::make_unique<int>(3);
  std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 3);
}

TEST(result_death, reading_the_wrong_side_is_a_bug) {
  const result<int> bad = failure{"no"};
  EXPECT_DEATH((void)bad.value(), "BUG:");
}

}  // namespace
}  // namespace weir
