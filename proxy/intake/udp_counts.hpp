// SPDX-License-Identifier: Apache-2.0
//
// What became of the datagrams of one UDP listener. A datagram counts as read when it is decided
// what became of it (some milliseconds after it was read), so that at every moment read = taken +
// dropped. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/brief_mutex.hpp"
#include "observe/metrics.hpp"

namespace weir {

enum class udp_fate : std::uint8_t {
  taken,       // its lines are in the log, or were refused one by one
  truncated,   // longer than udp.datagram_limit
  memory,      // limits.memory
  log_full,    // and log.when_full = "reject"
  log_failed,  // the disk refused
  databases,   // limits.databases
};
inline constexpr std::size_t udp_fate_count = static_cast<std::size_t>(udp_fate::databases) + 1;

[[nodiscard]] std::string_view name_of(udp_fate fate) noexcept;

class udp_counts {
 public:
  void settle(udp_fate fate, std::uint64_t datagrams) noexcept {
    const std::lock_guard lock(mutex_);
    of_[static_cast<std::size_t>(fate)] += datagrams;
  }
  void collect(std::string_view listen, metric_collector& out) const;

 private:
  mutable brief_mutex mutex_;
  std::array<std::uint64_t, udp_fate_count> of_{};
};

}  // namespace weir
