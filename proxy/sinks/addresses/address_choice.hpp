// SPDX-License-Identifier: Apache-2.0
//
// Which of a sink's addresses gets the next request: the first one that is not down. One that is
// down is asked whether it answers again, at a growing pace, with a request that carries no points.
// Pure: the time is given. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weir {

class address_choice {
 public:
  /// Requests in a row without an answer (or 502, 503, 504: a proxy's, or a server that starts)
  /// after which an address is passed over.
  static constexpr std::uint32_t failures_max = 3;
  /// Between two questions whether it answers again: the first time, doubled each time up to the
  /// last.
  static constexpr std::int64_t probe_least_ms = 1'000;
  static constexpr std::int64_t probe_most_ms = 30'000;

  /// Requires: addresses > 0.
  explicit address_choice(std::size_t addresses) : addresses_(addresses) {}

  /// The one to use. If all are down, one after the other, so that each is tried.
  [[nodiscard]] std::size_t current() const noexcept { return current_; }
  /// One before the current one, that is due to be asked; it is being asked from now on.
  [[nodiscard]] std::optional<std::size_t> take_probe(std::int64_t now_ms);
  [[nodiscard]] bool down(std::size_t which) const noexcept { return addresses_[which].down; }

  /// What came of a request, or a probe. Whether the current one is another one now.
  bool answered(std::size_t which);
  bool failed(std::size_t which, std::int64_t now_ms);

 private:
  struct address {
    bool down = false;
    bool asked = false;  // a probe is under way
    std::uint32_t failures = 0;
    std::int64_t probe_wait_ms = probe_least_ms;
    std::int64_t next_probe_ms = 0;
  };
  bool choose(std::size_t failed);

  std::vector<address> addresses_;
  std::size_t current_ = 0;
};

}  // namespace weir
