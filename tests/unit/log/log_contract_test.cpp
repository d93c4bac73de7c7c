// SPDX-License-Identifier: Apache-2.0
//
// What every log promises, tried on each: memory, local with `written`, local with `received` and
// with `synced`; on a partition of a topic of Kafka (a mock cluster's); and on the example of
// another.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "example_log.hpp"
#include "kafka/kafka_testing_rdkafka.hpp"
#include "log_testing.hpp"

namespace weir {
namespace {

enum class flavour : std::uint8_t { memory, written, received, synced, kafka, example };

class log_contract : public testing::TestWithParam<flavour> {
 protected:
  std::unique_ptr<frame_log> make(const log_shape& settings = {}) {
    return make(settings, budget_);
  }
  std::unique_ptr<frame_log> make(log_shape settings, memory_budget& budget) {
    if (GetParam() == flavour::memory) {
      return make_memory_log({budget, settings.when_full, test_clock});
    }
    if (GetParam() == flavour::example) {
      return std::make_unique<example_log>(budget, settings.when_full);
    }
    if (GetParam() == flavour::kafka) {
      cluster_ = std::make_unique<mock_cluster>();
      make_log_topics(*cluster_, 1);
      return std::make_unique<fed_partition>(*cluster_, budget);
    }
    settings.promise = GetParam() == flavour::written    ? append_promise::written
                       : GetParam() == flavour::received ? append_promise::received
                                                         : append_promise::synced;
    return open_log(directory_.path(), budget, settings);
  }

  /// A topic has as much room as its brokers give it, and they number its frames.
  static bool is_bounded() { return GetParam() != flavour::kafka; }
  static bool numbers_frames() { return GetParam() != flavour::kafka; }

  test_directory directory_;
  memory_budget budget_{std::size_t{1} << 20};
  std::unique_ptr<mock_cluster> cluster_;
};

TEST_P(log_contract, gives_dense_sequences_and_reads_in_order) {
  const auto log = make();
  EXPECT_EQ(log->first().number(), 1u);
  EXPECT_EQ(log->end().number(), 1u);
  const std::size_t number = log->subscribe({"sink", true, {}}, log_position(1));
  std::vector<std::shared_ptr<frame>> turn;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    turn.push_back(make_frame(payload_of(i), i % 2 == 1 ? "db" : "other"));
  }
  ASSERT_EQ(append_all(*log, turn), append_status::taken);
  EXPECT_EQ(log->end().number(), 11u);
  for (std::uint64_t i = 1; i <= 10; ++i) {
    EXPECT_EQ(turn[i - 1]->header.position.number(), i);
  }
  const auto frames = read_all(*log);
  ASSERT_EQ(frames.size(), 5u);
  EXPECT_EQ(frames[1]->header.position.number(), 3u);
  EXPECT_EQ(frames[1]->stored, payload_of(3));
  EXPECT_EQ(read_all(*log, log_position(8), {"other", ""}).size(), 2u);
  EXPECT_TRUE(read_all(*log, log_position(1), {"db", "rp"}).empty());
  log->unsubscribe(number);
  EXPECT_TRUE(log->close().ok());
}

TEST_P(log_contract, nothing_appended_is_taken) {
  const auto log = make();
  EXPECT_EQ(append_all(*log, {}), append_status::taken);
  EXPECT_EQ(log->end().number(), 1u);
}

TEST_P(log_contract, headers_tell_of_all_lanes) {
  const auto log = make();
  static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
  for (std::uint64_t i = 1; i <= 7; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(payload_of(i), "d" + std::to_string(i), 10)),
              append_status::taken);
  }
  const auto reader = log->reader();
  std::vector<frame_header> headers;
  log_position next = reader->headers(log_position(1), 3, headers);
  EXPECT_EQ(next.number(), 4u);
  next = reader->headers(next, 100, headers);
  EXPECT_EQ(next.number(), 8u);
  ASSERT_EQ(headers.size(), 7u);
  EXPECT_EQ(headers[6].database, "d7");
  EXPECT_EQ(headers[6].points, 10u);
  EXPECT_EQ(reader->headers(log_position(8), 100, headers).number(), 8u);
}

TEST_P(log_contract, says_what_it_can_do) {
  const log_capabilities can = make()->capabilities();
  EXPECT_EQ(can.durable, GetParam() != flavour::memory && GetParam() != flavour::example);
  EXPECT_EQ(can.stable, GetParam() == flavour::synced || GetParam() == flavour::kafka);
  EXPECT_EQ(can.bounded, is_bounded());
  EXPECT_EQ(can.shards, 1u);
}

TEST_P(log_contract, caught_up_reader_goes_on_at_the_end) {
  const auto log = make();
  static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
  ASSERT_EQ(append_one(*log, make_frame("x f=1 1\n", "other")), append_status::taken);
  const auto reader = log->reader();
  const read_result found = reader->next(log_position(1), test_lane);
  EXPECT_EQ(found.status, read_status::caught_up);
  EXPECT_EQ(found.next.number(), 2u);
  ASSERT_EQ(append_one(*log, make_frame("y f=1 1\n")), append_status::taken);
  const read_result second = reader->next(found.next, test_lane);
  ASSERT_EQ(second.status, read_status::frame);
  EXPECT_EQ(second.found->stored, "y f=1 1\n");
}

TEST_P(log_contract, wakes_subscribers_until_they_leave) {
  const auto log = make();
  int woken = 0;
  const std::size_t number = log->subscribe({"sink", true, [&woken] { ++woken; }}, log_position(1));
  ASSERT_EQ(append_one(*log, make_frame("x f=1 1\n")), append_status::taken);
  EXPECT_EQ(woken, 1);
  log->unsubscribe(number);
  ASSERT_EQ(append_one(*log, make_frame("x f=1 1\n")), append_status::taken);
  EXPECT_EQ(woken, 1);
}

TEST_P(log_contract, released_frames_leave_memory) {
  const auto log = make();
  const std::size_t fast = log->subscribe({"fast", true, {}}, log_position(1));
  const std::size_t slow = log->subscribe({"slow", false, {}}, log_position(1));
  for (std::uint64_t i = 1; i <= 4; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(payload_of(i))), append_status::taken);
  }
  log->release(fast, log_position(5));
  EXPECT_EQ(read_all(*log).size(), 4u);
  EXPECT_GT(budget_.used(), 0u);
  log->release(slow, log_position(5));
  EXPECT_TRUE(log->close().ok());
  EXPECT_EQ(budget_.used(), 0u);
  EXPECT_EQ(metric(*log, "weir_log_memory_frames"), 0);
}

TEST_P(log_contract, subscriber_beyond_the_end_moves_the_end) {
  if (!numbers_frames()) {
    GTEST_SKIP() << "Kafka numbers the frames";
  }
  const auto log = make();
  ASSERT_EQ(append_one(*log, make_frame(payload_of(1))), append_status::taken);
  const std::size_t number = log->subscribe({"sink", true, {}}, log_position(1000));
  EXPECT_EQ(log->end().number(), 1000u);
  EXPECT_TRUE(read_all(*log, log_position(500)).empty());
  ASSERT_EQ(append_one(*log, make_frame(payload_of(1000))), append_status::taken);
  const auto frames = read_all(*log, log_position(1000));
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0]->header.position.number(), 1000u);
  EXPECT_EQ(frames[0]->stored, payload_of(1000));
  log->release(number, log_position(1001));
  EXPECT_TRUE(log->close().ok());
}

TEST_P(log_contract, takes_no_more_after_close) {
  const auto log = make();
  EXPECT_TRUE(log->close().ok());
  EXPECT_EQ(append_one(*log, make_frame("x f=1 1\n")), append_status::failed);
  EXPECT_TRUE(log->close().ok());
}

TEST_P(log_contract, a_full_log_rejects_while_a_required_sink_needs_its_frames) {
  if (!is_bounded()) {
    GTEST_SKIP() << "it has no bound in bytes";
  }
  log_shape settings;
  settings.keep_bytes = 512 * 1024;
  const auto log = make(settings);
  const std::size_t number = log->subscribe({"sink", true, {}}, log_position(1));
  std::uint64_t taken = 0;
  append_status status = append_status::taken;
  for (; status == append_status::taken && taken < 1000; taken += status == append_status::taken) {
    status = append_one(*log, make_frame(payload_of(taken + 1, 10'000)));
  }
  EXPECT_EQ(status, append_status::full);
  EXPECT_GT(taken, 40u);
  EXPECT_LT(taken, 110u);
  EXPECT_EQ(read_all(*log).size(), taken);
  EXPECT_EQ(metric(*log, "weir_log_append_full_total"), 1);
  EXPECT_EQ(metric(*log, "weir_log_discarded_points_total"), 0);
  log->release(number, log_position(taken + 1));
  do {
    status = append_one(*log, make_frame(payload_of(taken + 1, 10'000)));
    // What was taken but is not written yet counts until it is.
  } while (GetParam() == flavour::received && status == append_status::full);
  EXPECT_EQ(status, append_status::taken);
  EXPECT_EQ(log->end().number(), taken + 2);
}

TEST_P(log_contract, a_full_log_discards_what_may_be_lost_and_counts_it) {
  if (!is_bounded()) {
    GTEST_SKIP() << "it has no bound in bytes";
  }
  for (const bool required : {true, false}) {
    log_shape settings;
    settings.keep_bytes = 512 * 1024;
    settings.when_full = required ? full_policy::discard_oldest : full_policy::reject;
    auto log = make(settings);
    const std::uint64_t begin = log->end().number();
    static_cast<void>(log->subscribe({"sink", required, {}}, log_position(begin)));
    for (std::uint64_t i = 0; i < 300; ++i) {
      // A writer that is faster than the disk may be told to wait where the disk is not.
      while (append_one(*log, make_frame(payload_of(begin + i, 10'000), "db", 3)) !=
             append_status::taken) {
        ASSERT_EQ(GetParam(), flavour::received);
        std::this_thread::yield();
      }
    }
    const auto frames = read_all(*log, log_position(begin));
    ASSERT_TRUE(log->close().ok());
    ASSERT_LT(frames.size(), 110u);
    ASSERT_GT(frames.size(), 30u);
    EXPECT_EQ(frames.back()->header.position.number(), begin + 299);
    EXPECT_EQ(frames.front()->stored, payload_of(frames.front()->header.position.number(), 10'000));
    const double lost = static_cast<double>(3 * (frames.front()->header.position.number() - begin));
    EXPECT_EQ(metric(*log, "weir_log_discarded_points_total"), lost);
    EXPECT_EQ(log->first().number(), frames.front()->header.position.number());
  }
}

TEST_P(log_contract, an_append_that_can_never_fit_is_full_and_costs_nobody_anything) {
  log_shape settings;
  settings.keep_bytes = 512 * 1024;
  settings.when_full = full_policy::discard_oldest;
  const auto log = make(settings);
  static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
  ASSERT_EQ(append_one(*log, make_frame(payload_of(1))), append_status::taken);
  EXPECT_EQ(append_one(*log, make_frame(std::string(2 << 20, 'x'))), append_status::full);
  EXPECT_EQ(read_all(*log).size(), 1u);
}

TEST_P(log_contract, many_threads_append_read_and_release) {
  constexpr int writers = 3;
  constexpr std::uint64_t turns = 60;
  log_shape settings;
  settings.segment_bytes = 64 * 1024;
  settings.keep_bytes = std::uint64_t{64} << 20;
  // Little memory for those who can read from the disk instead.
  memory_budget budget(GetParam() == flavour::written ? 100'000 : std::size_t{64} << 20);
  const auto log = make(settings, budget);
  std::vector<std::size_t> numbers;
  for (const char* name : {"a", "b"}) {
    numbers.push_back(log->subscribe({name, true, [] {}}, log_position(1)));
  }
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&log, writer] {
      for (std::uint64_t turn = 0; turn < turns; ++turn) {
        std::vector<std::shared_ptr<frame>> frames;
        for (int i = 0; i < 3; ++i) {
          frames.push_back(make_frame(std::to_string(writer) + " " + std::to_string(turn * 3) +
                                          std::string(500 + turn, 'x'),
                                      i == 1 ? "other" : "db"));
        }
        EXPECT_EQ(append_all(*log, frames), append_status::taken);
      }
    });
  }
  for (const std::size_t number : numbers) {
    threads.emplace_back([&log, number] {
      const auto reader = log->reader();
      log_position from{1};
      log_position last;
      std::uint64_t seen = 0;
      while (seen < writers * turns * 2) {
        const read_result found = reader->next(from, test_lane);
        ASSERT_NE(found.status, read_status::failed) << found.detail;
        if (found.status == read_status::frame) {
          ASSERT_GT(found.found->header.position, last);
          last = found.found->header.position;
          ASSERT_EQ(found.found->header.database, "db");
          ++seen;
        } else {
          std::this_thread::yield();
        }
        from = found.next;
        log->release(number, from);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(log->end().number(), writers * turns * 3 + 1);
  EXPECT_TRUE(log->close().ok());
}

INSTANTIATE_TEST_SUITE_P(all, log_contract,
                         testing::Values(flavour::memory, flavour::written, flavour::received,
                                         flavour::synced, flavour::kafka, flavour::example),
                         [](const auto& tried) {
                           switch (tried.param) {
                             case flavour::memory:
                               return "memory";
                             case flavour::kafka:
                               return "kafka";
                             case flavour::example:
                               return "example";
                             case flavour::written:
                               return "written";
                             case flavour::synced:
                               return "synced";
                             case flavour::received:
                               return "received";
                           }
                           return "";
                         });

}  // namespace
}  // namespace weir
