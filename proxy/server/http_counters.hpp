// SPDX-License-Identifier: Apache-2.0
//
// Requests by route, status and duration. Each loop has an account of its own, written whole and
// read whole, so that a scrape adds up and loops do not wait for each other.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

#include "api/routes.hpp"
#include "base/brief_mutex.hpp"
#include "observe/durations.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// The answers to requests of one route label.
struct route_counts {
  /// Statuses that weir answers with; others count under the last.
  static constexpr std::array<int, 18> statuses{200, 202, 204, 400, 401, 403, 404, 405, 408,
                                                409, 411, 413, 415, 422, 431, 500, 503, 0};
  std::array<std::uint64_t, statuses.size()> answers{};
  durations took{};
};

/// The counts of one loop. Written by its thread, read by any.
class http_account {
 public:
  static constexpr std::size_t route_count = api::route_labels_max;

  /// `route_label`: an index of `api::route_labels`. `took_ns`: from the request's head to its
  /// answer.
  void answered(std::size_t route_label, int status, std::int64_t took_ns) noexcept;
  /// Adds its counts to `sums`.
  void add_to(std::array<route_counts, route_count>& sums) const noexcept;

 private:
  mutable brief_mutex mutex_;
  std::array<route_counts, route_count> routes_{};
};

/// Shared by all loops.
struct http_counters {
  /// Write requests that ended before their body was complete.
  counter cut_off;
  /// Answers replaced by a shorter one because there was no memory for them.
  counter answers_lost;
  /// Bodies whose Content-Encoding named no coding, decoded by their first bytes.
  counter encodings_ignored;
  /// Lines of writes with `no_sync`, answered before the disk refused them.
  counter lost_unsynced;
  /// Weir is shutting down: /ready answers 503.
  std::atomic<bool> draining{false};
  /// The last append failed. /health and /ready check whether the next one would.
  std::atomic<bool> log_failed{false};

  /// A new one for a loop; it lives as long as this object. Any thread.
  [[nodiscard]] http_account& open_account();
  void collect(metric_collector& out) const;

 private:
  mutable std::mutex mutex_;
  std::deque<http_account> accounts_;
};

}  // namespace weir
