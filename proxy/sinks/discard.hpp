// SPDX-License-Identifier: Apache-2.0
//
// Why a sink gave up a point: one closed list for cursors, metrics and deliverers. Plain data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>

namespace weir {

/// Why a point that a sink accepted was not delivered. Cursor files list them in this order, so new
/// ones come last.
enum class discard_reason : std::uint8_t {
  refused,       // the server refused its batch for good; it is in the refused file
  partial,       // the server dropped it out of a batch that it stored otherwise
  too_large,     // 413 for a single line
  damaged,       // its frame could not be inflated
  lost,          // it was gone from the log before it was delivered
  out_of_order,  // older than what the server has of its series
  duplicate,     // the server has another value of its series at that time
  too_old,       // older than the server takes at all
  future,        // so far in the future that it would do harm
  string,        // it holds nothing but strings, which are no samples
  park_full,     // it was parked, or was to be, and the parking place was full
  dropped,       // it was parked, and a person dropped it; or its database was dropped
  filtered,      // the sink does not take its measurement: no loss, it was never meant for it
};
inline constexpr std::size_t discard_reason_count =
    static_cast<std::size_t>(discard_reason::filtered) + 1;
[[nodiscard]] std::string_view name_of(discard_reason reason) noexcept;

/// Points given up, by reason.
struct discard_counts {
  std::array<std::uint64_t, discard_reason_count> of{};

  std::uint64_t& operator[](discard_reason reason) { return of[static_cast<std::size_t>(reason)]; }
  std::uint64_t operator[](discard_reason reason) const {
    return of[static_cast<std::size_t>(reason)];
  }
  [[nodiscard]] std::uint64_t total() const noexcept {
    return std::accumulate(of.begin(), of.end(), std::uint64_t{0});
  }
};

}  // namespace weir
