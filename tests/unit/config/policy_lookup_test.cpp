// SPDX-License-Identifier: Apache-2.0
//
// Which table of the configuration holds for a database.
#include "config/policy_lookup.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(policy_for, the_most_particular_wins) {
  std::map<std::string, database_settings> policies{{"*", {}}, {"a", {}}, {"a/rp", {}}};
  policies["a"].retention = std::chrono::hours(1);
  policies["a/rp"].retention = std::chrono::hours(2);
  EXPECT_EQ(policy_for(policies, "b", "").retention, std::nullopt);
  EXPECT_EQ(policy_for(policies, "a", "").retention, nanoseconds(std::chrono::hours(1)));
  EXPECT_EQ(policy_for(policies, "a", "other").retention, nanoseconds(std::chrono::hours(1)));
  EXPECT_EQ(policy_for(policies, "a", "rp").retention, nanoseconds(std::chrono::hours(2)));
}

}  // namespace
}  // namespace weir
