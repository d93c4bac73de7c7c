// SPDX-License-Identifier: Apache-2.0
//
// The log without files: frames live in memory until every sink has released them, and no longer
// than the budget allows. Any thread; one lock.
#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/assert.hpp"
#include "log/frame_ring.hpp"
#include "log/local/append_rate.hpp"
#include "log/open_log.hpp"
#include "log/subscribers.hpp"

namespace weir {
namespace {

/// Frames looked at while the lock is held.
constexpr std::size_t walk_frames_max = 256;
constexpr std::string_view full_words =
    "the memory for frames (a share of limits.memory) is used up";

class memory_log final : public frame_log {
 public:
  explicit memory_log(memory_log_options options)
      : budget_(options.frames),
        when_full_(options.when_full),
        steady_ns_(std::move(options.steady_ns)),
        ring_(options.frames) {}

  log_capabilities capabilities() const override { return {.bounded = true}; }

  append_result append(std::span<const std::shared_ptr<frame>> frames) override;
  log_position first() const override;
  log_position end() const override;
  std::size_t subscribe(subscription subscriber, log_position low_water) override;
  append_result outlook() const override;
  void release(std::size_t subscriber, log_position low_water) override;
  void unsubscribe(std::size_t subscriber) override;
  std::unique_ptr<log_reader> reader() override;
  void collect(metric_collector& out) const override;
  outcome close() override;

 private:
  friend class memory_reader;

  bool make_room(std::size_t bytes, frame_ring::dropped& dropped);
  void discard_oldest(frame_ring::dropped& dropped);
  void drop_released(frame_ring::dropped& dropped);
  /// From `from` on, at most walk_frames_max frames; where to go on.
  template <class Visit>
  std::pair<log_position, bool> walk(log_position from, Visit visit) const;

  memory_budget& budget_;
  const full_policy when_full_;
  const std::function<std::int64_t()> steady_ns_;
  mutable std::mutex mutex_;
  frame_ring ring_;
  subscriber_table subscribers_;
  log_position end_{1};
  bool closed_ = false;
  append_rate rate_;
  std::size_t refused_bytes_ = 0;  // of the last append, where it did not fit
  counter appended_frames_, appended_points_, appended_bytes_, full_, discarded_points_;
};

class memory_reader final : public log_reader {
 public:
  explicit memory_reader(const memory_log& log) : log_(log) {}
  read_result next(log_position from, const lane_key& lane) override;
  log_position headers(log_position from, std::size_t count_max,
                       std::vector<frame_header>& out) override;

 private:
  const memory_log& log_;
};

append_result memory_log::append(std::span<const std::shared_ptr<frame>> frames) {
  std::size_t bytes = 0;
  for (const auto& each : frames) {
    bytes += frame_memory_bytes(*each);
  }
  frame_ring::dropped dropped;  // destroyed after the lock
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return {append_status::failed, "the log is closed"};
    }
    if (!make_room(bytes, dropped)) {
      full_.add();
      refused_bytes_ = bytes <= budget_.limit() ? bytes : refused_bytes_;
      return {append_status::full, std::string(full_words)};
    }
    refused_bytes_ = 0;
    for (const auto& each : frames) {
      each->header.position = std::exchange(end_, end_.next());
      each->header.stored_bytes = static_cast<std::uint32_t>(each->stored.size());
      appended_frames_.add();
      appended_points_.add(each->header.points);
      appended_bytes_.add(each->stored.size());
      ring_.push(each);
    }
    rate_.add(bytes, steady_ns_());
  }
  subscribers_.wake_all();
  return {};
}

bool memory_log::make_room(std::size_t bytes, frame_ring::dropped& dropped) {
  while (!budget_.take(bytes)) {
    if (ring_.empty() || bytes > budget_.limit()) {
      return false;
    }
    const bool needed = subscribers_.required_below(ring_.oldest().header.position.next());
    if (needed && when_full_ == full_policy::reject) {
      return false;
    }
    discard_oldest(dropped);
  }
  return true;
}

append_result memory_log::outlook() const {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return {append_status::failed, "the log is closed"};
  }
  // What was refused fits once frames were released; until then discarding has not helped either.
  if (refused_bytes_ > 0 && budget_.used() > budget_.limit() - refused_bytes_) {
    return {append_status::full, std::string(full_words)};
  }
  return {};
}

void memory_log::discard_oldest(frame_ring::dropped& dropped) {
  discarded_points_.add(ring_.oldest().header.points);
  ring_.drop_below(ring_.oldest().header.position.next(), dropped);
}

void memory_log::drop_released(frame_ring::dropped& dropped) {
  if (const auto low_water = subscribers_.low_water()) {
    ring_.drop_below(std::min(*low_water, end_), dropped);
  }
}

log_position memory_log::first() const {
  const std::lock_guard lock(mutex_);
  return ring_.first();
}

log_position memory_log::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

std::size_t memory_log::subscribe(subscription subscriber, log_position low_water) {
  const std::lock_guard lock(mutex_);
  end_ = std::max(end_, low_water);
  return subscribers_.add(std::move(subscriber), low_water);
}

void memory_log::release(std::size_t subscriber, log_position low_water) {
  frame_ring::dropped dropped;
  const std::lock_guard lock(mutex_);
  if (subscribers_.release(subscriber, low_water)) {
    drop_released(dropped);
  }
}

void memory_log::unsubscribe(std::size_t subscriber) {
  frame_ring::dropped dropped;
  const std::lock_guard lock(mutex_);
  subscribers_.remove(subscriber);
  drop_released(dropped);
}

std::unique_ptr<log_reader> memory_log::reader() {
  return std::make_unique<memory_reader>(*this);
}

void memory_log::collect(metric_collector& out) const {
  const std::lock_guard lock(mutex_);
  const auto as_double = [](std::uint64_t value) { return static_cast<double>(value); };
  out.counter_value("weir_log_appended_frames_total", "Frames that the log took.",
                    as_double(appended_frames_.value()));
  out.counter_value("weir_log_appended_points_total", "Points that the log took.",
                    as_double(appended_points_.value()));
  out.counter_value("weir_log_appended_bytes_total", "Bytes of frames that the log took.",
                    as_double(appended_bytes_.value()));
  out.counter_value("weir_log_append_full_total", "Appends refused because the log was full.",
                    as_double(full_.value()));
  out.counter_value("weir_log_discarded_points_total", "Points discarded to make room.",
                    as_double(discarded_points_.value()));
  out.gauge_value("weir_log_memory_frames", "Frames in memory.", as_double(ring_.size()));
  out.gauge_value("weir_log_memory_bytes", "Bytes of frames in memory.", as_double(ring_.bytes()));
  const std::int64_t now_ns = steady_ns_();
  out.gauge_value("weir_log_append_bytes_per_second",
                  "Bytes of memory for what is appended, mean of the last five minutes.",
                  rate_.bytes_per_second(now_ns));
  out.gauge_value(
      "weir_log_outage_seconds_left",
      "How long the log still takes everything while nothing is delivered, at that rate; "
      "+Inf while nothing is appended.",
      rate_.seconds_left(budget_.limit() - std::min(budget_.limit(), budget_.used()), now_ns));
  out.gauge_value("weir_log_first_sequence", "Oldest sequence kept.",
                  as_double(ring_.first().number()));
  out.gauge_value("weir_log_end_sequence", "Sequence that the next frame gets.",
                  as_double(end_.number()));
}

outcome memory_log::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  return nothing{};
}

template <class Visit>
std::pair<log_position, bool> memory_log::walk(log_position from, Visit visit) const {
  const std::lock_guard lock(mutex_);
  std::size_t index = ring_.find(from);
  for (std::size_t seen = 0; seen < walk_frames_max; ++seen, ++index) {
    if (index == ring_.size()) {
      return {std::max(from, end_), true};
    }
    const frame_ptr& each = ring_.at(index);
    from = each->header.position.next();
    if (visit(each)) {
      return {from, true};
    }
  }
  return {from, false};
}

read_result memory_reader::next(log_position from, const lane_key& lane) {
  read_result result;
  bool done = false;
  while (!done) {
    std::tie(from, done) = log_.walk(from, [&](const frame_ptr& each) {
      const bool wanted = each->header.database == lane.database &&
                          each->header.retention_policy == lane.retention_policy;
      if (wanted) {
        result.status = read_status::frame;
        result.found = each;
      }
      return wanted;
    });
  }
  result.next = from;
  return result;
}

log_position memory_reader::headers(log_position from, std::size_t count_max,
                                    std::vector<frame_header>& out) {
  std::size_t left = count_max;
  bool done = left == 0;
  while (!done) {
    std::tie(from, done) = log_.walk(from, [&](const frame_ptr& each) {
      out.push_back(each->header);
      return --left == 0;
    });
  }
  return from;
}

}  // namespace

std::unique_ptr<frame_log> make_memory_log(memory_log_options options) {
  return std::make_unique<memory_log>(std::move(options));
}

}  // namespace weir
