// SPDX-License-Identifier: Apache-2.0
//
// Points that the sinks delivered since this process began, and how fast each delivers: their own
// counts go on over restarts, and begin anew where a reload makes another sink of the name. Pure;
// one thread, or under its owner's lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/times.hpp"
#include "sinks/state/standing.hpp"

namespace weir {

class delivered_counts {
 public:
  /// What a sink had delivered when it was seen first counts for nothing.
  void note(const std::vector<sink_standing>& sinks);
  /// The same once a second, or seldom while nothing changes, for the rates.
  void sample(const std::vector<sink_standing>& sinks, steady_time now);

  /// By all sinks together.
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  /// Mean of the last seconds; nullopt: it is not known yet.
  [[nodiscard]] std::optional<double> per_second(std::string_view sink) const;

 private:
  static constexpr std::size_t samples = 6;
  /// Of five seconds between samples, which come a little late.
  static constexpr std::int64_t window_ns = 5'500'000'000;
  struct sample_of_sink {
    std::int64_t ns = 0;
    std::uint64_t delivered = 0;
  };
  struct entry {
    std::uint64_t seen = 0;
    std::array<sample_of_sink, samples> ring{};
    std::size_t count = 0;
    bool still_there = true;
  };
  std::map<std::string, entry, std::less<>> sinks_;
  std::uint64_t total_ = 0;
};

}  // namespace weir
