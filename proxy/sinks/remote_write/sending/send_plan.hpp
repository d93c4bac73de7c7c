// SPDX-License-Identifier: Apache-2.0
//
// Which samples go into the next request, and what follows when the server refuses one: halves, and
// halves of halves, until the offenders stand alone, so that none takes others along. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "sinks/remote_write/sample_batch.hpp"

namespace weir {

struct request_limits {
  std::size_t samples = 2'000;
  /// Of the message before compression.
  std::size_t bytes = 3'000'000;
};

class send_plan {
 public:
  /// Requests that one refused request may cost; what is not sorted out by then is set aside.
  static constexpr std::size_t bisection_requests_max = 64;

  struct range {
    std::size_t begin = 0;
    std::size_t end = 0;
    [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
  };

  /// `of` and `ledger` must outlive it.
  send_plan(sample_batch& of, sent_ledger& ledger, request_limits& limits)
      : batch_(of), ledger_(ledger), limits_(limits) {}

  /// The next request; nothing: all is dealt with. Then one of the following is called.
  [[nodiscard]] std::optional<range> next();
  void accepted();
  /// Refused for good, for one sample or all of it, with the server's message.
  void refused(std::string_view message);
  void too_large();

  /// Requests sent to find offenders, over the whole batch.
  [[nodiscard]] std::uint64_t bisection_requests() const noexcept { return bisected_; }

 private:
  struct part {
    range samples;
    bool of_refused = false;
  };
  [[nodiscard]] std::optional<range> planned();
  [[nodiscard]] bool trim(range& samples);
  void set_aside(const range& samples);
  void split(discard_reason reason);
  void refuse(const sample& one, discard_reason reason);
  void refuse_alone(discard_reason reason, std::string_view message);

  sample_batch& batch_;
  sent_ledger& ledger_;
  request_limits& limits_;
  std::size_t at_ = 0;
  /// Parts of a request that was refused or too large, the next one last.
  std::vector<part> parts_;
  part current_;
  std::size_t requests_of_refused_ = 0;
  std::uint64_t bisected_ = 0;
  /// The server takes nothing of this time or older.
  std::int64_t too_old_ms_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace weir
