// SPDX-License-Identifier: Apache-2.0
//
// How fast a log grows, and how long it lasts.
#include "log/local/append_rate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "log_testing.hpp"

namespace weir {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t start = 1'800'000'000 * second;

TEST(append_rate, is_the_mean_of_the_last_minutes) {
  append_rate rate;
  EXPECT_EQ(rate.bytes_per_second(start), 0);
  EXPECT_TRUE(std::isinf(rate.seconds_left(1, start)));
  rate.add(1000, start);
  EXPECT_EQ(rate.bytes_per_second(start), 1000);
  for (int i = 1; i <= 1000; ++i) {
    rate.add(1000, start + i * second);
  }
  EXPECT_NEAR(rate.bytes_per_second(start + 1000 * second), 1000, 40);
  EXPECT_NEAR(rate.seconds_left(60'000, start + 1000 * second), 60, 3);
  EXPECT_EQ(rate.seconds_left(0, start + 1000 * second), 0);
  // A burst is spread over the minutes, and nothing is left of it after them.
  rate.add(3'000'000, start + 1001 * second);
  EXPECT_NEAR(rate.bytes_per_second(start + 1001 * second), 11'000, 700);
  EXPECT_TRUE(std::isinf(rate.seconds_left(1, start + 1400 * second)));
}

TEST(append_rate, survives_a_clock_that_jumps) {
  append_rate rate;
  rate.add(5000, start);
  rate.add(1000, start - 3600 * second);
  EXPECT_EQ(rate.bytes_per_second(start - 3600 * second), 1000);
  EXPECT_GE(rate.bytes_per_second(start - 7200 * second), 0);
  rate.add(1000, start + 100'000 * second);
  EXPECT_NEAR(rate.bytes_per_second(start + 100'000 * second), 1000 / 290.0, 1);
  rate.add(1000, -5);
  EXPECT_GT(rate.bytes_per_second(0), 0);
}

class outage_seconds : public testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<frame_log> open() {
    if (!GetParam()) {
      return make_memory_log({budget_, full_policy::reject, [this] { return now_ns_; }});
    }
    log_shape settings;
    settings.directory = directory_.path();
    settings.segment_bytes = 64 * 1024;
    settings.keep_bytes = 1'000'000;
    auto opened = open_local_log(options_of(settings, budget_, [this] { return now_ns_; }));
    EXPECT_TRUE(opened.ok());
    return std::move(opened).value();
  }
  double left(const frame_log& log) const { return metric(log, "weir_log_outage_seconds_left"); }

  test_directory directory_;
  memory_budget budget_{1'000'000};
  std::int64_t now_ns_ = start;
};

TEST_P(outage_seconds, go_down_during_an_outage_and_come_back_with_delivery) {
  const auto log = open();
  const std::size_t sink = log->subscribe({"sink", true, {}}, log_position(1));
  EXPECT_TRUE(std::isinf(left(*log)));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(payload_of(log->end().number(), 5000))),
              append_status::taken);
    now_ns_ += second;
  }
  // Half of it is used up, and it took 100 seconds.
  EXPECT_NEAR(left(*log), 100, 15);
  log->release(sink, log->end());
  EXPECT_NEAR(left(*log), 200, 20);
  for (int i = 0; i < 1000; ++i) {
    if (append_one(*log, make_frame(payload_of(log->end().number(), 5000))) !=
        append_status::taken) {
      EXPECT_LT(left(*log), 5);
      now_ns_ += 600 * second;
      EXPECT_TRUE(std::isinf(left(*log)));
      return;
    }
    now_ns_ += second;
  }
  FAIL() << "the log never filled up";
}

INSTANTIATE_TEST_SUITE_P(of_logs, outage_seconds, testing::Values(true, false));

TEST(outage_seconds_left, counts_what_a_required_sink_needs_alone) {
  test_directory directory;
  memory_budget budget(0);
  std::int64_t now_ns = start;
  log_shape settings;
  settings.directory = directory.path();
  settings.segment_bytes = 64 * 1024;
  settings.keep_bytes = 1'000'000;
  const auto log = open_local_log(options_of(settings, budget, [&] { return now_ns; })).value();
  const std::size_t required = log->subscribe({"required", true, {}}, log_position(1));
  static_cast<void>(log->subscribe({"spare", false, {}}, log_position(1)));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(payload_of(log->end().number(), 5000))),
              append_status::taken);
    now_ns += second;
  }
  log->release(required, log->end());
  EXPECT_NEAR(metric(*log, "weir_log_outage_seconds_left"), 200, 20);
}

TEST(outage_seconds_left, does_not_follow_steps_of_the_wall_clock) {
  test_directory directory;
  memory_budget budget(0);
  std::int64_t wall_ns = start;
  std::int64_t steady_ns = second;
  log_shape settings;
  settings.directory = directory.path();
  local_log_options options = options_of(settings, budget, [&] { return wall_ns; });
  options.steady_ns = [&] { return steady_ns; };
  const auto log = open_local_log(std::move(options)).value();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(append_one(*log, make_frame(payload_of(log->end().number(), 5000))),
              append_status::taken);
    steady_ns += second;
    wall_ns += i % 2 == 0 ? 3600 * second : -3600 * second;
    EXPECT_NEAR(metric(*log, "weir_log_append_bytes_per_second"), 5080, i < 3 ? 6000 : 1000) << i;
  }
}

}  // namespace
}  // namespace weir
