// SPDX-License-Identifier: Apache-2.0
//
// How fast a log grows, as the mean of the last minutes, and how long it can go on so. Pure: the
// clock is passed in. One thread, or under its owner's lock.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace weir {

class append_rate {
 public:
  /// The mean is taken over so many pieces of time of so long each: five minutes.
  static constexpr std::size_t pieces = 30;
  static constexpr std::int64_t piece_ns = 10'000'000'000;

  void add(std::uint64_t bytes, std::int64_t now_ns) noexcept;
  /// 0 when nothing was appended lately. Right after the first append the mean is of one second.
  [[nodiscard]] double bytes_per_second(std::int64_t now_ns) const noexcept;
  /// How long `room` bytes last at that rate; infinite when nothing is appended.
  [[nodiscard]] double seconds_left(std::uint64_t room, std::int64_t now_ns) const noexcept;

 private:
  struct piece {
    std::int64_t number = 0;
    std::uint64_t bytes = 0;
  };
  std::array<piece, pieces> ring_{};
  std::optional<std::int64_t> first_ns_;
};

}  // namespace weir
