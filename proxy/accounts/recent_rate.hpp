// SPDX-License-Identifier: Apache-2.0
//
// How many lines came in each of the last seconds, for a rate that is known without a sampler. It
// reads no clock. Pure; one thread, or under its owner's lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir {

class recent_rate {
 public:
  /// Whole seconds that a rate is the mean of.
  static constexpr std::int64_t seconds = 5;

  void add(std::uint64_t count, std::int64_t now_ns) noexcept {
    const std::int64_t second = now_ns / second_ns;
    slot& of = slots_[static_cast<std::size_t>(second) % slots_.size()];
    if (of.second != second) {
      of = {second, 0};
    }
    of.count += count;
    last_ns_ = now_ns;
  }
  /// Per second, of the seconds before the one that `now_ns` is in.
  [[nodiscard]] double per_second(std::int64_t now_ns) const noexcept {
    const std::int64_t second = now_ns / second_ns;
    std::uint64_t count = 0;
    for (const slot& each : slots_) {
      count += each.second < second && each.second >= second - seconds ? each.count : 0;
    }
    return static_cast<double>(count) / static_cast<double>(seconds);
  }
  /// Of the last call of `add`; 0: there was none.
  [[nodiscard]] std::int64_t last_ns() const noexcept { return last_ns_; }

 private:
  static constexpr std::int64_t second_ns = 1'000'000'000;
  struct slot {
    std::int64_t second = -1;
    std::uint64_t count = 0;
  };
  std::array<slot, 8> slots_{};
  std::int64_t last_ns_ = 0;
};

}  // namespace weir
