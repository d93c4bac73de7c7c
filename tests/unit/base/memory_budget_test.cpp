// SPDX-License-Identifier: Apache-2.0
#include "base/memory_budget.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir {
namespace {

TEST(memory_budget, gives_all_or_nothing) {
  memory_budget budget(100);
  EXPECT_TRUE(budget.take(60));
  EXPECT_FALSE(budget.take(41));
  EXPECT_EQ(budget.used(), 60U);
  EXPECT_TRUE(budget.take(40));
  budget.give_back(100);
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_FALSE(budget.take(static_cast<std::size_t>(-1)));
}

TEST(memory_lease, gives_itself_back) {
  memory_budget budget(100);
  {
    memory_lease lease(budget);
    EXPECT_TRUE(lease.grow_to(30));
    EXPECT_TRUE(lease.grow_to(20));  // never shrinks by itself
    EXPECT_EQ(budget.used(), 30U);
    EXPECT_FALSE(lease.grow_to(101));
    EXPECT_EQ(lease.bytes(), 30U);
    memory_lease moved = std::move(lease);
    EXPECT_EQ(moved.bytes(), 30U);
    EXPECT_EQ(budget.used(), 30U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(memory_budget, threads_never_exceed_it) {
  memory_budget budget(1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&budget] {
      for (int i = 0; i < 10'000; ++i) {
        if (budget.take(300)) {
          EXPECT_LE(budget.used(), 1000U);
          budget.give_back(300);
        }
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(memory_budget_death, giving_back_too_much_is_a_bug) {
  memory_budget budget(10);
  EXPECT_DEATH(budget.give_back(1), "BUG: .*memory_budget");
}

}  // namespace
}  // namespace weir
