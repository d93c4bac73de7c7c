// SPDX-License-Identifier: Apache-2.0
#include "gate/checks/retention.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"
#include "base/saturating.hpp"

namespace weir {
namespace {

constexpr std::int64_t time_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t time_max = std::numeric_limits<std::int64_t>::max();

/// How far inside the edge a clamped point is put: a hundredth of the retention, at least a minute
/// and at most an hour, but never more than half of it.
std::int64_t clamp_margin(std::int64_t retention) noexcept {
  constexpr std::int64_t minute = 60'000'000'000;
  return std::min(std::clamp(retention / 100, minute, 60 * minute), retention / 2);
}

}  // namespace

void retention_check::begin(const gate_request& request) noexcept {
  WEIR_ASSERT(request.policy != nullptr);
  const database_settings& policy = *request.policy;
  // InfluxDB 1.x keeps a point whose time is at least `now - duration` (points_writer.go).
  const auto& retention = policy.learn_retention ? request.upstream_retention : policy.retention;
  kept_ns_ = retention ? retention->count() : 0;
  oldest_ = retention ? saturating_add(request.now_ns, -retention->count()) : time_min;
  clamped_ = retention ? saturating_add(oldest_, clamp_margin(retention->count())) : time_min;
  newest_ = policy.future ? saturating_add(request.now_ns, policy.future->count()) : time_max;
  expired_ = policy.expired;
}

gate_answer retention_check::check(passage& one) noexcept {
  if (one.time > newest_) {
    return {gate_action::reject, gate_code::beyond_future};
  }
  if (one.time >= oldest_) {
    return {};
  }
  expired_time_ = one.time;
  switch (expired_) {
    case expired_mode::reject:
      return {gate_action::reject, gate_code::beyond_retention};
    case expired_mode::drop:
      return {gate_action::drop, gate_code::beyond_retention};
    case expired_mode::clamp:
      one.time = clamped_;
      return {gate_action::repair, gate_code::retention_clamped};
  }
  return {};
}

}  // namespace weir
