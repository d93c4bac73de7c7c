// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/cursor.hpp"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::array<std::string_view, discard_reason_count> reason_names{
    "refused", "partial", "too_large", "damaged",   "lost",    "out_of_order", "duplicate",
    "too_old", "future",  "string",    "park_full", "dropped", "filtered"};

}  // namespace

std::string_view name_of(discard_reason reason) noexcept {
  return reason_names[static_cast<std::size_t>(reason)];
}

std::uint64_t cursor_state::discarded_total() const noexcept {
  std::uint64_t sum = 0;
  for (const std::uint64_t one : discarded) {
    sum += one;
  }
  return sum;
}

std::uint64_t cursor_state::pending() const noexcept {
  return accepted - std::min(accepted, delivered + discarded_total());
}

bool are_different_logs(std::uint64_t one, std::uint64_t other) noexcept {
  return one != 0 && other != 0 && one != other;
}

started_cursor start_on_log(cursor_state kept, std::uint32_t identity, log_position first) {
  started_cursor start;
  start.of_another_log = are_different_logs(kept.log_identity, identity);
  if (start.of_another_log) {
    start.owed = kept.pending();
    kept.discarded[static_cast<std::size_t>(discard_reason::lost)] += start.owed;
    kept.lanes.clear();
    kept.low_water = kept.discovered = first;
  }
  if (identity != 0) {
    kept.log_identity = identity;
  }
  start.state = std::move(kept);
  return start;
}

}  // namespace weir
