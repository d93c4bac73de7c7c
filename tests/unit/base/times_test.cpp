// SPDX-License-Identifier: Apache-2.0
//
// Two clocks, two types: what may be done with each, and that no one takes the other's place.
#include "base/times.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "base/clock_posix.hpp"

namespace weir {
namespace {

static_assert(!std::is_convertible_v<wall_time, steady_time>);
static_assert(!std::is_convertible_v<steady_time, wall_time>);
static_assert(!std::is_convertible_v<std::int64_t, steady_time>, "a number says no clock");

TEST(Times, ADeadlineBeyondAllTimeIsNever) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(steady_time{5}.after(7), steady_time{12});
  EXPECT_EQ(steady_time{5}.after(most), steady_time::never());
  EXPECT_EQ(steady_time{5}.after(most - 5), steady_time::never());
  EXPECT_EQ(steady_time{-5}.after(most), steady_time{most - 5});
  EXPECT_EQ(steady_time::never().after(1), steady_time::never());
}

TEST(Times, DurationsAreDifferencesOfTheSteadyClock) {
  EXPECT_EQ(steady_time{12} - steady_time{5}, 7);
  EXPECT_LT(steady_time{5}, steady_time{12});
}

TEST(Times, ASteadyMomentIsTheStandardLibrarysToo) {
  const auto before = std::chrono::steady_clock::now();
  const steady_time now = read_clocks().steady;
  EXPECT_LE(before, to_time_point(now));
  EXPECT_LE(to_time_point(now), std::chrono::steady_clock::now());
}

TEST(Times, TheClocksAreReadTogether) {
  const auto before = std::chrono::system_clock::now().time_since_epoch();
  const moment now = read_clocks();
  EXPECT_GE(now.wall.ns, std::chrono::nanoseconds(before).count());
  EXPECT_LE(now.steady, steady_now());
}

}  // namespace
}  // namespace weir
