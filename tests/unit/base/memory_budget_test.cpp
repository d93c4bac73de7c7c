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

TEST(memory_lease, shrinks_and_gives_the_difference_back) {
  memory_budget budget(100);
  memory_lease lease(budget);
  ASSERT_TRUE(lease.grow_to(80));
  lease.shrink_to(30);
  EXPECT_EQ(budget.used(), 30U);
  lease.shrink_to(50);
  EXPECT_EQ(lease.bytes(), 30U);
}

TEST(memory_budget, large_leases_leave_a_reserve_for_small_ones) {
  memory_budget budget(100, {.small_bytes = 10, .reserve_bytes = 20});
  memory_lease large(budget);
  EXPECT_FALSE(large.grow_to(81));
  EXPECT_TRUE(large.grow_to(80));
  memory_lease small(budget);
  EXPECT_TRUE(small.grow_to(10));
  EXPECT_FALSE(small.grow_to(11)) << "it is a large one now";
  memory_lease last(budget);
  EXPECT_FALSE(last.grow_to(10, false)) << "answers have no part in the reserve";
  EXPECT_TRUE(last.grow_to(10));
  EXPECT_EQ(budget.used(), 100U);
}

TEST(memory_budget, a_client_above_its_share_gets_no_more_only_while_the_budget_is_short) {
  memory_budget budget(100, {.client_bytes = 50, .client_reserve_bytes = 25});
  const auto greedy = std::make_shared<memory_share>();
  std::vector<memory_lease> leases;
  while (leases.size() < 20) {
    leases.emplace_back(budget, greedy);
    if (!leases.back().grow_to(5)) {
      break;
    }
  }
  EXPECT_EQ(budget.used(), 75U) << "alone it gets more than its share, but not all";
  EXPECT_EQ(greedy->held.load(), 75U) << "what was refused is not held";
  memory_lease other(budget, std::make_shared<memory_share>());
  EXPECT_TRUE(other.grow_to(25));
  EXPECT_EQ(budget.used(), 100U);
  leases.clear();
  EXPECT_EQ(greedy->held.load(), 0U);
  EXPECT_EQ(budget.used(), 25U);
}

TEST(memory_budget, small_leases_of_a_client_above_its_share_leave_less_free) {
  memory_budget budget(100, {.small_bytes = 5,
                             .client_bytes = 50,
                             .client_reserve_bytes = 25,
                             .client_small_reserve_bytes = 10});
  const auto greedy = std::make_shared<memory_share>();
  memory_lease large(budget, greedy);
  EXPECT_FALSE(large.grow_to(76));
  EXPECT_TRUE(large.grow_to(75));
  EXPECT_TRUE(large.alone());
  memory_lease small(budget, greedy);
  EXPECT_FALSE(small.alone());
  EXPECT_TRUE(small.grow_to(5));
  memory_lease more(budget, greedy);
  EXPECT_TRUE(more.grow_to(5));
  memory_lease beyond(budget, greedy);
  EXPECT_TRUE(beyond.grow_to(5));
  EXPECT_FALSE(memory_lease(budget, greedy).grow_to(1));
  EXPECT_TRUE(memory_lease(budget, std::make_shared<memory_share>()).grow_to(5));
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
