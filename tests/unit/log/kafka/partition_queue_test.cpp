// SPDX-License-Identifier: Apache-2.0
//
// How many frames of a partition Kafka's client gets at once.
#include "log/kafka/partition_queue.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

constexpr std::size_t large_bytes = std::size_t{400} << 10;
constexpr std::size_t small_bytes = 1'000;

queued_frame frame_of(std::size_t bytes, std::uint64_t number = 0) {
  auto batch = std::make_shared<frame_batch>();
  auto one = std::make_shared<frame>();
  one->stored.assign(bytes, 'x');
  one->header.received_ns = static_cast<std::int64_t>(number);
  batch->frames.push_back(std::move(one));
  return {std::move(batch), 0};
}

/// Frames with the numbers from `first` on.
void add(partition_queue& queue, std::size_t bytes, std::uint64_t count, std::uint64_t first = 0) {
  for (std::uint64_t i = first; i < first + count; ++i) {
    queue.add(frame_of(bytes, i));
  }
}

/// Numbers of the frames that the client gets now.
std::vector<std::int64_t> taken_of(partition_queue& queue) {
  std::vector<std::int64_t> out;
  while (queue.next() != nullptr) {
    out.push_back(queue.hand_over().what()->header.received_ns);
  }
  return out;
}

void report(partition_queue& queue, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    queue.reported();
  }
}

TEST(partition_queue, five_are_under_way_and_the_next_when_one_is_reported) {
  partition_queue queue;
  add(queue, large_bytes, 12);
  EXPECT_EQ(taken_of(queue), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  report(queue, 2);
  EXPECT_EQ(taken_of(queue), (std::vector<std::int64_t>{5, 6}));
  EXPECT_EQ(queue.under_way(), partition_queue::window_frames);
  EXPECT_EQ(queue.front().what()->header.received_ns, 7);
}

TEST(partition_queue, a_frame_waits_for_nothing_while_few_are_under_way) {
  partition_queue queue;
  for (std::uint64_t i = 0; i < 5; ++i) {
    queue.add(frame_of(small_bytes, i));
    EXPECT_EQ(taken_of(queue).size(), 1U);
  }
  queue.add(frame_of(small_bytes, 5));
  EXPECT_TRUE(taken_of(queue).empty());
}

TEST(partition_queue, many_small_frames_go_together_when_nothing_is_under_way) {
  partition_queue queue;
  add(queue, small_bytes, 5);
  ASSERT_EQ(taken_of(queue).size(), 5U);
  constexpr std::size_t waiting = 2'000;
  add(queue, small_bytes, waiting, 5);
  report(queue, 4);
  EXPECT_TRUE(taken_of(queue).empty()) << "one is under way";
  report(queue, 1);
  const auto group = taken_of(queue);
  EXPECT_EQ(group.size(), partition_queue::group_bytes / small_bytes + 1);
  EXPECT_EQ(group.front(), 5);
  report(queue, group.size() - 1);
  EXPECT_TRUE(taken_of(queue).empty());
  report(queue, 1);
  EXPECT_EQ(taken_of(queue).front(), 5 + static_cast<std::int64_t>(group.size()));
}

TEST(partition_queue, a_group_ends_with_what_waits) {
  partition_queue queue;
  add(queue, small_bytes, 20);
  ASSERT_EQ(taken_of(queue).size(), 20U);
  queue.add(frame_of(small_bytes, 20));
  EXPECT_TRUE(taken_of(queue).empty()) << "twenty are under way";
  report(queue, 15);
  EXPECT_TRUE(taken_of(queue).empty());
  report(queue, 1);
  EXPECT_EQ(taken_of(queue).size(), 1U);
}

TEST(partition_queue, what_is_dropped_is_not_under_way) {
  partition_queue queue;
  add(queue, small_bytes, 3);
  EXPECT_EQ(queue.drop().what()->header.received_ns, 0);
  EXPECT_EQ(queue.under_way(), 0U);
  EXPECT_EQ(taken_of(queue), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace weir
