// SPDX-License-Identifier: Apache-2.0
//
// What to do after each attempt to deliver a batch: its result in, the next step out. A pure state
// machine, one per lane, that knows no protocol: no network, no clock; time to wait is its output
// and randomness comes from a seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sinks/attempt_result.hpp"

namespace weir {

enum class step_kind : std::uint8_t {
  delivered,         // go on with the next batch
  delivered_partly,  // `dropped` points are not stored; go on with the next batch
  retry,             // the same again after `wait`
  hold,              // the lane rests for `wait`, then tries again; a person should look
  halve,             // the same with half the bytes
  refused,           // set the batch aside and go on, after `wait`
};

struct delivery_step {
  step_kind kind = step_kind::delivered;
  std::chrono::milliseconds wait{0};
  /// What of `wait` is the lane's own pace; the rest is what the server asked for (Retry-After),
  /// which ends when the server takes points of another lane.
  std::chrono::milliseconds own_wait{0};
  /// For delivered_partly: how many points the server dropped, at most those of the batch.
  std::uint64_t dropped = 0;
  /// The attempt's message: cut before use.
  std::string message;
  /// See attempt_result::numbers_matter.
  bool numbers_matter = false;
};

struct delivery_pace {
  std::chrono::milliseconds retry_least{200};
  std::chrono::milliseconds retry_most{30'000};
};

class delivery {
 public:
  /// A server's Retry-After is believed up to so many times `retry_most` (two minutes by default).
  static constexpr int retry_after_factor = 4;

  delivery(const delivery_pace& pace, std::uint64_t seed) noexcept : pace_(pace), random_(seed) {}

  /// After an attempt to deliver a batch of so many points.
  [[nodiscard]] delivery_step next(const attempt_result& result, std::uint64_t points);

 private:
  [[nodiscard]] delivery_step step_for(const attempt_result& result, std::uint64_t points);
  [[nodiscard]] delivery_step rested(delivery_step step, const attempt_result& result) const;
  [[nodiscard]] std::chrono::milliseconds retry_wait();
  [[nodiscard]] std::chrono::milliseconds hold_wait();
  [[nodiscard]] std::uint64_t random_up_to(std::uint64_t most) noexcept;
  void settled() noexcept;

  delivery_pace pace_;
  std::uint64_t random_;
  std::uint32_t retries_ = 0;
  std::uint32_t holds_ = 0;
  /// One line alone was too large, and nothing passed since.
  bool too_large_alone_ = false;
};

}  // namespace weir
