// SPDX-License-Identifier: Apache-2.0
//
// The smallest log that keeps the contract, as an example for those who write another: frames in a
// queue under one mutex. No metrics but those of the contract, no outlook; not for use.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/memory_budget.hpp"
#include "log/frame_log.hpp"
#include "log/frame_ring.hpp"
#include "log/open_log.hpp"
#include "log/subscribers.hpp"

namespace weir {

class example_log final : public frame_log {
 public:
  /// `budget` must outlive it.
  example_log(memory_budget& budget, full_policy when_full)
      : budget_(budget), when_full_(when_full) {}
  ~example_log() override { drop_below(end_); }
  example_log(const example_log&) = delete;
  example_log& operator=(const example_log&) = delete;

  log_capabilities capabilities() const override { return {}; }

  append_result append(std::span<const std::shared_ptr<frame>> frames) override {
    std::size_t bytes = 0;
    for (const auto& each : frames) {
      bytes += frame_memory_bytes(*each);
    }
    {
      const std::lock_guard lock(mutex_);
      if (is_closed_) {
        return {append_status::failed, "the log is closed"};
      }
      if (!make_room(bytes)) {
        ++full_;
        return {append_status::full, "the example log is full"};
      }
      for (const auto& each : frames) {
        each->header.position = std::exchange(end_, end_.next());
        frames_.push_back(each);
      }
    }
    subscribers_.wake_all();  // without the lock: a wake may wait for nothing
    return {};
  }

  log_position first() const override {
    const std::lock_guard lock(mutex_);
    return frames_.empty() ? end_ : frames_.front()->header.position;
  }
  log_position end() const override {
    const std::lock_guard lock(mutex_);
    return end_;
  }

  std::size_t subscribe(subscription subscriber, log_position low_water) override {
    const std::lock_guard lock(mutex_);
    end_ = std::max(end_, low_water);
    return subscribers_.add(std::move(subscriber), low_water);
  }
  void release(std::size_t subscriber, log_position low_water) override {
    const std::lock_guard lock(mutex_);
    if (subscribers_.release(subscriber, low_water)) {
      drop_below(subscribers_.low_water().value_or(log_position{}));
    }
  }
  void unsubscribe(std::size_t subscriber) override {
    const std::lock_guard lock(mutex_);
    subscribers_.remove(subscriber);
    drop_below(subscribers_.low_water().value_or(log_position{}));
  }

  std::unique_ptr<log_reader> reader() override { return std::make_unique<reader_of>(*this); }

  void collect(metric_collector& out) const override {
    const std::lock_guard lock(mutex_);
    out.counter_value("weir_log_append_full_total", "Appends refused because the log was full.",
                      static_cast<double>(full_));
    out.counter_value("weir_log_discarded_points_total", "Points discarded to make room.",
                      static_cast<double>(discarded_points_));
    out.gauge_value("weir_log_memory_frames", "Frames in memory.",
                    static_cast<double>(frames_.size()));
  }

  outcome close() override {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    return nothing{};
  }

 private:
  class reader_of final : public log_reader {
   public:
    explicit reader_of(const example_log& log) : log_(log) {}

    read_result next(log_position from, const lane_key& lane) override {
      const std::lock_guard lock(log_.mutex_);
      for (const frame_ptr& each : log_.frames_) {
        const frame_header& header = each->header;
        if (header.position >= from && header.database == lane.database &&
            header.retention_policy == lane.retention_policy) {
          return {read_status::frame, each, header.position.next(), {}};
        }
      }
      return {read_status::caught_up, nullptr, std::max(from, log_.end_), {}};
    }
    log_position headers(log_position from, std::size_t count_max,
                         std::vector<frame_header>& out) override {
      const std::lock_guard lock(log_.mutex_);
      for (const frame_ptr& each : log_.frames_) {
        if (count_max > 0 && each->header.position >= from) {
          out.push_back(each->header);
          from = each->header.position.next();
          --count_max;
        }
      }
      return count_max > 0 ? std::max(from, log_.end_) : from;
    }

   private:
    const example_log& log_;
  };

  /// Takes the bytes from the budget; discards what may be lost, where that helps.
  bool make_room(std::size_t bytes) {
    while (!budget_.take(bytes)) {
      if (frames_.empty() || bytes > budget_.limit()) {
        return false;
      }
      const frame_header& oldest = frames_.front()->header;
      if (when_full_ == full_policy::reject &&
          subscribers_.required_below(oldest.position.next())) {
        return false;
      }
      discarded_points_ += oldest.points;
      drop_below(oldest.position.next());
    }
    return true;
  }
  void drop_below(log_position position) {
    while (!frames_.empty() && frames_.front()->header.position < position) {
      budget_.give_back(frame_memory_bytes(*frames_.front()));
      frames_.pop_front();
    }
  }

  memory_budget& budget_;
  const full_policy when_full_;
  mutable std::mutex mutex_;
  std::deque<frame_ptr> frames_;
  subscriber_table subscribers_;
  log_position end_{1};
  bool is_closed_ = false;
  std::uint64_t full_ = 0;
  std::uint64_t discarded_points_ = 0;
};

}  // namespace weir
