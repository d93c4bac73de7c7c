// SPDX-License-Identifier: Apache-2.0
//
// What a request keeps for those who watch lines as they pass, while somebody does: its refused
// lines, and whose its accepted ones are. Bounded; nothing is kept while nobody watches. Pure; one
// thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "facts/refusals/finding.hpp"

namespace weir {

/// As much of a line as is shown.
inline constexpr std::size_t tapped_line_bytes_max = 4096;

struct tapped_refusal {
  bool dropped = false;
  std::string_view code{};
  std::uint64_t column = 0;
  std::string message{};
  std::string text{};
  bool cut = false;
  /// Index of `tap_notes::senders`.
  std::size_t sender = 0;
};

class tap_notes {
 public:
  static constexpr std::size_t refusals_max = 256;
  static constexpr std::size_t senders_max = 256;

  /// Lines up to this one of the accepted are the sender's.
  struct sender_run {
    finding_sender from;
    std::uint64_t accepted_end = 0;
  };

  void begin(bool watched) noexcept { watched_ = watched; }
  [[nodiscard]] bool watched() const noexcept { return watched_; }

  /// A line was refused. Whether there is room for it; it is counted in any case.
  [[nodiscard]] bool count_refusal() noexcept {
    ++refused_;
    return refusals_.size() < refusals_max;
  }
  void add(tapped_refusal line) {
    line.sender = senders_.size();
    bytes_ += sizeof line + line.text.size() + line.message.size();
    refusals_.push_back(std::move(line));
  }
  /// The lines since the last of these calls, up to this number of accepted ones, are the sender's.
  void end_sender(finding_sender from, std::uint64_t accepted) {
    if (senders_.empty() || (senders_.back().from != from && senders_.size() < senders_max)) {
      senders_.push_back({std::move(from), accepted});
      return;
    }
    senders_.back().accepted_end = accepted;
    for (auto line = refusals_.rbegin();
         line != refusals_.rend() && line->sender == senders_.size(); ++line) {
      --line->sender;
    }
  }
  /// Nothing of the request is kept.
  void forget_kept() noexcept {
    for (sender_run& each : senders_) {
      each.accepted_end = 0;
    }
  }
  void clear() noexcept {
    watched_ = false;
    refused_ = 0;
    bytes_ = 0;
    std::vector<tapped_refusal>{}.swap(refusals_);
    senders_.clear();
  }

  /// Of all lines that were refused; `refusals` are the first of them.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  [[nodiscard]] const std::vector<tapped_refusal>& refusals() const noexcept { return refusals_; }
  [[nodiscard]] const std::vector<sender_run>& senders() const noexcept { return senders_; }
  /// Of the last of them, where a refused line's sender did not get a run of its own.
  [[nodiscard]] const finding_sender* sender_of(const tapped_refusal& line) const noexcept {
    return senders_.empty() ? nullptr : &senders_[std::min(line.sender, senders_.size() - 1)].from;
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  bool watched_ = false;
  std::uint64_t refused_ = 0;
  std::size_t bytes_ = 0;
  std::vector<tapped_refusal> refusals_;
  std::vector<sender_run> senders_;
};

}  // namespace weir
