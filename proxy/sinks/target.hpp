// SPDX-License-Identifier: Apache-2.0
//
// The other side of a sink: the one thing in which kinds of sinks differ. Lives on its sink's
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sinks/attempt_result.hpp"
#include "sinks/batcher.hpp"

namespace weir {

class target {
 public:
  using done = std::function<void(attempt_result)>;
  virtual ~target() = default;

  /// Starts to deliver. `source` stays alive and unchanged until `on_done`, which is called once,
  /// possibly before this returns, unless `abort` comes first.
  virtual void deliver(const batch& source, done on_done) = 0;
  /// Ends everything under way; no `on_done` is called any more.
  virtual void abort() = 0;
  /// A cursor was kept: what was done before this call is never delivered again, nor is any frame
  /// below `low_water`.
  virtual void saved(log_position low_water) { static_cast<void>(low_water); }
  /// Nothing is delivered any more, after `abort`, because the sink ends in order: what the next
  /// process is to know beside what is kept all the time is kept now.
  virtual void close() {}
  /// All that the lane had to deliver is gone, without an answer to it: what is remembered of its
  /// failures counts no more.
  virtual void forget(const lane_key& lane) { static_cast<void>(lane); }
  /// Called in each turn: it may do what is due by itself. `abreast`: all that was received until
  /// now (milliseconds of the wall clock), but for the last seconds, is dealt with. Returns when to
  /// call again at the latest.
  virtual std::optional<std::int64_t> tick(std::int64_t now_ms, bool abreast) {
    static_cast<void>(now_ms);
    static_cast<void>(abreast);
    return std::nullopt;
  }
  /// It wants to be told of series that ended (`end_series`).
  [[nodiscard]] virtual bool marks_ends() const noexcept { return false; }
  /// The series of these canonical lines ended, at the lines' time, as their sender says: all of
  /// the lane that was received before is dealt with. When it returns, it is remembered. May come
  /// twice.
  virtual void end_series(const lane_key& lane, std::string_view lines) {
    static_cast<void>(lane);
    static_cast<void>(lines);
  }
  /// A held lane's cause is perhaps repaired: it is worth to ask before its turn.
  [[nodiscard]] virtual bool may_pass_now(const lane_key& lane) const {
    static_cast<void>(lane);
    return false;
  }
  /// Lanes keep together: a batch has frames of at most so much time of receipt (nanoseconds), and
  /// no lane begins one whose frames came so much later than those of another lane that can be
  /// delivered, too. For servers that take nothing much older than their newest. 0: they need not.
  [[nodiscard]] virtual std::int64_t span_ns_most() const noexcept { return 0; }
  /// The other side has a limit for one batch, so frames above the sink's limits must be cut.
  [[nodiscard]] virtual bool needs_cuts() const noexcept = 0;
};

/// Takes everything, does nothing: for load tests.
class null_target final : public target {
 public:
  void deliver(const batch&, done on_done) override { on_done(attempt_result::done(0)); }
  void abort() override {}
  [[nodiscard]] bool needs_cuts() const noexcept override { return false; }
};

}  // namespace weir
