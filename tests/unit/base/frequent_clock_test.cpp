// SPDX-License-Identifier: Apache-2.0
//
// Clocks that tests move: steps, threads that did not run, and times that must differ.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/per_request/frequent_clock_posix.hpp"

namespace weir {
namespace {

class frequent_clocks : public testing::Test {
 protected:
  moment read() {
    return clock_.read(
        [this] {
          steady_ns_ += cost_ns_;
          return steady_ns_;
        },
        [this] {
          ++wall_readings_;
          steady_ns_ += cost_ns_;
          return steady_ns_ + ahead_ns_;
        });
  }

  frequent_clock clock_;
  std::int64_t steady_ns_ = 5'000'000'000;
  std::int64_t ahead_ns_ = 1'700'000'000'000'000'000;
  std::int64_t cost_ns_ = 50;
  int wall_readings_ = 0;
};

TEST_F(frequent_clocks, read_the_wall_clock_once_a_millisecond) {
  for (int i = 0; i < 1'000; ++i) {
    const moment now = read();
    EXPECT_NEAR(static_cast<double>(now.wall.ns - ahead_ns_ - now.steady.ns), 0, 100);
    steady_ns_ += 10'000;
  }
  EXPECT_GE(wall_readings_, 9);
  EXPECT_LE(wall_readings_, 11);
}

TEST_F(frequent_clocks, see_a_step_within_a_millisecond) {
  for (const std::int64_t step_ns : {3'600'000'000'000, -7'200'000'000'000}) {
    read();
    ahead_ns_ += step_ns;
    steady_ns_ += frequent_clock::trusted_ns;
    const moment now = read();
    EXPECT_NEAR(static_cast<double>(now.wall.ns - ahead_ns_ - now.steady.ns), 0, 100);
  }
}

TEST_F(frequent_clocks, never_say_the_same_twice) {
  std::int64_t before_ns = read().wall.ns;
  for (int i = 0; i < 5'000; ++i) {
    cost_ns_ = i % 3 == 0 ? 0 : i % 7 * 60;    // readings of the difference differ
    ahead_ns_ += i % 100 == 0 ? -400 : i % 2;  // and the wall clock is slewed
    steady_ns_ += i % 5 == 0 ? 700'000 : 0;
    const std::int64_t now_ns = read().wall.ns;
    EXPECT_GT(now_ns, before_ns);
    before_ns = now_ns;
  }
}

TEST_F(frequent_clocks, trust_no_difference_that_a_pause_is_in) {
  cost_ns_ = 4'000'000;  // the thread did not run between two readings
  read();
  cost_ns_ = 50;
  for (int i = 0; i < 10; ++i) {
    steady_ns_ += 10'000'000;
    const moment now = read();
    EXPECT_NEAR(static_cast<double>(now.wall.ns - ahead_ns_ - now.steady.ns), 0, 100);
  }
  cost_ns_ = 20'000;  // a machine whose clocks are slow: both are read each time
  wall_readings_ = 0;
  steady_ns_ += 10'000'000;
  for (int i = 0; i < 10; ++i) {
    read();
  }
  EXPECT_EQ(wall_readings_, 10);
}

TEST(read_clocks_often, is_what_the_clocks_say) {
  std::int64_t before_ns = 0;
  for (int i = 0; i < 10'000; ++i) {
    const moment before = read_clocks();
    const moment now = read_clocks_often();
    const moment after = read_clocks();
    EXPECT_LE(before.steady, now.steady);
    EXPECT_LE(now.steady, after.steady);
    EXPECT_GT(now.wall.ns, before_ns);
    before_ns = now.wall.ns;
    // A thread that does not run between two readings sees the wall clock that much later.
    const std::int64_t slack_ns = after.steady - before.steady + 5'000'000;
    EXPECT_LE(std::abs(now.wall.ns - before.wall.ns), slack_ns);
  }
}

}  // namespace
}  // namespace weir
