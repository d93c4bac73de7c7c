// SPDX-License-Identifier: Apache-2.0
//
// Moments of the two clocks, as two types that do not mix: a deadline on the wall clock, which
// people and NTP step, does not compile. It reads no clock (that is clock_posix.hpp). Pure.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace weir {

/// A moment of the steady clock, in nanoseconds since a moment in the past that is the same for the
/// whole process. Never set back. For deadlines, waits and durations.
struct steady_time {
  std::int64_t ns = 0;

  /// The deadline of something that may take any time.
  [[nodiscard]] static constexpr steady_time never() noexcept {
    return {std::numeric_limits<std::int64_t>::max()};
  }
  /// `by_ns` nanoseconds (not negative) later; `never()` when that lies beyond what `ns` can hold.
  [[nodiscard]] constexpr steady_time after(std::int64_t by_ns) const noexcept {
    return ns > never().ns - by_ns ? never() : steady_time{ns + by_ns};
  }
  // NOLINTNEXTLINE(modernize-use-nullptr): the generated comparison with 0 is meant
  [[nodiscard]] friend constexpr auto operator<=>(steady_time, steady_time) noexcept = default;
  /// Nanoseconds from `earlier` to `later`.
  [[nodiscard]] friend constexpr std::int64_t operator-(steady_time later,
                                                        steady_time earlier) noexcept {
    return later.ns - earlier.ns;
  }
};

/// A moment of the wall clock, in nanoseconds since the Unix epoch. May be stepped either way. For
/// points without a time, `Date`, stored times and people.
struct wall_time {
  std::int64_t ns = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): the generated comparison with 0 is meant
  [[nodiscard]] friend constexpr auto operator<=>(wall_time, wall_time) noexcept = default;
};

/// Both clocks, read together.
struct moment {
  steady_time steady{};
  wall_time wall{};
};

/// Reads both clocks: `read_clocks`, or what a test makes of time. Called from any thread.
using clock_source = std::function<moment()>;

/// The same moment for the waits of the standard library.
[[nodiscard]] constexpr std::chrono::steady_clock::time_point to_time_point(
    steady_time time) noexcept {
  return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(time.ns));
}

}  // namespace weir
