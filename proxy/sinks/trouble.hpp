// SPDX-License-Identifier: Apache-2.0
//
// What a sink's journal says of lanes that do not get on: a line when one is held, when its reason
// changes and when it goes on, a line when an outage begins and ends, and in between summaries at a
// growing interval, so that a journal stays readable with hundreds of lanes and after days. It
// decides what is reported and when; the sink writes it to the journal. Pure. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log/frame_log.hpp"
#include "observe/journal.hpp"
#include "sinks/delivery.hpp"

namespace weir {

/// `250 ms`, `2.5 s`, `30 s`, `4 min 2 s`, `3 h 20 min`, `2 d 3 h`.
[[nodiscard]] std::string spoken_duration(std::int64_t ms);

class trouble_book {
 public:
  /// Between two summaries of the same trouble: the first interval, doubled each time up to the
  /// last.
  static constexpr std::int64_t summary_least_ms = 60'000;
  static constexpr std::int64_t summary_most_ms = 3'600'000;
  /// Lines about single lanes: so many at once, and one more each so often. What does not fit is
  /// reported in one line for all, so much later.
  static constexpr std::uint32_t lane_lines_max = 16;
  static constexpr std::int64_t lane_line_every_ms = 60'000;
  static constexpr std::int64_t gather_ms = 1'000;
  /// Changes of reason reported of one lane, as long as it is held, and of one outage.
  static constexpr std::uint32_t reasons_reported_max = 4;
  /// An outage that begins soon after another one is reported once it has lasted so long. "Soon"
  /// doubles from the first to the last as long as that goes on.
  static constexpr std::int64_t lasting_ms = 10'000;
  static constexpr std::int64_t calm_least_ms = 10'000;
  static constexpr std::int64_t calm_most_ms = 600'000;

  /// When something happens: monotonic time, and the points of the whole sink then.
  struct moment {
    std::int64_t now_ms = 0;
    std::uint64_t pending = 0;
    std::uint64_t delivered = 0;
  };
  /// A failed attempt. `step` is `retry` or `hold`; `pending` is the lane's.
  struct failure {
    const delivery_step& step;
    std::uint64_t pending = 0;
    std::int64_t next_attempt_ms = 0;
  };
  struct line {
    journal_level level;
    std::string text;
  };

  explicit trouble_book(std::string sink_name) : sink_(std::move(sink_name)) {}

  void failed(const lane_key& lane, const failure& failed_attempt, const moment& at);
  /// Points of the lane were delivered, or given up for good by the server's decision.
  void went_on(const lane_key& lane, const moment& at);
  /// The lane has nothing to deliver any more, without an answer of the server.
  void gone(const lane_key& lane, const moment& at);

  /// Reports what is due. To be called at `due_ms` at the latest.
  void tick(const moment& at);
  [[nodiscard]] std::optional<std::int64_t> due_ms() const;

  [[nodiscard]] std::vector<line> take_lines() { return std::exchange(lines_, {}); }
  [[nodiscard]] std::size_t held() const noexcept { return held_; }
  /// Lanes that the server did not answer, or was busy for, at their last attempt.
  [[nodiscard]] std::size_t retrying() const noexcept { return retrying_; }

 private:
  struct entry {
    bool held = false;
    bool retrying = false;
    std::string message;        // why it is held
    std::string reason;         // the same without numbers and names, to see that it changed
    std::string retry_message;  // why the last attempt is to be made again
    std::uint32_t reasons_reported = 0;
    std::int64_t since_ms = 0;  // held
    std::int64_t next_attempt_ms = 0;
    std::uint64_t pending = 0;
  };
  struct outage {
    std::int64_t since_ms = 0;
    std::uint64_t attempts = 0;
    std::uint64_t delivered_before = 0;
    bool reported = false;
    std::int64_t next_line_ms = 0;
    std::int64_t interval_ms = summary_least_ms;
    /// When the first of its lanes went on.
    std::optional<std::int64_t> success_ms;
    bool partial_end_reported = false;
    std::set<std::string> reasons;
    std::string lane;
    std::string message;
  };

  void hold(const lane_key& lane, entry& of, const delivery_step& step, const moment& at);
  void retry(const lane_key& lane, entry& of, const delivery_step& step, const moment& at);
  void stop_holding(const lane_key& lane, entry& of, bool goes_on, const moment& at);
  void stop_retrying(entry& of, bool delivered, const moment& at);
  void end_outage(bool delivered, const moment& at);
  void report_outage(const moment& at);
  void tick_outage(const moment& at);
  void report_partial_end(const moment& at);
  void summarize_held(const moment& at);
  [[nodiscard]] std::string held_groups() const;
  [[nodiscard]] bool lane_line_allowed(std::int64_t now_ms);
  [[nodiscard]] std::string next_attempt(const moment& at, bool held) const;
  void report(journal_level level, std::string text);

  const std::string sink_;
  std::map<lane_key, entry> entries_;
  std::size_t held_ = 0;
  std::size_t retrying_ = 0;
  std::optional<outage> outage_;
  std::int64_t calm_until_ms_ = -calm_most_ms;
  std::int64_t calm_ms_ = calm_least_ms;
  std::optional<std::int64_t> summary_ms_;
  std::int64_t summary_interval_ms_ = summary_least_ms;
  std::uint32_t line_allowance_ = lane_lines_max;
  std::int64_t allowance_ms_ = 0;
  std::uint64_t unreported_held_ = 0;
  std::uint64_t unreported_resumed_ = 0;
  std::optional<std::int64_t> gathered_ms_;
  std::vector<line> lines_;
};

}  // namespace weir
