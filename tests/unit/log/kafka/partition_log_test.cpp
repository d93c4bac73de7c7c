// SPDX-License-Identifier: Apache-2.0
//
// What is particular to a partition as a log: memory that is shorter than what is pending, records
// that are no frames, and what Kafka deletes. (What every log promises is in
// log_contract_test.cpp.)
#include "log/kafka/partition_log.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "kafka/producer_rdkafka.hpp"
#include "unit/log/kafka/kafka_testing_rdkafka.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

/// Counts what the log asks of it; tests hand the records over.
class played_source final : public partition_source {
 public:
  void pause() override { ++pauses; }
  void resume(std::int64_t offset) override {
    ++resumes;
    resumed_at = offset;
  }
  int pauses = 0;
  int resumes = 0;
  std::int64_t resumed_at = -1;
};

kafka_record record_at(std::int64_t offset, const std::string& database = "db",
                       std::size_t bytes = 1000) {
  const auto made =
      make_frame(payload_of(static_cast<std::uint64_t>(offset) + 1, bytes), database, 2);
  const kafka_frame_record written(*made, 0);
  const kafka_record_view view = written.view();
  kafka_record out;
  out.offset = offset;
  out.timestamp_ms = view.timestamp_ms;
  for (const kafka_header& one : view.headers) {
    out.headers.emplace_back(one.name, one.value);
  }
  out.value = view.value.value_or("");
  return out;
}

class played_partition : public testing::Test {
 protected:
  partition_log& open(std::uint64_t read_ahead = std::uint64_t{64} << 20, std::int64_t begin = 0,
                      kafka_offsets there = {}) {
    log_ = std::move(partition_log::open({.client = {.brokers = {"127.0.0.1:1"}, .properties = {}},
                                          .topic = "weir",
                                          .identity = 77,
                                          .memory = share_,
                                          .read_ahead = read_ahead,
                                          .begin = begin,
                                          .there = there,
                                          .read_timeout = 100ms}))
               .value();
    log_->feed_from(&source_);
    return *log_;
  }
  void feed(std::int64_t from, std::int64_t count, const std::string& database = "db") {
    for (std::int64_t i = from; i < from + count; ++i) {
      log_->received(record_at(i, database));
    }
  }

  memory_budget budget_{std::size_t{16} << 20};
  read_share share_{budget_};
  played_source source_;
  std::unique_ptr<partition_log> log_;
};

TEST_F(played_partition, positions_are_offsets_and_one) {
  partition_log& log = open(64 << 20, 100, {.first = 40, .end = 105});
  EXPECT_EQ(log.identity(), 77u);
  EXPECT_EQ(log.first().number(), 41u);
  EXPECT_EQ(log.end().number(), 106u);
  EXPECT_EQ(log.wanted(), 100);
  static_cast<void>(log.subscribe({"sink", true, {}}, log_position(101)));
  feed(100, 3);
  const auto frames = read_all(log, log_position(101));
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0]->header.position.number(), 101u);
  EXPECT_EQ(frames[2]->stored, payload_of(103, 1000));
  EXPECT_EQ(log.wanted(), 103);
  EXPECT_EQ(log.end().number(), 106u);
  feed(103, 10);
  EXPECT_EQ(log.end().number(), 114u);
}

TEST_F(played_partition, a_record_that_is_known_is_passed_over_and_wakes_nobody) {
  partition_log& log = open();
  int woken = 0;
  static_cast<void>(log.subscribe({"sink", true, [&woken] { ++woken; }}, log_position(1)));
  feed(0, 3);
  EXPECT_EQ(woken, 3);
  feed(0, 3);
  EXPECT_EQ(woken, 3);
  EXPECT_EQ(read_all(log).size(), 3u);
}

TEST_F(played_partition, the_source_is_paused_at_read_ahead_and_resumed_when_sinks_release) {
  partition_log& log = open(1 << 20);
  const std::size_t number = log.subscribe({"sink", true, {}}, log_position(1));
  std::int64_t fed = 0;
  while (source_.pauses == 0 && fed < 5'000) {
    feed(fed++, 1);
  }
  ASSERT_EQ(source_.pauses, 1);
  const log_usage used = log.usage();
  EXPECT_EQ(used.bytes_max, std::uint64_t{1} << 20);
  EXPECT_GE(used.bytes, used.bytes_max);
  feed(fed, 2);  // was under way
  fed += 2;
  EXPECT_EQ(source_.pauses, 1);
  log.release(number, log_position(10));
  EXPECT_EQ(source_.resumes, 0);
  log.release(number, log_position(static_cast<std::uint64_t>(fed) / 2));
  EXPECT_EQ(source_.resumes, 1);
  EXPECT_EQ(source_.resumed_at, fed);
  EXPECT_LT(log.usage().bytes, used.bytes_max);
  EXPECT_EQ(read_all(log, log_position(static_cast<std::uint64_t>(fed) / 2)).size(),
            static_cast<std::size_t>(fed) - static_cast<std::size_t>(fed) / 2 + 1);
}

TEST_F(played_partition, what_a_sink_knows_already_is_read_however_far_it_is) {
  partition_log& log = open(1 << 20, 0, {.first = 0, .end = 5'000});
  static_cast<void>(
      log.subscribe({"sink", true, {}, /*seen=*/log_position(3'001)}, log_position(1)));
  feed(0, 3'000);
  EXPECT_EQ(source_.pauses, 1);
  EXPECT_EQ(log.wanted(), 3'000);
  std::vector<frame_header> headers;
  EXPECT_EQ(log.reader()->headers(log_position(1), 10'000, headers).number(), 3'001u);
  EXPECT_EQ(headers.size(), 3'000u);
}

TEST_F(played_partition, logs_that_share_memory_read_less_far_ahead) {
  partition_log& log = open();
  EXPECT_EQ(log.usage().bytes_max, budget_.limit() / 2);
  const auto other =
      std::move(partition_log::open({.client = {.brokers = {"127.0.0.1:1"}, .properties = {}},
                                     .topic = "weir",
                                     .partition = 1,
                                     .memory = share_}))
          .value();
  EXPECT_EQ(log.usage().bytes_max, budget_.limit() / 4);
}

TEST_F(played_partition, records_that_are_no_frames_are_counted_and_passed_over) {
  partition_log& log = open();
  static_cast<void>(log.subscribe({"sink", true, {}}, log_position(1)));
  log.received(record_at(0));
  kafka_record foreign;
  foreign.offset = 1;
  foreign.value = "cpu v=1\n";
  log.received(std::move(foreign));
  kafka_record damaged = record_at(2);
  damaged.value[0] = 'X';
  log.received(std::move(damaged));
  log.received(record_at(3));
  const auto frames = read_all(log);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1]->header.position.number(), 4u);
  EXPECT_EQ(metric(log, "weir_log_damaged_records_total"), 2);
  EXPECT_EQ(metric(log, "weir_log_damaged_points_total"), 2);
  EXPECT_EQ(log.end().number(), 5u);
}

TEST_F(played_partition, what_a_later_weir_wrote_stops_it_and_is_not_passed_over) {
  partition_log& log = open(64 << 20, 0, {.first = 0, .end = 5});
  static_cast<void>(log.subscribe({"sink", true, {}, log_position(6)}, log_position(1)));
  feed(0, 2);
  EXPECT_FALSE(log.stopped_at());
  kafka_record later = record_at(2);
  later.headers.front().second = "2";
  ASSERT_EQ(later.headers.front().first, "weir");
  log.received(later);
  EXPECT_EQ(source_.pauses, 1);
  EXPECT_EQ(log.stopped_at(), 2);
  feed(3, 2);  // was under way
  log.at_end(5);
  EXPECT_EQ(read_all(log).size(), 2u);
  EXPECT_EQ(log.wanted(), 2);
  EXPECT_EQ(log.end().number(), 6u);
  EXPECT_EQ(source_.resumes, 0) << "whatever a sink has seen";
  EXPECT_EQ(metric(log, "weir_log_kafka_stopped"), 1);
  EXPECT_EQ(metric(log, "weir_log_damaged_records_total"), 0);
  std::vector<frame_header> headers;
  EXPECT_EQ(log.reader()->headers(log_position(1), 10, headers).number(), 3u);
  EXPECT_EQ(headers.size(), 2u);

  played_source next;
  log.feed_from(&next);
  EXPECT_EQ(next.pauses, 1) << "another source is told at once";

  log.first_is(3);  // retention has deleted it
  EXPECT_FALSE(log.stopped_at());
  EXPECT_EQ(next.resumes, 1);
  EXPECT_EQ(next.resumed_at, 2);
  feed(3, 2);
  EXPECT_EQ(log.wanted(), 5);
  EXPECT_EQ(metric(log, "weir_log_kafka_gone_records_total"), 1);
}

TEST_F(played_partition, what_kafka_deleted_before_it_was_read_is_counted) {
  partition_log& log = open(64 << 20, 5, {.first = 0, .end = 50});
  static_cast<void>(log.subscribe({"sink", true, {}}, log_position(6)));
  feed(20, 2);
  EXPECT_EQ(metric(log, "weir_log_kafka_gone_records_total"), 15);
  EXPECT_EQ(log.first().number(), 21u);
  EXPECT_EQ(read_all(log, log_position(6)).size(), 2u);
}

TEST_F(played_partition, what_kafka_deletes_stays_as_long_as_memory_has_it) {
  partition_log& log = open();
  static_cast<void>(log.subscribe({"sink", true, {}}, log_position(1)));
  feed(0, 10);
  log.first_is(6);
  EXPECT_EQ(log.first().number(), 1u);
  EXPECT_EQ(read_all(log).size(), 10u);
  EXPECT_EQ(metric(log, "weir_log_discarded_points_total"), 0);
}

TEST_F(played_partition, what_kafka_deletes_and_memory_has_not_is_lost_and_counted) {
  budget_.set_limit(8 * 1024);
  partition_log& log = open();
  static_cast<void>(log.subscribe({"sink", true, {}}, log_position(1)));
  feed(0, 20);
  const double kept = metric(log, "weir_log_memory_frames");
  ASSERT_GT(kept, 2);
  ASSERT_LT(kept, 10);
  log.first_is(10);
  EXPECT_EQ(log.first().number(), 11u);
  EXPECT_EQ(metric(log, "weir_log_discarded_points_total"), 20);
  std::vector<frame_header> headers;
  static_cast<void>(log.reader()->headers(log.first(), 100, headers));
  EXPECT_EQ(headers.size(), 10u);
}

TEST_F(played_partition, an_old_frame_that_cannot_be_read_now_is_a_failure_and_no_loss) {
  budget_.set_limit(8 * 1024);
  partition_log& log = open();
  static_cast<void>(log.subscribe({"sink", true, {}}, log_position(1)));
  feed(0, 20);
  const auto reader = log.reader();
  const read_result found = reader->next(log_position(1), test_lane);
  EXPECT_EQ(found.status, read_status::failed);
  EXPECT_EQ(found.next.number(), 1u);
  EXPECT_FALSE(found.detail.empty());
  EXPECT_EQ(reader->next(log_position(20), test_lane).status, read_status::frame);
}

TEST_F(played_partition, without_subscribers_nothing_stays) {
  partition_log& log = open();
  const std::size_t number = log.subscribe({"sink", true, {}}, log_position(1));
  feed(0, 5);
  log.unsubscribe(number);
  EXPECT_EQ(budget_.used(), 0u);
  feed(5, 5);
  EXPECT_EQ(budget_.used(), 0u);
  EXPECT_EQ(log.wanted(), 10);
}

TEST_F(played_partition, it_is_only_read_unless_it_was_opened_to_append) {
  partition_log& log = open();
  EXPECT_EQ(append_one(log, make_frame("x f=1 1\n")), append_status::failed);
  EXPECT_EQ(log.outlook().status, append_status::taken);
}

// ---- on a cluster

/// Waits until all before that offset was read.
bool comes_to(fed_partition& log, std::int64_t offset) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (log.partition().wanted() < offset && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  return log.partition().wanted() == offset;
}

TEST(partition_on_a_cluster, frames_that_left_memory_are_read_again_in_runs) {
  mock_cluster cluster;
  make_log_topics(cluster, 1);
  memory_budget writing(std::size_t{64} << 20);
  memory_budget budget(200 * 1024);
  {
    fed_partition writer(cluster, writing);
    std::vector<std::shared_ptr<frame>> frames;
    for (std::uint64_t i = 1; i <= 1'000; ++i) {
      frames.push_back(make_frame(payload_of(i, 1'000), i % 10 == 0 ? "rare" : "db"));
    }
    ASSERT_EQ(append_all(writer, frames), append_status::taken);
  }
  fed_partition log(cluster, budget, {.appends = false});
  // What the sink knows is read however much it is: by one read, or by several.
  const std::size_t number =
      log.subscribe({"sink", true, {}, log_position(1'001)}, log_position(1));
  ASSERT_TRUE(comes_to(log, 1'000));
  EXPECT_LT(metric(log, "weir_log_memory_frames"), 200);
  const auto rare = read_all(log, log_position(1), {"rare", ""});
  ASSERT_EQ(rare.size(), 100u);
  EXPECT_EQ(rare[3]->stored, payload_of(40, 1'000));
  const auto all = read_all(log);
  ASSERT_EQ(all.size(), 900u);
  EXPECT_EQ(all[0]->stored, payload_of(1, 1'000));
  // Runs are what the cluster gives at a time: real brokers 1 MiB, the mock a batch of its
  // producer.
  EXPECT_LE(metric(log, "weir_log_kafka_read_again_total"), 200);
  log.release(number, log_position(1'001));
  EXPECT_EQ(budget.used(), 0u);
}

TEST(partition_on_a_cluster, goes_on_behind_what_was_delivered) {
  mock_cluster cluster;
  make_log_topics(cluster, 2);
  memory_budget budget(std::size_t{64} << 20);
  {
    fed_partition writer(cluster, budget, {.partition = 1});
    for (std::uint64_t i = 1; i <= 5; ++i) {
      ASSERT_EQ(append_one(writer, make_frame(payload_of(i))), append_status::taken);
    }
  }
  fed_partition log(cluster, budget, {.partition = 1, .begin = 3});
  EXPECT_EQ(log.end().number(), 6u);
  EXPECT_EQ(log.first().number(), 1u);
  static_cast<void>(log.subscribe({"sink", true, {}}, log_position(4)));
  ASSERT_EQ(append_one(log, make_frame(payload_of(6))), append_status::taken);
  ASSERT_TRUE(comes_to(log, 6));
  const auto frames = read_all(log, log_position(4));
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[2]->stored, payload_of(6));
  EXPECT_EQ(frames[2]->header.shard, 1u);
  // What lies before is still there for those who ask.
  EXPECT_EQ(read_all(log, log_position(1)).size(), 6u);
}

}  // namespace
}  // namespace weir
