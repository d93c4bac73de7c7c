// SPDX-License-Identifier: Apache-2.0
//
// The parking place in a topic: order, restarts, damage, and who finds what after a crash. The same
// as parked_files_test has for files.
#include <gtest/gtest.h>

#include <map>

#include "sinks/kafka/parked_topic_posix.hpp"
#include "unit/kafka/mock_cluster_rdkafka.hpp"
#include "unit/side_by_side.hpp"
#include "unit/sinks/fake_log.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

frame_ptr frame_at(std::uint64_t position, const lane_key& lane, std::size_t lines = 3) {
  auto made =
      make_frame(lane.database, make_lines(static_cast<std::uint32_t>(lines), position),
                 static_cast<std::uint32_t>(lines), frame_codec::plain, lane.retention_policy);
  made->header.position = log_position(position);
  return made;
}

class parked_topics {
 protected:
  parked_topics() {
    cluster_.topic("t-state", 1).topic("t-parked", 1);
    producer_ = state_producer::make({.client = cluster_.client(), .delivery_timeout = 3s}).value();
    topics_ = kafka_topics::make(cluster_.client()).value();
  }
  std::shared_ptr<kept_partition> owner(const std::string& sink = "s") {
    return std::make_shared<kept_partition>(
        kept_partition_options{.sink = sink,
                               .partition = 0,
                               .client = cluster_.client(),
                               .state_topic = "t-state",
                               .parked_topic = "t-parked",
                               .producer = *producer_,
                               .topics = *topics_,
                               .commit = [](std::int64_t) { return outcome(nothing{}); }},
        1);
  }
  /// Opens it again; positions below `done` are done, those from `end` on are leftovers.
  std::unique_ptr<parked_topic> reopen(std::uint64_t done, std::uint64_t end,
                                       const std::string& sink = "s") {
    auto place = std::make_unique<parked_topic>(owner(sink), keep_);
    found_.clear();
    EXPECT_TRUE(place->recover([&](const frame_header& header) {
      const std::uint64_t at = header.position.number();
      const park_claim claim = at < done  ? park_claim::done
                               : at < end ? park_claim::pending
                                          : park_claim::leftover;
      if (claim == park_claim::pending) {
        found_[{header.database, header.retention_policy}].push_back(at);
        EXPECT_EQ(header.points, 3u);
        EXPECT_EQ(header.inflated_bytes, make_lines(3, at).size());
      }
      return claim;
    }));
    return place;
  }
  static std::vector<std::uint64_t> read_all(parking& place, const lane_key& lane,
                                             std::uint64_t from = 0) {
    std::vector<std::uint64_t> positions;
    log_position at(from);
    for (;;) {
      read_result read = place.next(at, lane);
      if (read.status != read_status::frame) {
        EXPECT_EQ(read.status, read_status::caught_up) << read.detail;
        return positions;
      }
      EXPECT_EQ(read.found->stored,
                make_lines(read.found->header.points, read.found->header.position.number()));
      positions.push_back(read.found->header.position.number());
      at = read.next;
    }
  }
  static void park(parking& place, const lane_key& lane, std::vector<std::uint64_t> positions) {
    std::vector<frame_ptr> frames;
    for (const std::uint64_t one : positions) {
      frames.push_back(frame_at(one, lane));
    }
    const parking::parked done = place.park(lane, frames);
    EXPECT_EQ(done.frames, frames.size()) << done.why;
  }

  const lane_key a_{"a", ""};
  const lane_key b_{"b", "week"};
  mock_cluster cluster_;
  std::unique_ptr<state_producer> producer_;
  std::unique_ptr<kafka_topics> topics_;
  std::uint64_t keep_ = std::uint64_t{1} << 30;
  std::map<lane_key, std::vector<std::uint64_t>> found_;
};

using positions = std::vector<std::uint64_t>;

WEIR_TEST_BESIDE(parked_topics, keep_each_lane_in_order_over_a_change_of_owner) {
  {
    auto place = reopen(0, 0);
    park(*place, a_, {1, 4});
    park(*place, b_, {2, 3});
    park(*place, a_, {7});
    EXPECT_EQ(read_all(*place, a_), (positions{1, 4, 7}));
    EXPECT_EQ(read_all(*place, b_, 3), positions{3});
    EXPECT_EQ(place->shares().lanes(), 2u);
  }
  auto place = reopen(2, 7);
  EXPECT_EQ(found_[a_], positions{4});
  EXPECT_EQ(found_[b_], (positions{2, 3}));
  EXPECT_EQ(read_all(*place, a_), positions{4});
  // What was done and what was left over is gone for the next one, too.
  ASSERT_TRUE(producer_->get()->flush(3s));
  place = reopen(0, 100);
  EXPECT_EQ(found_[a_], positions{4});
  // And parked again under the same positions.
  park(*place, a_, {7, 9});
  EXPECT_EQ(read_all(*place, a_), (positions{4, 7, 9}));
}

WEIR_TEST_BESIDE(parked_topics, are_of_one_sink_each) {
  auto one = reopen(0, 0);
  park(*one, a_, {1});
  auto other = reopen(0, 100, "other");
  EXPECT_TRUE(found_.empty());
  park(*other, a_, {1, 2});
  EXPECT_EQ(read_all(*one, a_), positions{1});
  static_cast<void>(reopen(0, 100));
  EXPECT_EQ(found_[a_], positions{1});
}

WEIR_TEST_BESIDE(parked_topics, what_is_released_is_gone) {
  auto place = reopen(0, 0);
  park(*place, a_, {1, 2, 3});
  const std::uint64_t bytes = place->shares().bytes();
  place->release(a_, log_position(3));
  EXPECT_EQ(place->shares().bytes(), bytes / 3);
  EXPECT_EQ(read_all(*place, a_), positions{3});
  place->release(a_, log_position(4));
  EXPECT_EQ(place->shares().lanes(), 0u);
  ASSERT_TRUE(producer_->get()->flush(3s));
  static_cast<void>(reopen(0, 100));
  EXPECT_TRUE(found_.empty());
}

WEIR_TEST_BESIDE(parked_topics, the_oldest_are_given_up_and_counted_from_where_the_lane_stands) {
  auto place = reopen(0, 0);
  std::vector<frame_ptr> frames;
  for (std::uint64_t i = 1; i <= 40; ++i) {
    frames.push_back(frame_at(i, a_, 500));
  }
  ASSERT_EQ(place->park(a_, frames).frames, frames.size());
  const parking::given_up gone =
      place->give_up_oldest(a_, {.next = log_position(1), .skip_bytes = 28, .skip_points = 1});
  ASSERT_GT(gone.below, log_position(1));
  ASSERT_LT(gone.below, log_position(40));
  const std::uint64_t count = gone.below.number() - 1;
  EXPECT_EQ(gone.points, count * 500 - 1);
  EXPECT_EQ(read_all(*place, a_).front(), gone.below.number());
  std::uint64_t left = 0;
  for (std::size_t i = count; i < frames.size(); ++i) {
    left += place->bytes_of(*frames[i]);
  }
  EXPECT_EQ(place->shares().of(a_), left);
  place->release(a_, gone.below);
  EXPECT_EQ(read_all(*place, a_).size(), 40 - count);
}

WEIR_TEST_BESIDE(parked_topics, damage_costs_itself) {
  auto place = reopen(0, 0);
  park(*place, a_, {1, 2, 3});
  ASSERT_TRUE(producer_->store("t-parked", 0,
                               {{"s/2", {{"weir", "1"}}, "what is this"},
                                {"s/x", {}, "no position"},
                                {"nothing", {}, std::nullopt}}));
  place = reopen(0, 100);
  EXPECT_EQ(found_[a_], (positions{1, 3}));
  EXPECT_EQ(read_all(*place, a_), (positions{1, 3}));
}

WEIR_TEST_BESIDE(parked_topics, what_a_later_weir_parked_is_waited_for) {
  auto place = reopen(0, 0);
  park(*place, a_, {1});
  ASSERT_TRUE(producer_->store("t-parked", 0, {{"s/2", {{"weir", "2"}}, "what is this"}}));
  const auto pending = [](const frame_header&) { return park_claim::pending; };
  parked_topic other(owner(), keep_);
  EXPECT_FALSE(other.recover(pending));
  EXPECT_FALSE(other.recover(pending)) << "however often it is asked";
  ASSERT_TRUE(producer_->store("t-parked", 0, {{"s/2", {}, std::nullopt}}));
  EXPECT_TRUE(other.recover(pending));
  EXPECT_EQ(read_all(other, a_), positions{1});
}

WEIR_TEST_BESIDE(parked_topics, brokers_that_refuse_keep_what_was_parked_before) {
  auto place = reopen(0, 0);
  park(*place, a_, {1});
  cluster_.errors(mock_cluster::produce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const std::vector<frame_ptr> frames{frame_at(2, a_)};
  const parking::parked done = place->park(a_, frames);
  EXPECT_EQ(done.frames, 0u);
  EXPECT_FALSE(done.why.empty());
  EXPECT_EQ(read_all(*place, a_), positions{1});
  park(*place, a_, {2});
  EXPECT_EQ(read_all(*place, a_), (positions{1, 2}));
}

WEIR_TEST_BESIDE(parked_topics, who_has_lost_the_partition_parks_and_removes_nothing) {
  auto mine = owner();
  parked_topic place(mine, keep_);
  ASSERT_TRUE(place.recover([](const frame_header&) { return park_claim::pending; }));
  park(place, a_, {1});
  mine->lose();
  const std::vector<frame_ptr> frames{frame_at(2, a_)};
  EXPECT_EQ(place.park(a_, frames).frames, 0u);
  place.release(a_, log_position(2));
  ASSERT_TRUE(producer_->get()->flush(3s));
  static_cast<void>(reopen(0, 100));
  EXPECT_EQ(found_[a_], positions{1});
}

WEIR_TEST_BESIDE(parked_topics, books_move_from_owner_to_owner) {
  auto first = owner();
  ASSERT_TRUE(first->read());
  EXPECT_FALSE(first->book("sent").value());
  ASSERT_TRUE(first->append("sent", "a"));
  ASSERT_TRUE(first->append("sent", "b"));
  EXPECT_EQ(first->book("sent").value(), "ab");
  auto second = owner();
  ASSERT_TRUE(second->read());
  ASSERT_TRUE(second->append("sent", "c"));
  // It still thinks that it is the owner.
  ASSERT_TRUE(first->replace("sent", "late"));
  EXPECT_EQ(second->book("sent").value(), "abc");
  auto third = owner();
  ASSERT_TRUE(third->read());
  EXPECT_EQ(third->book("sent").value(), "abc");
  third->lose();
  EXPECT_FALSE(third->append("sent", "x"));
  EXPECT_FALSE(third->replace("sent", "x"));
}

}  // namespace
}  // namespace weir
