// SPDX-License-Identifier: Apache-2.0
//
// What an operator reads of rejected lines: one line a minute for each kind of listener, with how
// many, from whom, the commonest reason and a sample; none while nothing is rejected. The letters
// and /metrics have the rest. No clock and no journal here.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/line_account.hpp"
#include "letters/letter.hpp"

namespace weir {

/// The rejected lines of one request, gathered while it is read. One thread.
class refusal_digest {
 public:
  /// Senders and reasons with a sample that one request can name: the datagrams of some
  /// milliseconds share one.
  static constexpr std::size_t senders_max = 16;
  static constexpr std::size_t samples_max = 8;

  struct sender {
    /// Without its port.
    std::string address;
    std::string user;
    std::string agent;
    std::uint64_t lines = 0;
  };
  struct sample {
    std::string_view code;
    std::string words;
  };

  /// The next line may come from another sender.
  void next_sender() noexcept { begun_ = false; }
  /// A line of `text` was rejected. `who` gives its sender, `words` says why; both are called when
  /// they are needed.
  template <class Who, class Words>
  void rejected(std::string_view code, std::string_view text, Who who, Words words) {
    if (!begun_) {
      begin_sender(who());
      begun_ = true;
    }
    ++senders_[current_].lines;
    if (wants_sample(code)) {
      add_sample(code, text, words());
    }
  }
  void clear() noexcept;

  [[nodiscard]] const std::vector<sender>& senders() const noexcept { return senders_; }
  [[nodiscard]] const std::vector<sample>& samples() const noexcept { return samples_; }

 private:
  [[nodiscard]] bool wants_sample(std::string_view code) const noexcept;
  void add_sample(std::string_view code, std::string_view text, std::string_view words);
  void begin_sender(const letter_header& header);

  bool begun_ = false;
  /// Of senders_: the one whose lines are read.
  std::size_t current_ = 0;
  std::vector<sender> senders_;
  std::vector<sample> samples_;
};

/// Thread-safe.
class refusal_summary {
 public:
  /// Senders that are told apart; the lines of further ones are counted as those of others.
  static constexpr std::size_t senders_max = 64;
  static constexpr std::int64_t pause_ns = 60'000'000'000;

  /// `listener` is what the summary begins with: "http". `unit`: what an account is one of.
  explicit refusal_summary(std::string listener, std::string unit = "request(s)")
      : listener_(std::move(listener)), unit_(std::move(unit)) {}

  /// Adds a request whose account is final.
  void note(const line_account& account, const refusal_digest& digest);
  /// The summary since the one before, when there is something to tell and that one was a minute
  /// ago, by a clock that may be set back: so the first is told at once.
  [[nodiscard]] std::optional<std::string> take(std::int64_t now_ns);

 private:
  [[nodiscard]] std::string senders_told() const;
  [[nodiscard]] std::string reason_told() const;

  const std::string listener_;
  const std::string unit_;
  std::mutex mutex_;
  std::optional<std::int64_t> told_ns_;
  std::uint64_t requests_ = 0;
  std::uint64_t lines_ = 0;
  /// "telegraf at 192.0.2.1, user ann" and the like.
  std::map<std::string, std::uint64_t> by_sender_;
  std::uint64_t by_others_ = 0;
  std::map<std::string_view, std::uint64_t> by_reason_;
  std::map<std::string_view, std::string> samples_;
};

}  // namespace weir
