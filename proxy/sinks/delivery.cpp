// SPDX-License-Identifier: Apache-2.0
//
// The delivery state machine. Pure.
#include "sinks/delivery.hpp"

#include <algorithm>
#include <utility>

namespace weir {

using std::chrono::milliseconds;

delivery_step delivery::next(const attempt_result& result, std::uint64_t points) {
  delivery_step step = step_for(result, points);
  step.message = result.message;
  step.numbers_matter = result.numbers_matter;
  return rested(std::move(step), result);
}

/// How long a step waits in all, with what the server asks for.
delivery_step delivery::rested(delivery_step step, const attempt_result& result) const {
  step.own_wait = step.wait;
  if (result.retry_after && (step.kind == step_kind::retry || step.kind == step_kind::hold)) {
    const milliseconds most = std::max(pace_.retry_most, milliseconds{1}) * retry_after_factor;
    step.wait = std::max(step.wait, std::min<milliseconds>(*result.retry_after, most));
  }
  return step;
}

delivery_step delivery::step_for(const attempt_result& result, std::uint64_t points) {
  delivery_step step;
  switch (result.verdict) {
    case attempt_verdict::retry:
      step.kind = step_kind::retry;
      step.wait = result.at_once ? milliseconds{0} : retry_wait();
      return step;
    case attempt_verdict::hold:
      step.kind = step_kind::hold;
      step.wait = hold_wait();
      return step;
    case attempt_verdict::delivered:
      step.kind = step_kind::delivered;
      break;
    case attempt_verdict::delivered_in_part:
      step.kind = step_kind::delivered_partly;
      step.dropped = std::min(result.discarded.total(), points);
      break;
    case attempt_verdict::refused:
      step.kind = step_kind::refused;
      break;
    case attempt_verdict::too_large:
      if (points > 1) {
        step.kind = step_kind::halve;
        break;
      }
      step.kind = step_kind::refused;
      // A server to which everything is too large is not asked as fast as it answers.
      if (std::exchange(too_large_alone_, true)) {
        step.wait = retry_wait();
      }
      return step;
  }
  too_large_alone_ = too_large_alone_ && step.kind == step_kind::halve;
  settled();
  return step;
}

milliseconds delivery::retry_wait() {
  const auto least = std::max<std::int64_t>(1, pace_.retry_least.count());
  const auto most = std::max<std::int64_t>(least, pace_.retry_most.count());
  retries_ = std::min(retries_ + 1, 40U);
  // Doubled in floating point: forty doublings of a day would not fit an integer.
  const double doubled = static_cast<double>(least) * static_cast<double>(1ULL << retries_);
  const auto bound =
      doubled >= static_cast<double>(most) ? most : static_cast<std::int64_t>(doubled);
  // Full jitter above the least: clients that failed together do not come back together.
  const auto spread = random_up_to(static_cast<std::uint64_t>(bound - least));
  return milliseconds(least + static_cast<std::int64_t>(spread));
}

milliseconds delivery::hold_wait() {
  const auto most = std::max<std::int64_t>(1, pace_.retry_most.count());
  const auto first = std::max<std::int64_t>(1, pace_.retry_least.count()) * 4;
  holds_ = std::min(holds_ + 1, 40U);
  const double doubled = static_cast<double>(first) * static_cast<double>(1ULL << (holds_ - 1));
  const auto bound =
      doubled >= static_cast<double>(most) ? most : static_cast<std::int64_t>(doubled);
  // Half of it is certain, so that a held lane never hammers.
  const auto spread = random_up_to(static_cast<std::uint64_t>(bound - bound / 2));
  return milliseconds(bound / 2 + static_cast<std::int64_t>(spread));
}

std::uint64_t delivery::random_up_to(std::uint64_t most) noexcept {
  // splitmix64: eight bytes of state, good enough to spread retries.
  random_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t mixed = random_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  mixed ^= mixed >> 31;
  return most == UINT64_MAX ? mixed : mixed % (most + 1);
}

void delivery::settled() noexcept {
  retries_ = 0;
  holds_ = 0;
}

}  // namespace weir
