// SPDX-License-Identifier: Apache-2.0
#include "log/local/append_rate.hpp"

#include <algorithm>
#include <limits>

namespace weir {

void append_rate::add(std::uint64_t bytes, std::int64_t now_ns) noexcept {
  now_ns = std::max<std::int64_t>(0, now_ns);
  // A clock that was put back begins anew.
  if (!first_ns_ || now_ns < *first_ns_) {
    first_ns_ = now_ns;
    ring_ = {};
  }
  const std::int64_t number = now_ns / piece_ns;
  piece& now = ring_[static_cast<std::size_t>(number) % pieces];
  if (now.number != number) {
    now = {number, 0};
  }
  now.bytes += bytes;
}

double append_rate::bytes_per_second(std::int64_t now_ns) const noexcept {
  if (!first_ns_) {
    return 0;
  }
  const std::int64_t last = std::max(now_ns, *first_ns_) / piece_ns;
  const auto oldest = last - static_cast<std::int64_t>(pieces) + 1;
  std::uint64_t bytes = 0;
  for (const piece& one : ring_) {
    bytes += one.number >= oldest && one.number <= last ? one.bytes : 0;
  }
  const std::int64_t since = std::max(*first_ns_, oldest * piece_ns);
  return static_cast<double>(bytes) /
         std::max(1.0, static_cast<double>(now_ns - since) / 1'000'000'000);
}

double append_rate::seconds_left(std::uint64_t room, std::int64_t now_ns) const noexcept {
  const double rate = bytes_per_second(now_ns);
  return rate > 0 ? static_cast<double>(room) / rate : std::numeric_limits<double>::infinity();
}

}  // namespace weir
