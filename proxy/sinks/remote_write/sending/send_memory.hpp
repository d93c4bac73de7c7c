// SPDX-License-Identifier: Apache-2.0
//
// What a stream of requests keeps from batch to batch about what its server takes. Plain data, and
// two small books. Pure. Lives on its sink's thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "sinks/remote_write/sending/sent_ledger.hpp"

namespace weir {

struct request_limits {
  std::size_t samples = 2'000;
  /// Of the message before compression.
  std::size_t bytes = 3'000'000;
};

/// Requests that may be spent to find what a server refuses: so many at once, and so many more in a
/// minute.
class search_budget {
 public:
  static constexpr std::int64_t requests_a_minute = 1'000;

  [[nodiscard]] bool take(std::int64_t now_ms) noexcept {
    const std::int64_t passed = std::clamp<std::int64_t>(now_ms - refilled_ms_, 0, 60'000);
    const std::int64_t more = passed * requests_a_minute / 60'000;
    if (more > 0 || now_ms < refilled_ms_) {
      left_ = std::min(requests_a_minute, left_ + more);
      refilled_ms_ = now_ms;
    }
    if (left_ == 0) {
      return false;
    }
    --left_;
    return true;
  }

 private:
  std::int64_t left_ = requests_a_minute;
  std::int64_t refilled_ms_ = 0;
};

/// Series of which something was refused last: they go into requests of their own, so that the
/// others get through at once.
class suspect_series {
 public:
  static constexpr std::size_t series_max = 10'000;

  void add(const series_key& one) {
    if (series_.size() < series_max) {
      series_.insert(one);
    }
  }
  void clear_of(const series_key& one) {
    if (!series_.empty()) {
      series_.erase(one);
    }
  }
  [[nodiscard]] bool empty() const noexcept { return series_.empty(); }
  [[nodiscard]] bool contains(const series_key& one) const { return series_.contains(one); }

 private:
  std::unordered_set<series_key, series_hasher> series_;
};

struct send_memory {
  request_limits limits;
  /// Lost requests (the ledger's numbers) that the server did not have when it was asked first.
  std::unordered_set<std::uint32_t> missing_once;
  search_budget budget;
  suspect_series suspects;
  /// A request may hold several samples of a series: the server keeps all of a request or nothing.
  bool several = true;
  /// The server takes older samples of a series beside newer ones.
  bool older = false;
};

}  // namespace weir
