// SPDX-License-Identifier: Apache-2.0
//
// What happened to some lines, and a total of it that many loops add to. The law of conservation
// (received = accepted + rejected + dropped) holds of each account, so it holds of their total
// whenever that is read: it is added to and read whole, under a lock taken once a request.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/brief_mutex.hpp"
#include "gate/check.hpp"
#include "observe/metrics.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// What happened to the lines of one request, or of one database since the start.
struct line_account {
  std::uint64_t received = 0;
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, parse_code_count> refused_by_parser{};
  std::array<std::uint64_t, gate_code_count> rejected_by_gate{};
  std::array<std::uint64_t, gate_code_count> dropped_by_gate{};
  std::array<std::uint64_t, gate_code_count> repaired_by_gate{};
  std::array<std::uint64_t, gate_code_count> noted_by_gate{};
  std::uint64_t carriage_returns = 0;
  std::uint64_t byte_order_marks = 0;
  /// Datagrams that ended in NUL.
  std::uint64_t final_nuls = 0;
  /// Good lines of requests that wanted all or nothing and had bad ones.
  std::uint64_t withheld = 0;

  void add(const line_account& other) noexcept;
  [[nodiscard]] std::uint64_t rejected() const noexcept;
  [[nodiscard]] std::uint64_t dropped() const noexcept;
  /// Changes of accepted lines, and remarks on them: a line may have several.
  [[nodiscard]] std::uint64_t mended() const noexcept;
  [[nodiscard]] std::uint64_t noted() const noexcept;
};

/// Thread-safe.
class shared_account {
 public:
  void add(const line_account& account) noexcept {
    const std::lock_guard lock(mutex_);
    total_.add(account);
  }
  [[nodiscard]] line_account read() const noexcept {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  mutable brief_mutex mutex_;
  line_account total_;
};

/// Reports an account as the rows of one database.
void collect_lines(std::string_view database, const line_account& account, metric_collector& out);

}  // namespace weir
