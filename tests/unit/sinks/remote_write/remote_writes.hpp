// SPDX-License-Identifier: Apache-2.0
//
// The deliverer with a Prometheus in memory behind it: what its tests share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "sinks/remote_write/remote_write_target.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/mapping/mapped_lines.hpp"
#include "unit/sinks/remote_write/fake_prometheus.hpp"

namespace weir {

inline constexpr std::int64_t now_ms = 1'700'000'000'000;
inline constexpr std::int64_t base_ms = now_ms - 600'000;

/// A file that outlives deliverers.
class memory_store final : public sent_store {
 public:
  /// `full` (may change): nothing is written, and `append` leaves half of the bytes behind.
  memory_store(std::string& file, const bool& full) : file_(file), full_(full) {}
  bool append(std::string_view bytes) override {
    file_ += full_ ? bytes.substr(0, bytes.size() / 2) : bytes;
    return !full_;
  }
  bool replace(std::string_view bytes) override {
    if (!full_) {
      file_ = bytes;
    }
    return !full_;
  }

 private:
  std::string& file_;
  const bool& full_;
};

inline std::string line_of(const std::string& series, std::int64_t ms,
                           const std::string& value = "1") {
  return "m,s=" + series + " v=" + value + " " + std::to_string((base_ms + ms) * 1'000'000) + "\n";
}

/// Of two series, a and b, at times from `first` to before `end`.
inline std::string lines_of_two(int first, int end) {
  std::string lines;
  for (int t = first; t < end; ++t) {
    lines += line_of("a", t) + line_of("b", t);
  }
  return lines;
}

inline std::string stored_name(const std::string& series) {
  return "m_v{s=\"" + series + "\"}";
}

class remote_writes : public ::testing::Test {
 protected:
  remote_writes() { restart(); }

  void restart(log_position low_water = {}) { restart(server_, low_water); }
  /// The same with another way to the server.
  void restart(transfer& way, log_position low_water = {}) {
    const std::string before = file_;
    counters_ = std::make_shared<sample_counters>();
    shard_parts parts{way,
                      std::make_unique<encoder_v1>(),
                      nullptr,
                      std::make_unique<memory_store>(file_, disk_is_full_),
                      [this] { return clock_ms_ * 1'000'000; },
                      std::size_t{1} << 20,
                      counters_,
                      std::make_shared<series_mapper>(without_database(), book_of_names())};
    parts.limits = limits_;
    if (settings_.version == 2) {
      parts.encoder_v2 = std::make_unique<encoder_v2>();
    }
    if (settings_.stale_after) {
      parts.stale =
          std::make_unique<stale_book>(settings_.stale_after->count(), stale_bytes_, clock_ms_);
      parts.series_file = std::make_unique<memory_store>(series_file_, disk_is_full_);
      parts.series_before = series_file_;
    }
    target_ = std::make_unique<remote_write_target>("test", settings_, std::move(parts), before,
                                                    low_water);
  }

  /// A batch of these lines, which becomes the log's next frame.
  batch& make(const std::string& lines) {
    batch& made = batches_.emplace_back();
    auto held = make_frame("d", lines, count(lines));
    held->header.position = log_position(++sequence_);
    held->header.received_ns = clock_ms_ * 1'000'000;
    made.lane = {"d", ""};
    made.points = held->header.points;
    made.frames.push_back(held);
    return made;
  }
  static std::uint32_t count(const std::string& lines) {
    return static_cast<std::uint32_t>(std::count(lines.begin(), lines.end(), '\n'));
  }
  attempt_result deliver(const batch& what) {
    attempt_result got = attempt_result::failed("no answer came");
    target_->deliver(what, [&got](attempt_result result) { got = std::move(result); });
    return got;
  }
  attempt_result deliver(const std::string& lines) { return deliver(make(lines)); }
  /// The first request does not get there.
  void fail_first_request() {
    server_.behave = [](std::size_t number) -> std::optional<http_reply> {
      return number == 1 ? std::optional(http_reply::failed("reset")) : std::nullopt;
    };
  }
  /// Of ten samples each of a and b, whose request got lost, seven are too old when they come
  /// again.
  void expect_lost_ones_that_are_too_old_are_not_delivered() {
    fail_first_request();
    const batch& what = make(lines_of_two(0, 10));
    EXPECT_EQ(deliver(what).verdict, attempt_verdict::retry);
    server_.oldest_ms = base_ms + 7;
    const attempt_result given = deliver(what);
    EXPECT_EQ(given.verdict, attempt_verdict::delivered);
    EXPECT_EQ(of(given, discard_reason::too_old), 14U);
    EXPECT_EQ(given.discarded.total(), 14U);
    EXPECT_EQ(counters_->delivered.value(), 6U);
    EXPECT_EQ(server_.times_of(stored_name("a")).size(), 3U);
    EXPECT_EQ(server_.times_of(stored_name("b")).size(), 3U);
  }
  static std::uint64_t of(const attempt_result& given, discard_reason reason) {
    return given.discarded.of[static_cast<std::size_t>(reason)];
  }

  remote_write_settings settings_;
  request_limits limits_;
  fake_prometheus server_;
  std::string file_;
  bool disk_is_full_ = false;
  std::string series_file_;
  std::size_t stale_bytes_ = std::size_t{1} << 20;
  std::int64_t clock_ms_ = now_ms;
  std::shared_ptr<sample_counters> counters_;
  std::unique_ptr<remote_write_target> target_;
  std::deque<batch> batches_;
  int limit_reached_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace weir
