// SPDX-License-Identifier: Apache-2.0
//
// What happened in a run: the clock of its steps, its last events, a hash of all of them (two runs
// of a seed have the same), and the first thing that must not have happened.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace weir::simulation {

/// Time in a simulation: it passes only where the world says so.
struct virtual_clock {
  /// Monotonic milliseconds.
  std::int64_t now_ms = 1'000;
  /// What the wall clock is ahead of that; it may be set back.
  std::int64_t wall_ahead_ns = 1'700'000'000'000'000'000;

  [[nodiscard]] std::int64_t wall_ns() const noexcept { return now_ms * 1'000'000 + wall_ahead_ns; }
};

class trace {
 public:
  explicit trace(const virtual_clock& clock) : clock_(clock) {}

  /// Prints every event.
  bool loud = false;

  void next_step() noexcept { ++step_; }
  [[nodiscard]] std::uint64_t step() const noexcept { return step_; }

  /// `what` is a literal; `of` and `how_much` say more.
  void note(const char* what, std::uint64_t of = 0, std::uint64_t how_much = 0) {
    mix(static_cast<std::uint64_t>(clock_.now_ms));
    for (const char* at = what; *at != '\0'; ++at) {
      mix(static_cast<unsigned char>(*at));
    }
    mix(of);
    mix(how_much);
    event& kept = last_[count_++ % last_.size()];
    kept = {step_, clock_.now_ms, what, of, how_much};
    if (loud) {
      std::puts(text_of(kept).c_str());
    }
  }
  /// For a person who follows one run; not an event.
  void say(const std::string& text) const {
    if (loud) {
      std::puts(("    " + text).c_str());
    }
  }
  /// Something that weir promises does not hold. The first one counts.
  void fail(std::string why) {
    if (failure_.empty()) {
      failure_ = std::move(why);
      failed_at_ = step_;
    }
  }
  [[nodiscard]] bool failed() const noexcept { return !failure_.empty(); }
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  [[nodiscard]] std::uint64_t failed_at() const noexcept { return failed_at_; }
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
  [[nodiscard]] std::string last_events() const {
    std::string text;
    const std::size_t begin = count_ > last_.size() ? count_ - last_.size() : 0;
    for (std::size_t i = begin; i < count_; ++i) {
      text += text_of(last_[i % last_.size()]) + "\n";
    }
    return text;
  }

 private:
  struct event {
    std::uint64_t step = 0;
    std::int64_t ms = 0;
    const char* what = "";
    std::uint64_t of = 0;
    std::uint64_t how_much = 0;
  };
  static std::string text_of(const event& one) {
    return "  step " + std::to_string(one.step) + " at " + std::to_string(one.ms) +
           " ms: " + one.what + " " + std::to_string(one.of) + " " + std::to_string(one.how_much);
  }
  void mix(std::uint64_t value) noexcept { hash_ = (hash_ ^ value) * 0x100000001B3ULL; }

  const virtual_clock& clock_;
  std::uint64_t step_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
  std::array<event, 40> last_{};
  std::size_t count_ = 0;
  std::string failure_;
  std::uint64_t failed_at_ = 0;
};

}  // namespace weir::simulation
