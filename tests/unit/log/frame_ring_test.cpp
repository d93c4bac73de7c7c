// SPDX-License-Identifier: Apache-2.0
//
// The frames in memory and the budget's account of them.
#include "log/frame_ring.hpp"

#include <gtest/gtest.h>

#include "log_testing.hpp"

namespace weir {
namespace {

frame_ptr kept_frame(memory_budget& budget, std::uint64_t sequence) {
  auto made = make_frame(payload_of(sequence));
  made->header.position = log_position(sequence);
  EXPECT_TRUE(budget.take(frame_memory_bytes(*made)));
  return made;
}

TEST(frame_ring, gives_back_what_it_took) {
  memory_budget budget(1 << 20);
  {
    frame_ring ring(budget);
    frame_ring::dropped dropped;
    for (const std::uint64_t sequence : {3u, 4u, 9u, 10u}) {
      ring.push(kept_frame(budget, sequence));
    }
    EXPECT_EQ(ring.bytes(), budget.used());
    EXPECT_EQ(ring.at(ring.find(log_position(5)))->header.position.number(), 9u);
    EXPECT_EQ(ring.find(log_position(11)), ring.size());
    ring.drop_below(log_position(9), dropped);
    EXPECT_EQ(dropped.size(), 2u);
    EXPECT_EQ(ring.first().number(), 9u);
    EXPECT_EQ(ring.oldest().header.position.number(), 9u);
    EXPECT_EQ(ring.bytes(), budget.used());
    EXPECT_GT(budget.used(), 0u);
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(frame_ring, restart_forgets_all) {
  memory_budget budget(1 << 20);
  frame_ring ring(budget);
  frame_ring::dropped dropped;
  ring.push(kept_frame(budget, 1));
  ring.restart(log_position(100), dropped);
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.first().number(), 100u);
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace weir
