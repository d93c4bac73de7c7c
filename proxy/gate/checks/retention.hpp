// SPDX-License-Identifier: Apache-2.0
//
// A point that the database would drop at once, or that lies too far in the future,
// is refused here, while its sender still waits for an answer.
#pragma once

#include <cstdint>

#include "gate/passage.hpp"

namespace weir {

class retention_check {
 public:
  void begin(const gate_request& request) noexcept;

  /// May move the time (expired = "clamp"): to the oldest time that is kept and a margin inside it,
  /// because the point still has to reach a database that keeps no longer than weir was told.
  [[nodiscard]] gate_answer check(passage& one) noexcept;
  [[nodiscard]] bool passes(const point_view& /*point*/, std::int64_t& time) const noexcept {
    return time >= oldest_ && time <= newest_;
  }

  /// The time of the point that was last refused as beyond retention, in nanoseconds.
  [[nodiscard]] std::int64_t expired_time() const noexcept { return expired_time_; }

  /// How long points are kept, in nanoseconds; 0: for ever.
  [[nodiscard]] std::int64_t kept_ns() const noexcept { return kept_ns_; }

 private:
  std::int64_t kept_ns_ = 0;
  std::int64_t oldest_ = 0;
  std::int64_t newest_ = 0;
  std::int64_t clamped_ = 0;
  std::int64_t expired_time_ = 0;
  expired_mode expired_ = expired_mode::reject;
};

}  // namespace weir
