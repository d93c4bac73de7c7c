// SPDX-License-Identifier: Apache-2.0
//
// How much work one connection may still do in this turn of its loop, so that a large body does not
// hold the loop while others wait. A unit of work is about a third of a microsecond. It reads no
// clock: the code that works counts its units.
#pragma once

#include <cstddef>

namespace weir {

class turn_work {
 public:
  /// Of a connection and turn: well under a millisecond, for others may wait for the turn's end.
  static constexpr std::size_t units_per_turn = 2048;
  /// Bytes that cost one unit; a line costs one more.
  static constexpr std::size_t bytes_per_unit = 128;

  explicit turn_work(std::size_t units = units_per_turn) noexcept : left_(units) {}

  void spend(std::size_t units) noexcept { left_ -= units < left_ ? units : left_; }
  void spend_bytes(std::size_t bytes) noexcept { spend(bytes / bytes_per_unit); }
  [[nodiscard]] bool done() const noexcept { return left_ == 0; }
  [[nodiscard]] std::size_t left() const noexcept { return left_; }

 private:
  std::size_t left_;
};

}  // namespace weir
