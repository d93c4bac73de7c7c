// SPDX-License-Identifier: Apache-2.0
//
// Opening a log in Kafka, as far as a mock cluster can show it: it has every topic that is asked
// for, and tells no settings. (tests/kafka has real brokers.)
#include "log/kafka/kafka_log.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "unit/log/kafka/kafka_testing_rdkafka.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

class opening_kafka_log : public testing::Test {
 protected:
  kafka_log_options options(const kafka_client_options& client) {
    return {.client = client, .topics = {.at_most = 1s, .brokers = "127.0.0.1"}, .frames = budget_};
  }

  memory_budget budget_{std::size_t{64} << 20};
};

TEST_F(opening_kafka_log, takes_what_each_shard_gets) {
  mock_cluster cluster;
  make_log_topics(cluster, 3);
  auto opened = open_kafka_log(options(cluster.client()));
  ASSERT_TRUE(opened) << opened.error().message;
  kafka_log& log = *opened.value();
  EXPECT_TRUE(log.capabilities().durable);
  EXPECT_TRUE(log.capabilities().stable);
  EXPECT_FALSE(log.capabilities().bounded);
  EXPECT_EQ(log.capabilities().shards, 3u);
  EXPECT_NE(log.identity(), 0u);
  EXPECT_NE(log.topics().identity("weir", 0), log.topics().identity("weir", 1));
  auto one = make_frame("cpu v=1 1\n");
  one->header.shard = 2;
  EXPECT_EQ(append_one(log, one), append_status::taken);
  EXPECT_EQ(one->header.position.number(), 1u);
  EXPECT_EQ(metric(log, "weir_log_appended_points_total"), 1);
  EXPECT_TRUE(log.close().ok());
  EXPECT_EQ(append_one(log, one), append_status::failed);
}

TEST_F(opening_kafka_log, another_number_of_partitions_is_refused) {
  mock_cluster cluster;
  make_log_topics(cluster, 3);
  kafka_log_options wrong = options(cluster.client());
  wrong.topics.shards = 4;
  const auto opened = open_kafka_log(std::move(wrong));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("log.shards = 4, and topic weir has 3 partitions"),
            std::string::npos)
      << opened.error().message;
}

TEST_F(opening_kafka_log, a_topic_beside_it_of_another_size_is_refused) {
  mock_cluster cluster;
  cluster.topic("weir", 3).topic("weir-state", 2);
  const auto opened = open_kafka_log(options(cluster.client()));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("topic weir-state has 2 partitions"), std::string::npos)
      << opened.error().message;
}

TEST_F(opening_kafka_log, synced_wants_more_than_one_replica) {
  mock_cluster one;
  make_log_topics(one, 1);
  kafka_log_options wanted = options(one.client());
  wanted.topics.promise = append_promise::synced;
  const auto refused = open_kafka_log(std::move(wanted));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("one replica"), std::string::npos)
      << refused.error().message;
  mock_cluster three(3);
  make_log_topics(three, 1);
  kafka_log_options more = options(three.client());
  more.topics.promise = append_promise::synced;
  const auto opened = open_kafka_log(std::move(more));
  ASSERT_TRUE(opened) << opened.error().message;
  ASSERT_EQ(opened.value()->topics().warnings.size(), 1u);  // the mock does not tell settings
}

TEST_F(opening_kafka_log, a_property_that_does_not_go_with_idempotence_is_refused) {
  mock_cluster cluster;
  make_log_topics(cluster, 1);
  kafka_client_options client = cluster.client();
  // Asking for topics goes with it; a producer that is idempotent does not.
  client.properties.emplace_back("queue.buffering.backpressure.threshold=10");
  const auto opened = open_kafka_log(options(client));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("queue.buffering.backpressure.threshold"),
            std::string::npos)
      << opened.error().message;
}

TEST_F(opening_kafka_log, brokers_that_do_not_answer_are_named) {
  kafka_log_options wanted = options({.brokers = {"127.0.0.1:1"}, .properties = {}});
  wanted.topics.at_most = 300ms;
  const auto opened = open_kafka_log(std::move(wanted));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("log.brokers"), std::string::npos)
      << opened.error().message;
}

}  // namespace
}  // namespace weir
