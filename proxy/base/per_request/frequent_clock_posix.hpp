// SPDX-License-Identifier: Apache-2.0
//
// Reads the clocks for loops that do so for each request, at half of what both cost. Everything
// else takes clock_posix.hpp.
#pragma once

#include <cstdint>

#include "base/clock_posix.hpp"

namespace weir {

/// Both clocks from the steady one: the wall clock goes on with it, and is read itself once a
/// millisecond. One thread.
class frequent_clock {
 public:
  /// A step of the wall clock is seen that much later.
  static constexpr std::int64_t trusted_ns = 1'000'000;
  /// Where more lies between a reading of the one and of the other (the thread did not run), what
  /// one is ahead of the other is not known.
  static constexpr std::int64_t together_ns = 10'000;

  /// `steady_ns` and `wall_ns` read the clocks. No two wall times are equal, and none is before the
  /// one before, but by a step of the clock: points without a time would overwrite each other.
  template <class Steady, class Wall>
  [[nodiscard]] moment read(const Steady& steady_ns, const Wall& wall_ns) noexcept {
    const std::int64_t now_ns = steady_ns();
    std::int64_t at_ns = now_ns + ahead_ns_;
    if (!known_ || now_ns - read_at_ns_ >= trusted_ns) {
      at_ns = wall_ns();
      const std::int64_t between_ns = steady_ns() - now_ns;
      known_ = between_ns <= together_ns;
      read_at_ns_ = now_ns;
      ahead_ns_ = at_ns - now_ns - between_ns / 2;
    }
    if (at_ns <= last_wall_ns_ && last_wall_ns_ - at_ns < trusted_ns) {
      at_ns = last_wall_ns_ + 1;  // two readings of the difference differ by some nanoseconds
    }
    last_wall_ns_ = at_ns;
    return {.steady = {now_ns}, .wall = {at_ns}};
  }

 private:
  std::int64_t read_at_ns_ = 0;
  std::int64_t ahead_ns_ = 0;
  std::int64_t last_wall_ns_ = 0;
  bool known_ = false;
};

/// For who asks several times for each request. Any thread.
[[nodiscard]] inline moment read_clocks_often() noexcept {
  thread_local frequent_clock clock;
  return clock.read([] { return steady_now().ns; }, wall_clock_ns);
}

}  // namespace weir
