// SPDX-License-Identifier: Apache-2.0
//
// The summary of rejected lines for the operator: one line a minute for each kind of listener, with
// their number, their senders, the commonest reason and a sample; none while no line is rejected.
// The letters and /metrics have the rest. Pure; ingest_journal.hpp journals it.
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
  /// Senders, and reasons with a sample, that one request can have: the datagrams of some
  /// milliseconds share a request.
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
    std::string text;
  };

  /// The next line may come from another sender.
  void next_sender() noexcept { begun_ = false; }
  /// The line `text` was rejected. `sender_of` returns its sender's letter_header and `reason_of`
  /// the reason as text; each is called only when it is needed.
  template <class Sender, class Reason>
  void rejected(std::string_view code, std::string_view text, Sender sender_of, Reason reason_of) {
    if (!begun_) {
      begin_sender(sender_of());
      begun_ = true;
    }
    ++senders_[current_].lines;
    if (wants_sample(code)) {
      add_sample(code, text, reason_of());
    }
  }
  void clear() noexcept;

  [[nodiscard]] const std::vector<sender>& senders() const noexcept { return senders_; }
  [[nodiscard]] const std::vector<sample>& samples() const noexcept { return samples_; }

 private:
  [[nodiscard]] bool wants_sample(std::string_view code) const noexcept;
  void add_sample(std::string_view code, std::string_view text, std::string_view reason);
  void begin_sender(const letter_header& header);

  bool begun_ = false;
  /// Index in `senders_` of the one whose lines are read.
  std::size_t current_ = 0;
  std::vector<sender> senders_;
  std::vector<sample> samples_;
};

/// Thread-safe.
class refusal_summary {
 public:
  /// Senders that are counted apart; the lines of further ones are counted together, as "others".
  static constexpr std::size_t senders_max = 64;
  static constexpr std::int64_t pause_ns = 60'000'000'000;

  /// `listener` begins the summary: "http". `unit` names what `note` counts one of.
  explicit refusal_summary(std::string listener, std::string unit = "request(s)")
      : listener_(std::move(listener)), unit_(std::move(unit)) {}

  /// Adds a request whose account is final.
  void note(const line_account& account, const refusal_digest& digest);
  /// The summary of what was noted since the last one; nullopt while nothing was, or less than
  /// `pause_ns` after the last one by a wall clock, which may be set back. The first has no pause.
  [[nodiscard]] std::optional<std::string> take(std::int64_t now_ns);

 private:
  [[nodiscard]] std::string senders_text() const;
  [[nodiscard]] std::string reason_text() const;

  const std::string listener_;
  const std::string unit_;
  std::mutex mutex_;
  std::optional<std::int64_t> last_ns_;
  std::uint64_t requests_ = 0;
  std::uint64_t lines_ = 0;
  /// "telegraf at 192.0.2.1, user ann" and the like.
  std::map<std::string, std::uint64_t> by_sender_;
  std::uint64_t by_others_ = 0;
  std::map<std::string_view, std::uint64_t> by_reason_;
  std::map<std::string_view, std::string> samples_;
};

}  // namespace weir
