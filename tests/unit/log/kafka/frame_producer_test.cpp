// SPDX-License-Identifier: Apache-2.0
//
// What is promised of appends to a topic, while its cluster does well and while it does not. The
// cluster is librdkafka's mock.
#include "log/kafka/frame_producer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "unit/log/kafka/kafka_testing_rdkafka.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t frame_bytes = 200;

class frame_producing : public testing::Test {
 protected:
  struct shape {
    append_promise promise = append_promise::written;
    std::chrono::milliseconds timeout{30'000};
    std::uint64_t waiting_bytes = std::uint64_t{8} << 20;
    int shards = 4;
    int brokers = 1;
    std::function<std::int64_t()> steady_ns = [] { return steady_now().ns; };
  };

  void start() { start(shape()); }
  void start(const shape& of) {
    cluster_ = std::make_unique<mock_cluster>(of.brokers);
    make_log_topics(*cluster_, of.shards);
    auto made = frame_producer::make({.client = cluster_->client(),
                                      .topic = "weir",
                                      .shards = static_cast<std::uint32_t>(of.shards),
                                      .promise = of.promise,
                                      .produce_timeout = of.timeout,
                                      .waiting_bytes_max = of.waiting_bytes,
                                      .frames = budget_,
                                      .steady_ns = of.steady_ns,
                                      .look_again = 50ms,
                                      .look = 10s});
    ASSERT_TRUE(made) << made.error().message;
    producer_ = std::move(made).value();
  }

  static std::shared_ptr<frame> frame_for(std::uint32_t shard, std::uint64_t number,
                                          std::size_t bytes = frame_bytes) {
    auto made = make_frame(payload_of(number, bytes));
    made->header.shard = shard;
    return made;
  }
  /// One frame for each of the shards.
  static std::vector<std::shared_ptr<frame>> turn(std::uint64_t number, std::uint32_t shards = 4) {
    std::vector<std::shared_ptr<frame>> frames;
    for (std::uint32_t i = 0; i < shards; ++i) {
      frames.push_back(frame_for(i, number));
    }
    return frames;
  }

  append_status wait_for(const append_result& given) {
    if (given.status != append_status::pending) {
      return given.status;
    }
    std::mutex mutex;
    std::condition_variable woken;
    const std::size_t number = producer_->watch([&] {
      { const std::lock_guard lock(mutex); }
      woken.notify_all();
    });
    {
      std::unique_lock lock(mutex);
      EXPECT_TRUE(woken.wait_for(lock, 60s, [&] { return given.ticket->settled(); }));
    }
    producer_->unwatch(number);
    return given.ticket->status();
  }

  /// Waits until what is expected of the next append is so.
  bool expects(append_status status) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (producer_->outlook().status != status) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }

  bool expects_nothing_waits() {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (producer_->waiting_bytes() > 0) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }

  /// All values in a partition, in order.
  std::vector<std::string> stored_in(std::int32_t partition) {
    auto reader = kafka_reader::make(cluster_->client(), "weir", partition);
    std::vector<std::string> out;
    std::int64_t from = 0;
    for (;;) {
      auto read = reader.value()->read(from, 8 << 20, 5s);
      EXPECT_TRUE(read) << read.error().message;
      if (!read) {
        return out;
      }
      for (kafka_record& record : read.value().records) {
        const kafka_frame_result found = frame_of_record(std::move(record));
        EXPECT_EQ(found.status, kafka_frame_status::whole) << found.why;
        out.push_back(found.found->stored);
      }
      from = read.value().next;
      if (read.value().at_end) {
        return out;
      }
    }
  }
  double number_of(const std::string& name) {
    metric_values met;
    producer_->collect(met);
    const auto found = met.values.find(name);
    return found == met.values.end() ? -1 : found->second;
  }

  memory_budget budget_{std::size_t{64} << 20};
  std::unique_ptr<mock_cluster> cluster_;
  std::unique_ptr<frame_producer> producer_;
};

TEST_F(frame_producing, each_frame_is_in_the_partition_of_its_shard_once_its_ticket_is_settled) {
  start();
  std::vector<append_result> given;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    given.push_back(producer_->append(turn(i)));
    ASSERT_EQ(given.back().status, append_status::pending);
  }
  ASSERT_EQ(wait_for(given.back()), append_status::taken);
  for (const append_result& one : given) {
    ASSERT_TRUE(one.ticket->settled() || wait_for(one) == append_status::taken);
    EXPECT_EQ(one.ticket->status(), append_status::taken);
  }
  for (std::int32_t i = 0; i < 4; ++i) {
    const auto stored = stored_in(i);
    ASSERT_EQ(stored.size(), 20u);
    EXPECT_EQ(stored.front(), payload_of(1, frame_bytes));
    EXPECT_EQ(stored.back(), payload_of(20, frame_bytes));
  }
  EXPECT_EQ(number_of("weir_log_appended_frames_total"), 80);
  EXPECT_EQ(number_of("weir_log_appended_points_total"), 80);
  EXPECT_EQ(number_of("weir_log_appended_bytes_total"), 80 * frame_bytes);
  EXPECT_EQ(number_of("weir_log_waiting_appends"), 0);
  EXPECT_EQ(producer_->waiting_bytes(), 0u);
  EXPECT_EQ(budget_.used(), 0u);
  EXPECT_EQ(producer_->outlook().status, append_status::taken);
}

TEST_F(frame_producing, what_does_not_fit_is_full_as_a_whole_until_there_is_room) {
  start({.waiting_bytes = 64 * 1024});
  cluster_->round_trip_ms(200);
  std::vector<append_result> given;
  append_result last;
  std::size_t taken = 0;
  do {
    last = producer_->append(turn(taken + 1));
    if (last.status == append_status::pending) {
      given.push_back(last);
      ++taken;
    }
  } while (last.status == append_status::pending && taken < 1'000);
  ASSERT_EQ(last.status, append_status::full);
  EXPECT_FALSE(last.detail.empty());
  EXPECT_EQ(number_of("weir_log_append_full_total"), 1);
  EXPECT_EQ(producer_->outlook().status, append_status::full);
  cluster_->round_trip_ms(0);
  // What can never fit is no reason to tell others that the log is full.
  EXPECT_EQ(wait_for(given.back()), append_status::taken);
  EXPECT_TRUE(expects(append_status::taken));
  const std::shared_ptr<frame> large[] = {frame_for(0, 1, std::size_t{100} << 10)};
  EXPECT_EQ(producer_->append(large).status, append_status::full);
  EXPECT_EQ(producer_->outlook().status, append_status::taken);
  for (std::int32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(stored_in(i).size(), taken);  // nothing of the one that was full
  }
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(frame_producing, a_cluster_that_is_down_fails_appends_in_time_and_recovers_by_itself) {
  start({.timeout = 1'500ms});
  ASSERT_EQ(wait_for(producer_->append(turn(1))), append_status::taken);
  cluster_->down();
  const append_result given = producer_->append(turn(2));
  ASSERT_EQ(given.status, append_status::pending);
  EXPECT_EQ(wait_for(given), append_status::failed);
  EXPECT_NE(given.ticket->detail().find("log.brokers"), std::string::npos)
      << given.ticket->detail();
  EXPECT_EQ(producer_->outlook().status, append_status::failed);
  EXPECT_EQ(number_of("weir_log_append_failures_total"), 1);
  cluster_->up();
  // No append is needed for it: an intake that is not ready gets none.
  EXPECT_TRUE(expects(append_status::taken));
  EXPECT_EQ(wait_for(producer_->append(turn(3))), append_status::taken);
  for (std::int32_t i = 0; i < 4; ++i) {
    const auto stored = stored_in(i);
    EXPECT_EQ(stored.front(), payload_of(1, frame_bytes));
    EXPECT_EQ(stored.back(), payload_of(3, frame_bytes));
  }
  EXPECT_EQ(budget_.used(), 0u);
}

// One append at a time: the mock does not check the sequence numbers of an idempotent producer.
// With several requests under way it stores a repeated batch a second time, or takes a later one
// before the earlier, which librdkafka then believes to be stored as well. Real brokers do check
// (tests/kafka).
TEST_F(frame_producing, errors_that_pass_are_waited_for) {
  constexpr std::uint64_t turns = 12;
  start({.brokers = 3});
  cluster_->errors(mock_cluster::produce,
                   {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR__TRANSPORT,
                    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                    RD_KAFKA_RESP_ERR__TRANSPORT});
  for (std::uint64_t i = 1; i <= turns; ++i) {
    ASSERT_EQ(wait_for(producer_->append(turn(i))), append_status::taken) << i;
    if (i % 4 == 0) {
      cluster_->leader("weir", static_cast<std::int32_t>(i / 4), static_cast<std::int32_t>(i / 4));
    }
  }
  for (std::int32_t i = 0; i < 4; ++i) {
    std::vector<std::string> stored = stored_in(i);
    // What was stored although its answer said that the time was up is there twice.
    stored.erase(std::unique(stored.begin(), stored.end()), stored.end());
    ASSERT_EQ(stored.size(), turns) << "partition " << i;
    for (std::uint64_t k = 1; k <= turns; ++k) {
      EXPECT_EQ(stored[k - 1], payload_of(k, frame_bytes)) << "partition " << i;
    }
  }
}

TEST_F(frame_producing, a_record_that_is_refused_fails_its_append_alone_and_says_what_to_do) {
  start();
  ASSERT_EQ(wait_for(producer_->append(turn(1))), append_status::taken);
  cluster_->errors(mock_cluster::produce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const std::shared_ptr<frame> one[] = {frame_for(2, 2)};
  const append_result given = producer_->append(one);
  EXPECT_EQ(wait_for(given), append_status::failed);
  EXPECT_NE(given.ticket->detail().find("max.message.bytes"), std::string::npos)
      << given.ticket->detail();
  EXPECT_EQ(producer_->outlook().status, append_status::taken);  // others are taken
  EXPECT_EQ(number_of("weir_log_kafka_refused_records_total"), 1);
  EXPECT_EQ(wait_for(producer_->append(turn(3))), append_status::taken);
}

TEST_F(frame_producing, a_record_larger_than_any_is_refused_before_it_is_sent) {
  start();
  const std::shared_ptr<frame> frames[] = {frame_for(0, 1), frame_for(1, 1, 3 << 20)};
  const append_result given = producer_->append(frames);
  EXPECT_EQ(wait_for(given), append_status::failed);
  EXPECT_EQ(stored_in(1).size(), 0u);
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(frame_producing, received_is_taken_at_once_and_tried_until_it_arrives) {
  start({.promise = append_promise::received, .timeout = 500ms});
  ASSERT_EQ(producer_->append(turn(1)).status, append_status::taken);
  cluster_->down();
  ASSERT_EQ(producer_->append(turn(2)).status, append_status::taken);
  std::this_thread::sleep_for(1'200ms);  // longer than the timeout, which must not count
  cluster_->up();
  EXPECT_TRUE(expects_nothing_waits());
  EXPECT_EQ(number_of("weir_log_appended_frames_total"), 8);
  EXPECT_EQ(number_of("weir_log_kafka_lost_points_total"), 0);
  EXPECT_TRUE(producer_->close().ok());
}

TEST_F(frame_producing, what_received_promised_and_a_close_loses_is_counted) {
  start({.promise = append_promise::received, .timeout = 300ms});
  cluster_->down();
  ASSERT_EQ(producer_->append(turn(1)).status, append_status::taken);
  const outcome closed = producer_->close();
  ASSERT_FALSE(closed.ok());
  EXPECT_NE(closed.error().message.find("4 points"), std::string::npos) << closed.error().message;
  EXPECT_EQ(number_of("weir_log_kafka_lost_points_total"), 4);
  EXPECT_EQ(producer_->append(turn(2)).status, append_status::failed);
  EXPECT_EQ(producer_->outlook().status, append_status::failed);
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(frame_producing, a_partition_without_a_leader_fails_its_appends_and_the_outlook) {
  start({.timeout = 1'000ms});
  ASSERT_EQ(wait_for(producer_->append(turn(1))), append_status::taken);
  cluster_->leader("weir", 2, -1);
  const std::shared_ptr<frame> one[] = {frame_for(2, 2)};
  EXPECT_EQ(wait_for(producer_->append(one)), append_status::failed);
  EXPECT_EQ(producer_->outlook().status, append_status::failed);
  cluster_->leader("weir", 2, 1);
  EXPECT_TRUE(expects(append_status::taken));
  const std::shared_ptr<frame> two[] = {frame_for(2, 3)};
  EXPECT_EQ(wait_for(producer_->append(two)), append_status::taken);
}

TEST_F(frame_producing, a_producer_that_has_failed_for_good_is_replaced) {
  start();
  ASSERT_EQ(wait_for(producer_->append(turn(1))), append_status::taken);
  cluster_->errors(mock_cluster::produce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  // What follows fails at once, until the producer's failure is looked at.
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  for (std::uint64_t i = 2; number_of("weir_log_kafka_producers_renewed_total") == 0 &&
                            std::chrono::steady_clock::now() < deadline;
       ++i) {
    static_cast<void>(wait_for(producer_->append(turn(i))));
    std::this_thread::yield();
  }
  ASSERT_EQ(number_of("weir_log_kafka_producers_renewed_total"), 1);
  EXPECT_EQ(wait_for(producer_->append(turn(7))), append_status::taken);
  EXPECT_TRUE(expects(append_status::taken));
  EXPECT_EQ(stored_in(0).back(), payload_of(7, frame_bytes));
}

TEST_F(frame_producing, a_partition_without_a_leader_holds_up_no_other) {
  start();
  ASSERT_EQ(wait_for(producer_->append(turn(1))), append_status::taken);
  cluster_->leader("weir", 2, -1);
  const std::shared_ptr<frame> held[] = {frame_for(2, 2)};
  const append_result stands = producer_->append(held);
  for (std::uint64_t i = 2; i < 5; ++i) {
    const std::shared_ptr<frame> others[] = {frame_for(1, i), frame_for(3, i)};
    EXPECT_EQ(wait_for(producer_->append(others)), append_status::taken);
  }
  EXPECT_FALSE(stands.ticket->settled());
  cluster_->leader("weir", 2, 1);
  EXPECT_EQ(wait_for(stands), append_status::taken);
}

TEST_F(frame_producing, what_waits_behind_others_keeps_its_order) {
  start({.waiting_bytes = std::uint64_t{32} << 20, .shards = 1});
  cluster_->round_trip_ms(3);
  constexpr std::uint64_t appends = 300;
  append_result last;
  for (std::uint64_t i = 1; i <= appends; ++i) {
    // Some large ones, so that it goes by few and by many.
    const std::shared_ptr<frame> one[] = {frame_for(0, i, i % 50 < 8 ? 60'000 : frame_bytes)};
    last = producer_->append(one);
    ASSERT_EQ(last.status, append_status::pending) << last.detail;
  }
  ASSERT_EQ(wait_for(last), append_status::taken);
  const auto stored = stored_in(0);
  ASSERT_EQ(stored.size(), appends);
  for (std::uint64_t i = 1; i <= appends; ++i) {
    ASSERT_EQ(stored[i - 1], payload_of(i, i % 50 < 8 ? 60'000 : frame_bytes));
  }
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(frame_producing, time_counts_from_the_append_however_long_it_waits_behind_others) {
  std::atomic<std::int64_t> now_ns{1};
  start({.timeout = 60s, .steady_ns = [&now_ns] { return now_ns.load(); }});
  ASSERT_EQ(wait_for(producer_->append(turn(1))), append_status::taken);
  cluster_->leader("weir", 2, -1);
  std::vector<append_result> given;
  for (std::uint64_t i = 2; i < 20; ++i) {
    const std::shared_ptr<frame> one[] = {frame_for(2, i)};
    given.push_back(producer_->append(one));
  }
  now_ns += std::chrono::nanoseconds(61s).count();
  EXPECT_EQ(wait_for(given.back()), append_status::failed);  // Kafka's client was not given it
  EXPECT_NE(given.back().ticket->detail().find("log.produce_timeout"), std::string::npos);
  EXPECT_FALSE(given.front().ticket->settled());  // it is about to report this one
  now_ns += std::chrono::nanoseconds(5s).count();
  for (const append_result& one : given) {
    EXPECT_EQ(wait_for(one), append_status::failed);
  }
  EXPECT_GT(budget_.used(), 0u);  // the client has some
  cluster_->leader("weir", 2, 1);
  EXPECT_TRUE(expects_nothing_waits());
  EXPECT_EQ(number_of("weir_log_append_failures_total"), 18);
  EXPECT_EQ(stored_in(2).front(), payload_of(1, frame_bytes));
  // At most what the client had; what follows is in order behind it.
  EXPECT_LE(stored_in(2).size(), 1 + partition_queue::window_frames);
  EXPECT_TRUE(expects(append_status::taken));
  EXPECT_EQ(wait_for(producer_->append(turn(20))), append_status::taken);
  EXPECT_EQ(stored_in(2).back(), payload_of(20, frame_bytes));
}

TEST_F(frame_producing, what_received_promised_survives_a_producer_that_has_failed_for_good) {
  start({.promise = append_promise::received, .shards = 1});
  cluster_->errors(mock_cluster::produce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  constexpr std::uint64_t appends = 10;
  for (std::uint64_t i = 1; i <= appends; ++i) {
    const std::shared_ptr<frame> one[] = {frame_for(0, i)};
    ASSERT_EQ(producer_->append(one).status, append_status::taken);
  }
  EXPECT_TRUE(expects_nothing_waits());
  EXPECT_EQ(number_of("weir_log_kafka_producers_renewed_total"), 1);
  const auto stored = stored_in(0);
  const auto lost = number_of("weir_log_kafka_lost_points_total");
  EXPECT_EQ(static_cast<double>(stored.size()) + lost, appends);
  EXPECT_LE(lost, partition_queue::window_frames);
  ASSERT_GE(stored.size(), appends - partition_queue::window_frames);
  EXPECT_EQ(stored.back(), payload_of(appends, frame_bytes));
}

}  // namespace
}  // namespace weir
