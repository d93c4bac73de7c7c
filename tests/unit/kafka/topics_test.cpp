// SPDX-License-Identifier: Apache-2.0
//
// What a mock cluster can answer; making topics and their settings is tested with real brokers
// (tests/kafka).
#include <gtest/gtest.h>

#include <string>

#include "kafka/producer_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "unit/kafka/mock_cluster_rdkafka.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<kafka_topics> topics_of(const mock_cluster& cluster,
                                        const std::string& group = {}) {
  auto made = kafka_topics::make(cluster.client(), group);
  EXPECT_TRUE(made) << made.error().message;
  return std::move(made).value();
}

TEST(kafka_topics, a_topic_is_described) {
  mock_cluster cluster(3);
  cluster.topic("t", 4);
  const auto topics = topics_of(cluster);
  auto facts = topics->describe("t", 5s);
  ASSERT_TRUE(facts) << facts.error().message;
  ASSERT_TRUE(facts.value());
  EXPECT_EQ(facts.value()->partitions, 4u);
  EXPECT_EQ(facts.value()->replicas, 3u);
  EXPECT_EQ(facts.value()->leaderless, 0u);
  cluster.leader("t", 2, -1);
  facts = topics->describe("t", 5s);
  ASSERT_TRUE(facts && facts.value());
  EXPECT_EQ(facts.value()->leaderless, 1u);
}

TEST(kafka_topics, offsets_are_those_of_the_partition) {
  mock_cluster cluster;
  cluster.topic("t", 2);
  const auto topics = topics_of(cluster);
  auto empty = topics->offsets("t", 0, 5s);
  ASSERT_TRUE(empty) << empty.error().message;
  EXPECT_EQ(empty.value().end, 0);
  auto producer = kafka_producer::make({.client = cluster.client()});
  ASSERT_TRUE(producer.value()->produce_and_wait("t", 0, {.key = "0", .value = "x"}));
  auto one = topics->offsets("t", 0, 5s);
  ASSERT_TRUE(one);
  EXPECT_EQ(one.value().first, 0);
  EXPECT_EQ(one.value().end, 1);
}

TEST(kafka_topics, offsets_are_asked_of_the_leader_that_is) {
  mock_cluster cluster(3);
  cluster.topic("t", 1);
  const auto topics = topics_of(cluster);
  auto producer = kafka_producer::make({.client = cluster.client()});
  ASSERT_TRUE(producer.value()->produce_and_wait("t", 0, {.key = "0", .value = "x"}));
  for (const std::int32_t leader : {1, 2, 3, 1}) {
    cluster.leader("t", 0, leader);
    const auto found = topics->offsets("t", 0, 5s);
    ASSERT_TRUE(found) << leader << ": " << found.error().message;
    EXPECT_EQ(found.value().end, 1);
  }
}

TEST(kafka_topics, a_group_that_has_committed_nothing) {
  mock_cluster cluster;
  cluster.topic("t", 1);
  auto none = topics_of(cluster, "g")->committed("t", 0, 5s);
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_EQ(none.value().has_value(), false);
}

TEST(kafka_topics, a_setting_that_the_brokers_do_not_tell_is_nothing) {
  mock_cluster cluster;
  cluster.topic("t", 1);
  auto told = topics_of(cluster)->setting("t", "min.insync.replicas", 3s);
  EXPECT_TRUE(!told || !told.value());
}

TEST(kafka_topics, without_brokers_it_fails_in_time) {
  mock_cluster cluster;
  cluster.topic("t", 1);
  const auto topics = topics_of(cluster);
  cluster.down();
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(topics->describe("t", 500ms));
  EXPECT_FALSE(topics->offsets("t", 0, 500ms));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

}  // namespace
}  // namespace weir
