// SPDX-License-Identifier: Apache-2.0
//
// Members of a group, over librdkafka's mock cluster.
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kafka/group_rdkafka.hpp"
#include "kafka/producer_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "unit/kafka/mock_cluster_rdkafka.hpp"
#include "unit/side_by_side.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

/// A mock cluster counts a member that left until its session is over, and waits for a second less
/// before it gives out partitions anew; for the first member it waits for 3 s.
constexpr auto session = 4s;

/// A member, and all that it was told.
class member {
 public:
  member(const mock_cluster& cluster, std::map<std::int32_t, std::int64_t> from = {})
      : from_(std::move(from)) {
    auto made = kafka_group::join(
        {.client = cluster.client(), .group = "g", .topic = "t", .session_timeout = session},
        {.assigned =
             [this](const std::vector<std::int32_t>& partitions) {
               const std::lock_guard hold(lock_);
               std::vector<std::int64_t> offsets;
               for (const std::int32_t each : partitions) {
                 mine_.insert(each);
                 const auto found = from_.find(each);
                 offsets.push_back(found == from_.end() ? 0 : found->second);
               }
               changed_.notify_all();
               return offsets;
             },
         .revoked =
             [this](const std::vector<std::int32_t>& partitions, bool) {
               const std::lock_guard hold(lock_);
               for (const std::int32_t each : partitions) {
                 mine_.erase(each);
               }
               changed_.notify_all();
             },
         .received =
             [this](kafka_record record) {
               const std::lock_guard hold(lock_);
               EXPECT_TRUE(mine_.contains(record.partition))
                   << "a record of another member's partition";
               values_[record.partition].push_back(record.value);
               changed_.notify_all();
             },
         .at_end =
             [this](std::int32_t partition, std::int64_t end) {
               const std::lock_guard hold(lock_);
               ends_[partition] = end;
               changed_.notify_all();
             }});
    EXPECT_TRUE(made) << made.error().message;
    group_ = std::move(made).value();
  }

  kafka_group& group() { return *group_; }

  bool wait(const std::function<bool(member&)>& condition, std::chrono::seconds at_most = 40s) {
    std::unique_lock hold(lock_);
    return changed_.wait_for(hold, at_most, [&] { return condition(*this); });
  }

  std::set<std::int32_t> mine_;
  std::map<std::int32_t, std::vector<std::string>> values_;
  std::map<std::int32_t, std::int64_t> ends_;

 private:
  std::map<std::int32_t, std::int64_t> from_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::unique_ptr<kafka_group> group_;
};

void fill(const mock_cluster& cluster, std::int32_t partition,
          const std::vector<std::string>& values) {
  auto producer = kafka_producer::make({.client = cluster.client()});
  ASSERT_TRUE(producer);
  for (const std::string& each : values) {
    ASSERT_TRUE(producer.value()->produce_and_wait("t", partition, {.key = "0", .value = each}));
  }
}

struct kafka_groups {
  mock_cluster cluster;
};

WEIR_TEST_BESIDE(kafka_groups, one_member_has_all_and_reads_each_from_where_it_says) {
  cluster.topic("t", 2);
  fill(cluster, 0, {"a", "b", "c"});
  fill(cluster, 1, {"x"});
  member one(cluster, {{0, 1}});
  ASSERT_TRUE(one.wait([](member& m) { return m.ends_.size() == 2; }));
  EXPECT_EQ(one.mine_, (std::set<std::int32_t>{0, 1}));
  EXPECT_EQ(one.values_[0], (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(one.values_[1], std::vector<std::string>{"x"});
  EXPECT_EQ(one.ends_[0], 3);
}

WEIR_TEST_BESIDE(kafka_groups, what_is_committed_is_the_groups) {
  cluster.topic("t", 1);
  fill(cluster, 0, {"a", "b"});
  member one(cluster);
  ASSERT_TRUE(one.wait([](member& m) { return m.values_[0].size() == 2; }));
  const auto done = one.group().commit(0, 2, "weir");
  ASSERT_TRUE(done) << done.error().message;
  auto topics = kafka_topics::make(cluster.client(), "g");
  ASSERT_TRUE(topics);
  one.group().leave();
  auto committed = topics.value()->committed("t", 0, 5s);
  ASSERT_TRUE(committed && committed.value());
  EXPECT_EQ(committed.value()->offset, 2);
  EXPECT_EQ(committed.value()->metadata, "weir");
}

WEIR_TEST_BESIDE(kafka_groups, a_paused_partition_is_read_again_from_where_it_is_resumed) {
  cluster.topic("t", 2);
  fill(cluster, 0, {"a"});
  member one(cluster);
  ASSERT_TRUE(one.wait([](member& m) { return m.values_[0].size() == 1 && m.ends_.size() == 2; }));
  one.group().pause(0);
  // The other's record comes after the pause is in force.
  fill(cluster, 1, {"x"});
  ASSERT_TRUE(one.wait([](member& m) { return m.values_[1].size() == 1; }));
  fill(cluster, 0, {"b", "c"});
  fill(cluster, 1, {"y"});
  ASSERT_TRUE(one.wait([](member& m) { return m.values_[1].size() == 2; }));
  const std::size_t while_paused = one.values_[0].size();
  EXPECT_EQ(while_paused, 1u);
  one.group().resume(0, 2);
  ASSERT_TRUE(one.wait([](member& m) { return m.values_[0].size() == 2; }));
  EXPECT_EQ(one.values_[0], (std::vector<std::string>{"a", "c"}));
}

WEIR_TEST_BESIDE(kafka_groups, a_second_member_takes_its_share_and_gives_it_back) {
  cluster.topic("t", 4);
  member one(cluster);
  ASSERT_TRUE(one.wait([](member& m) { return m.mine_.size() == 4; }));
  {
    member two(cluster);
    ASSERT_TRUE(two.wait([](member& m) { return m.mine_.size() == 2; }));
    ASSERT_TRUE(one.wait([](member& m) { return m.mine_.size() == 2; }));
    // The brokers look at the member alone.
    for (std::int32_t partition = 0; partition < 4; ++partition) {
      EXPECT_EQ(bool(one.group().commit(partition, 0, "weir")), one.mine_.contains(partition));
    }
    for (std::int32_t partition = 0; partition < 4; ++partition) {
      fill(cluster, partition, {std::to_string(partition)});
    }
    ASSERT_TRUE(one.wait([](member& m) { return m.values_.size() == 2; }));
    ASSERT_TRUE(two.wait([](member& m) { return m.values_.size() == 2; }));
    two.group().leave();
    EXPECT_TRUE(two.mine_.empty());
  }
  // A mock cluster learns that it left when its session is over.
  EXPECT_TRUE(one.wait([](member& m) { return m.mine_.size() == 4; }));
}

WEIR_TEST_BESIDE(kafka_groups, a_partition_that_comes_back_is_paused_no_more) {
  cluster.topic("t", 1);
  member one(cluster);
  ASSERT_TRUE(one.wait([](member& m) { return m.ends_.size() == 1; }));
  one.group().pause(0);
  constexpr std::int16_t heartbeat = 12;
  cluster.errors(heartbeat, {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID});
  ASSERT_TRUE(one.wait([](member& m) { return m.mine_.empty(); }));
  ASSERT_TRUE(one.wait([](member& m) { return m.mine_.size() == 1; }));
  fill(cluster, 0, {"a"});
  EXPECT_TRUE(one.wait([](member& m) { return m.values_[0].size() == 1; }));
}

WEIR_TEST_BESIDE(kafka_groups, a_calm_group_commits_by_itself) {
  cluster.topic("t", 1);
  member one(cluster);
  ASSERT_TRUE(one.wait([](member& m) { return m.mine_.size() == 1; }));
  ASSERT_TRUE(one.group().commit(0, 7, "weir"));
  EXPECT_FALSE(one.group().commit(1, 7, "weir"));
  auto topics = kafka_topics::make(cluster.client(), "g");
  ASSERT_TRUE(topics);
  std::int64_t seen = -1;
  for (const auto until = std::chrono::steady_clock::now() + 20s;
       seen < 0 && std::chrono::steady_clock::now() < until;) {
    auto committed = topics.value()->committed("t", 0, 5s);
    ASSERT_TRUE(committed);
    seen = committed.value() ? committed.value()->offset : -1;
  }
  EXPECT_EQ(seen, 7);
}

}  // namespace
}  // namespace weir
