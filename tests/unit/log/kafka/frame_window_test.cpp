// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/frame_window.hpp"

#include <gtest/gtest.h>

#include "log/frame_ring.hpp"
#include "unit/log/log_testing.hpp"

namespace weir {
namespace {

frame_ptr frame_at(std::uint64_t position, std::size_t bytes = 1000) {
  auto made = make_frame(payload_of(position, bytes));
  made->header.position = log_position(position);
  return made;
}

const std::size_t one_frame = frame_memory_bytes(*frame_at(1));

TEST(frame_window, keeps_what_the_budget_has_room_for_and_all_headers) {
  memory_budget budget(3 * one_frame);
  window_frames dropped;
  {
    frame_window window(budget, log_position(1));
    for (const unsigned at : {1U, 2U, 5U, 6U, 9U}) {
      window.push(frame_at(at), dropped);
    }
    EXPECT_EQ(dropped.size(), 2u);
    EXPECT_EQ(budget.used(), 3 * one_frame);
    EXPECT_EQ(window.size(), 5u);
    EXPECT_EQ(window.bytes(), 5 * one_frame);
    EXPECT_EQ(window.kept_bytes(), 3 * one_frame);
    EXPECT_EQ(window.at(1).kept, nullptr);
    EXPECT_EQ(window.at(1).header.position.number(), 2u);
    ASSERT_NE(window.at(2).kept, nullptr);
    EXPECT_EQ(window.at(2).kept->stored, payload_of(5, 1000));
    EXPECT_EQ(window.find(log_position(3)), 2u);
    EXPECT_EQ(window.find(log_position(9)), 4u);
    EXPECT_EQ(window.find(log_position(10)), 5u);

    window.drop_below(log_position(6), dropped);
    EXPECT_EQ(window.size(), 2u);
    EXPECT_EQ(window.first().number(), 6u);
    EXPECT_EQ(window.bytes(), 2 * one_frame);
    EXPECT_EQ(window.kept_bytes(), 2 * one_frame);
    window.push(frame_at(10), dropped);
    window.push(frame_at(11), dropped);
    EXPECT_EQ(window.at(0).kept, nullptr);
    EXPECT_NE(window.at(1).kept, nullptr);
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(frame_window, a_frame_larger_than_the_budget_is_a_header_and_costs_no_other) {
  memory_budget budget(3 * one_frame);
  window_frames dropped;
  frame_window window(budget, log_position(1));
  window.push(frame_at(1), dropped);
  window.push(frame_at(2, 100'000), dropped);
  EXPECT_NE(window.at(0).kept, nullptr);
  EXPECT_EQ(window.at(1).kept, nullptr);
  window.push(frame_at(3), dropped);
  EXPECT_NE(window.at(2).kept, nullptr);
  window.drop_below(log_position(2), dropped);
  window.push(frame_at(4), dropped);
  EXPECT_EQ(window.kept_frames(), 2u);
  window.restart(log_position(9), dropped);
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_EQ(window.bytes(), 0u);
}

TEST(frame_window, memory_that_is_reserved_for_others_stays_free) {
  memory_budget budget(4 * one_frame, {.reserve_bytes = 2 * one_frame});
  window_frames dropped;
  frame_window window(budget, log_position(1));
  for (std::uint64_t at = 1; at <= 10; ++at) {
    window.push(frame_at(at), dropped);
  }
  EXPECT_EQ(window.kept_frames(), 2u);
  EXPECT_TRUE(budget.take(2 * one_frame));
  window.push(frame_at(11), dropped);
  EXPECT_EQ(window.kept_frames(), 0u);
  budget.give_back(2 * one_frame);
}

}  // namespace
}  // namespace weir
