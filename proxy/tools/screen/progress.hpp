// SPDX-License-Identifier: Apache-2.0
//
// How far a long work has come, as one line of a terminal: share, amount, rate, time left. Pure:
// the time is passed in, and who shows it is screen/progress_line_posix.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace weir {

class progress {
 public:
  /// Lines follow one another no faster.
  static constexpr std::chrono::milliseconds pause{200};

  /// `what` is done: "replaying". `unit`: "points"; "bytes" are shown as sizes. Without a `total`
  /// there is no share and no time left.
  progress(std::string what, std::string unit, std::optional<std::uint64_t> total);

  /// Whether `line` would give one.
  [[nodiscard]] bool is_due(std::chrono::milliseconds now) const noexcept {
    return samples_.empty() || now - samples_.back().at >= pause;
  }
  /// `done` of `total` at `now`, of any steady clock. Nothing: it is too early for another line.
  [[nodiscard]] std::optional<std::string> line(std::uint64_t done, std::chrono::milliseconds now,
                                                std::size_t columns);

 private:
  struct sample {
    std::chrono::milliseconds at;
    std::uint64_t done;
  };
  /// A second, over the last seconds; nothing as long as it cannot be told.
  [[nodiscard]] std::optional<double> rate() const;
  [[nodiscard]] std::string amount(std::uint64_t value) const;

  const std::string what_;
  const std::string unit_;
  const std::optional<std::uint64_t> total_;
  std::deque<sample> samples_;
};

}  // namespace weir
