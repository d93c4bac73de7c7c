// SPDX-License-Identifier: Apache-2.0
//
// A position in a log: the number of a frame. Positions of one log can be compared and counted on;
// they are no numbers, so that none is taken for a count of frames, points or bytes. Those of
// different logs have nothing to do with each other. Pure.
#pragma once

#include <compare>
#include <cstdint>

namespace weir {

class log_position {
 public:
  /// Before every frame: the first one of a log has number 1.
  constexpr log_position() noexcept = default;
  constexpr explicit log_position(std::uint64_t number) noexcept : number_(number) {}

  /// For files, metrics and messages.
  [[nodiscard]] constexpr std::uint64_t number() const noexcept { return number_; }
  /// The position after the frame at this one.
  [[nodiscard]] constexpr log_position next() const noexcept { return log_position(number_ + 1); }
  /// The position `frames` further on.
  [[nodiscard]] constexpr log_position after(std::uint64_t frames) const noexcept {
    return log_position(number_ + frames);
  }

  friend constexpr bool operator==(log_position, log_position) noexcept = default;
  // clang-tidy 14 takes the generated comparison with 0 for a null pointer.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend constexpr auto operator<=>(log_position, log_position) noexcept = default;

 private:
  std::uint64_t number_ = 0;
};

}  // namespace weir
