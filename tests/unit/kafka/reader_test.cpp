// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "kafka/producer_rdkafka.hpp"
#include "kafka/reader_rdkafka.hpp"
#include "unit/kafka/mock_cluster_rdkafka.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

class kafka_reader_of_ten : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.topic("t", 1);
    auto producer = kafka_producer::make({.client = cluster_.client()});
    ASSERT_TRUE(producer);
    for (int n = 0; n < 10; ++n) {
      ASSERT_TRUE(producer.value()->produce_and_wait(
          "t", 0, {.key = "0", .value = std::string(100, char('0' + n))}));
    }
    auto made = kafka_reader::make(cluster_.client(), "t", 0);
    ASSERT_TRUE(made);
    reader_ = std::move(made).value();
  }

  mock_cluster cluster_;
  std::unique_ptr<kafka_reader> reader_;
};

TEST_F(kafka_reader_of_ten, it_reads_from_any_offset) {
  for (const std::int64_t from : {5, 0, 9, 3}) {
    std::vector<std::int64_t> offsets;
    std::int64_t next = from;
    for (bool at_end = false; !at_end;) {
      auto found = reader_->read(next, 1 << 20, 5s);
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_TRUE(found.value().at_end || !found.value().records.empty());
      for (const kafka_record& each : found.value().records) {
        offsets.push_back(each.offset);
      }
      next = found.value().next;
      at_end = found.value().at_end;
    }
    std::vector<std::int64_t> expected(static_cast<std::size_t>(10 - from));
    std::iota(expected.begin(), expected.end(), from);
    EXPECT_EQ(offsets, expected);
    EXPECT_EQ(next, 10);
  }
}

// The end is known 100 ms after it was asked for.
TEST_F(kafka_reader_of_ten, reads_that_wait_for_little_come_to_the_end) {
  std::int64_t next = 0;
  bool at_end = false;
  for (const auto give_up = std::chrono::steady_clock::now() + 30s;
       !at_end && std::chrono::steady_clock::now() < give_up;) {
    auto found = reader_->read(next, 1 << 20, 10ms);
    ASSERT_TRUE(found) << found.error().message;
    next = found.value().next;
    at_end = found.value().at_end;
  }
  EXPECT_TRUE(at_end);
  EXPECT_EQ(next, 10);
}

TEST_F(kafka_reader_of_ten, a_read_has_a_bound_of_bytes_and_goes_on) {
  std::int64_t from = 0;
  std::string seen;
  bool at_end = false;
  for (int reads = 0; reads < 20 && !at_end; ++reads) {
    auto found = reader_->read(from, 250, 5s);
    ASSERT_TRUE(found);
    EXPECT_LE(found.value().records.size(), 3u);
    for (const kafka_record& each : found.value().records) {
      seen += each.value.substr(0, 1);
    }
    from = found.value().next;
    at_end = found.value().at_end;
  }
  EXPECT_EQ(seen, "0123456789");
  EXPECT_TRUE(at_end);
}

TEST_F(kafka_reader_of_ten, one_record_is_read_however_large) {
  auto found = reader_->read(4, 1, 5s);
  ASSERT_TRUE(found);
  ASSERT_EQ(found.value().records.size(), 1u);
  EXPECT_EQ(found.value().next, 5);
}

TEST_F(kafka_reader_of_ten, at_the_end_there_is_nothing_until_something_comes) {
  auto nothing_there = reader_->read(10, 1 << 20, 1s);
  ASSERT_TRUE(nothing_there);
  EXPECT_TRUE(nothing_there.value().records.empty());
  EXPECT_TRUE(nothing_there.value().at_end);
  EXPECT_EQ(nothing_there.value().next, 10);
  auto producer = kafka_producer::make({.client = cluster_.client()});
  ASSERT_TRUE(producer.value()->produce_and_wait("t", 0, {.key = "0", .value = "later"}));
  auto later = reader_->read(10, 1 << 20, 5s);
  ASSERT_TRUE(later);
  ASSERT_EQ(later.value().records.size(), 1u);
  EXPECT_EQ(later.value().records[0].value, "later");
}

/// What was written between two reads is there, whatever was seen of the end in between.
TEST_F(kafka_reader_of_ten, an_end_that_was_seen_before_is_none) {
  auto producer = kafka_producer::make({.client = cluster_.client()});
  ASSERT_TRUE(producer);
  for (std::int64_t from = 9; from < 30; ++from) {
    auto found = reader_->read(from, 1 << 20, 5s);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found.value().records.size(), 1u) << from;
    ASSERT_EQ(found.value().next, from + 1);
    ASSERT_TRUE(producer.value()->produce_and_wait("t", 0, {.key = "0", .value = "more"}));
  }
}

TEST_F(kafka_reader_of_ten, without_brokers_it_waits_no_longer_than_it_may) {
  cluster_.down();
  const auto begun = std::chrono::steady_clock::now();
  const auto found = reader_->read(0, 1 << 20, 500ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
  EXPECT_TRUE(!found || !found.value().at_end);
}

}  // namespace
}  // namespace weir
