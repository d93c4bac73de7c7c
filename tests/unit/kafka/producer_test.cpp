// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kafka/producer_rdkafka.hpp"
#include "kafka/reader_rdkafka.hpp"
#include "unit/kafka/mock_cluster_rdkafka.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<kafka_producer> producer_on(const mock_cluster& cluster,
                                            std::chrono::milliseconds timeout = 10s,
                                            std::uint64_t queue = std::uint64_t{1} << 20) {
  auto made = kafka_producer::make(
      {.client = cluster.client(), .queue_bytes_max = queue, .delivery_timeout = timeout});
  EXPECT_TRUE(made) << made.error().message;
  return std::move(made).value();
}

/// All of a partition.
std::vector<kafka_record> all_of(const mock_cluster& cluster, const std::string& topic,
                                 std::int32_t partition) {
  auto reader = kafka_reader::make(cluster.client(), topic, partition);
  EXPECT_TRUE(reader) << reader.error().message;
  std::vector<kafka_record> records;
  std::int64_t from = 0;
  for (;;) {
    auto found = reader.value()->read(from, 1 << 20, 5s);
    EXPECT_TRUE(found) << found.error().message;
    if (!found) {
      return records;
    }
    from = found.value().next;
    for (kafka_record& each : found.value().records) {
      records.push_back(std::move(each));
    }
    if (found.value().at_end) {
      return records;
    }
  }
}

struct report {
  std::promise<kafka_delivery> promise;
  kafka_producer::reported done() {
    return [this](const kafka_delivery& delivery) { promise.set_value(delivery); };
  }
  kafka_delivery wait() {
    auto future = promise.get_future();
    if (future.wait_for(30s) != std::future_status::ready) {
      return {.offset = -2, .error = "no report"};
    }
    return future.get();
  }
};

TEST(kafka_producer, what_is_written_is_read) {
  const mock_cluster cluster = std::move(mock_cluster().topic("t", 2));
  const auto producer = producer_on(cluster);
  const std::array headers{kafka_header{"weir", "1"}, kafka_header{"db", "cpu"}};
  const auto offset = producer->produce_and_wait(
      "t", 1,
      {.key = "1", .headers = headers, .value = "a line\n", .timestamp_ms = 1'600'000'000'000});
  ASSERT_TRUE(offset) << offset.error().message;
  EXPECT_EQ(offset.value(), 0);
  EXPECT_TRUE(producer->produce_and_wait("t", 1, {.key = "k", .value = std::nullopt}));

  const auto records = all_of(cluster, "t", 1);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].value, "a line\n");
  EXPECT_EQ(records[0].key, "1");
  EXPECT_EQ(records[0].timestamp_ms, 1'600'000'000'000);
  EXPECT_EQ(records[0].header("weir"), "1");
  EXPECT_EQ(records[0].header("db"), "cpu");
  EXPECT_EQ(records[0].header("rp"), std::nullopt);
  EXPECT_FALSE(records[0].tombstone);
  EXPECT_EQ(records[1].offset, 1);
  EXPECT_TRUE(records[1].tombstone);
  EXPECT_TRUE(all_of(cluster, "t", 0).empty());
}

TEST(kafka_producer, an_empty_value_is_no_tombstone) {
  const mock_cluster cluster = std::move(mock_cluster().topic("t", 1));
  ASSERT_TRUE(producer_on(cluster)->produce_and_wait("t", 0, {.key = "k", .value = ""}));
  const auto records = all_of(cluster, "t", 0);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_FALSE(records[0].tombstone);
  EXPECT_EQ(records[0].value, "");
}

TEST(kafka_producer, reports_come_in_the_order_of_the_records) {
  const mock_cluster cluster = std::move(mock_cluster(3).topic("t", 1));
  const auto producer = producer_on(cluster);
  std::mutex lock;
  std::vector<std::int64_t> offsets;
  constexpr int count = 2'000;
  for (int n = 0; n < count; ++n) {
    const auto owner = std::make_shared<std::string>(std::to_string(n));
    const auto queued = producer->produce("t", 0, {.key = "0", .value = *owner}, owner,
                                          [&](const kafka_delivery& delivery) {
                                            const std::lock_guard hold(lock);
                                            offsets.push_back(delivery.offset);
                                          });
    ASSERT_EQ(queued.status, kafka_queued::taken) << queued.why;
  }
  ASSERT_TRUE(producer->flush(20s));
  EXPECT_EQ(producer->waiting(), 0u);
  ASSERT_EQ(offsets.size(), std::size_t{count});
  const auto records = all_of(cluster, "t", 0);
  ASSERT_EQ(records.size(), std::size_t{count});
  for (int n = 0; n < count; ++n) {
    EXPECT_EQ(offsets[static_cast<std::size_t>(n)], n);
    EXPECT_EQ(records[static_cast<std::size_t>(n)].value, std::to_string(n));
  }
}

TEST(kafka_producer, what_passes_by_is_tried_again_and_stored_once) {
  mock_cluster cluster;
  cluster.topic("t", 1);
  const auto producer = producer_on(cluster);
  ASSERT_TRUE(producer->produce_and_wait("t", 0, {.key = "0", .value = "first"}));
  cluster.errors(mock_cluster::produce,
                 {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR__TRANSPORT,
                  RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  const auto offset = producer->produce_and_wait("t", 0, {.key = "0", .value = "second"});
  ASSERT_TRUE(offset) << offset.error().message;
  EXPECT_EQ(all_of(cluster, "t", 0).size(), 2u);
}

TEST(kafka_producer, what_the_broker_never_takes_is_refused) {
  mock_cluster cluster;
  cluster.topic("t", 1);
  const auto producer = producer_on(cluster);
  ASSERT_TRUE(producer->produce_and_wait("t", 0, {.key = "0", .value = "first"}));
  cluster.errors(mock_cluster::produce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  report of;
  const auto owner = std::make_shared<std::string>("large");
  ASSERT_EQ(producer->produce("t", 0, {.key = "0", .value = *owner}, owner, of.done()).status,
            kafka_queued::taken);
  const kafka_delivery delivery = of.wait();
  EXPECT_EQ(delivery.offset, -1);
  EXPECT_TRUE(delivery.refused);
  EXPECT_FALSE(delivery.error.empty());
  EXPECT_EQ(producer->fatal(), "");
  EXPECT_TRUE(producer->produce_and_wait("t", 0, {.key = "0", .value = "next"}));
}

TEST(kafka_producer, what_is_not_delivered_in_time_fails_and_later_records_do_not) {
  mock_cluster cluster;
  cluster.topic("t", 1);
  const auto producer = producer_on(cluster, 1s);
  ASSERT_TRUE(producer->produce_and_wait("t", 0, {.key = "0", .value = "first"}));
  cluster.down();
  const auto begun = std::chrono::steady_clock::now();
  const auto failed = producer->produce_and_wait("t", 0, {.key = "0", .value = "second"});
  EXPECT_FALSE(failed);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
  cluster.up();
  // The first ones may come while the client waits to connect again.
  bool taken = false;
  for (int attempt = 0; attempt < 20 && !taken; ++attempt) {
    taken = bool(producer->produce_and_wait("t", 0, {.key = "0", .value = "third"}));
  }
  EXPECT_TRUE(taken);
  EXPECT_EQ(producer->fatal(), "");
}

TEST(kafka_producer, its_queue_has_a_bound) {
  mock_cluster cluster;
  cluster.topic("t", 1);
  const auto producer = producer_on(cluster, 1s, 64 * 1024);
  cluster.down();
  const auto owner = std::make_shared<std::string>(10'000, 'x');
  int taken = 0;
  std::atomic<int> reports = 0;
  for (;;) {
    const auto queued = producer->produce("t", 0, {.key = "0", .value = *owner}, owner,
                                          [&](const kafka_delivery& delivery) {
                                            EXPECT_EQ(delivery.offset, -1);
                                            ++reports;
                                          });
    if (queued.status != kafka_queued::taken) {
      EXPECT_EQ(queued.status, kafka_queued::full);
      EXPECT_FALSE(queued.why.empty());
      break;
    }
    ASSERT_LT(++taken, 100);
  }
  EXPECT_GE(taken, 5);
  EXPECT_TRUE(producer->flush(20s));
  EXPECT_EQ(reports.load(), taken);
}

TEST(kafka_producer, a_partition_that_is_not_there_fails) {
  const mock_cluster cluster = std::move(mock_cluster().topic("t", 2));
  const auto producer = producer_on(cluster, 2s);
  ASSERT_TRUE(producer->produce_and_wait("t", 0, {.key = "0", .value = "there"}));
  EXPECT_FALSE(producer->produce_and_wait("t", 2, {.key = "2", .value = "not there"}));
}

TEST(kafka_producer, what_waits_at_its_end_is_reported) {
  mock_cluster cluster;
  cluster.topic("t", 1);
  report of;
  {
    const auto producer = producer_on(cluster, 30s);
    cluster.down();
    const auto owner = std::make_shared<std::string>("x");
    ASSERT_EQ(producer->produce("t", 0, {.key = "0", .value = *owner}, owner, of.done()).status,
              kafka_queued::taken);
  }
  EXPECT_EQ(of.wait().offset, -1);
}

TEST(kafka_producer, a_property_that_librdkafka_does_not_know_is_told) {
  const auto made =
      kafka_producer::make({.client = {.brokers = {"127.0.0.1:1"}, .properties = {"no.such=1"}}});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("no.such"), std::string::npos) << made.error().message;
}

}  // namespace
}  // namespace weir
