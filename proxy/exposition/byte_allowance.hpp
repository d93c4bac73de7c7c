// SPDX-License-Identifier: Apache-2.0
//
// How much memory something that grows may take: asked for in steps, before it is used. It counts
// nothing itself. Pure; one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>

namespace weir::exposition {

class byte_allowance {
 public:
  /// Whether so many bytes may be held, all in all. What was granted stays so.
  using grant = std::function<bool(std::size_t bytes)>;

  /// Without a bound.
  byte_allowance() = default;
  explicit byte_allowance(grant ask) noexcept : ask_(std::move(ask)) {}
  explicit byte_allowance(std::size_t bytes_max)
      : ask_([bytes_max](std::size_t bytes) { return bytes <= bytes_max; }) {}

  /// Whether `bytes`, all in all, may be held. False once means false from then on.
  [[nodiscard]] bool holds(std::size_t bytes) {
    if (is_spent_ || bytes <= granted_ || ask_ == nullptr) {
      return !is_spent_;
    }
    const std::size_t ahead = bytes + step_bytes;
    if (ask_(ahead)) {
      granted_ = ahead;
    } else if (ask_(bytes)) {
      granted_ = bytes;
    } else {
      is_spent_ = true;
    }
    return !is_spent_;
  }
  /// It was asked for more than there is.
  [[nodiscard]] bool is_spent() const noexcept { return is_spent_; }

 private:
  // Asked for in advance, so that not every sample asks.
  static constexpr std::size_t step_bytes = std::size_t{16} << 10;

  grant ask_;
  std::size_t granted_ = 0;
  bool is_spent_ = false;
};

}  // namespace weir::exposition
