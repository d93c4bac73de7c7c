// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/partition_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "log/kafka/kafka_frame.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

/// However short memory is, a log reads so far ahead.
constexpr std::uint64_t read_ahead_least = std::uint64_t{1} << 20;

log_position position_of(std::int64_t offset) noexcept {
  return log_position(static_cast<std::uint64_t>(std::max<std::int64_t>(0, offset)) + 1);
}

std::int64_t offset_of(log_position position) noexcept {
  return static_cast<std::int64_t>(position.number()) - 1;
}

}  // namespace

partition_log::partition_log(partition_log_options options)
    : options_(std::move(options)),
      window_(options_.memory.frames(), position_of(options_.begin)),
      fed_end_(position_of(options_.begin)),
      known_end_(std::max(position_of(options_.there.end), fed_end_)),
      kafka_first_(position_of(options_.there.first)) {
  options_.memory.join();
}

result<std::unique_ptr<partition_log>> partition_log::open(partition_log_options options) {
  if (options.begin > options.there.end) {
    journal(
        journal_level::error,
        fmt::format("topic {}, partition {}: offset {} is where it is to be read on, and it ends "
                    "at {}: it was made anew, or lost its newest records. It is read from its "
                    "beginning",
                    options.topic, options.partition, options.begin, options.there.end));
    options.begin = options.there.first;
  }
  std::unique_ptr<partition_log> made(new partition_log(std::move(options)));
  if (made->options_.produce) {
    auto producer = frame_producer::make(
        *made->options_.produce,
        [raw = made.get()](const std::shared_ptr<frame>& one) { raw->note_stored(one); });
    if (!producer) {
      return producer.error();
    }
    made->producer_ = std::move(producer).value();
  }
  return made;
}

partition_log::~partition_log() {
  static_cast<void>(close());
  options_.memory.leave();
}

// ---- from the source

void partition_log::feed_from(partition_source* source) {
  {
    const std::lock_guard calling(source_mutex_);
    source_ = source;
    const std::lock_guard hold(mutex_);
    paused_ = false;
  }
  follow_window();
}

std::int64_t partition_log::wanted() const {
  const std::lock_guard hold(mutex_);
  return offset_of(fed_end_);
}

void partition_log::received(kafka_record record) {
  const log_position position = position_of(record.offset);
  const std::int64_t offset = record.offset;
  const std::size_t bytes = record.value.size();
  kafka_frame_result read = frame_of_record(std::move(record));
  window_frames dropped;
  bool news = false;
  const bool stops = read.status == kafka_frame_status::later;
  {
    const std::lock_guard hold(mutex_);
    if (position < fed_end_ || stop_) {
      return;
    }
    pass_over(position);
    read_bytes_.add_shared(bytes);
    if (stops) {
      stop_ = position;
      known_end_ = std::max(known_end_, position.next());
    } else if (read.found != nullptr) {
      read_frames_.add_shared();
      read_points_.add_shared(read.found->header.points);
      news = put(std::move(read.found), dropped);
    } else {
      fed_end_ = position.next();
      known_end_ = std::max(known_end_, fed_end_);
    }
  }
  if (stops) {
    note_stop(offset, read.why);
  } else if (!read.why.empty()) {
    note_damaged(offset, read.why, read.points);
  }
  if (news) {
    subscribers_.wake_all();
  }
  follow_window();
}

void partition_log::at_end(std::int64_t end) {
  const std::lock_guard hold(mutex_);
  if (position_of(end) < fed_end_ && producer_ == nullptr) {
    journal_limited(
        "kafka anew", journal_level::error,
        fmt::format("topic {}, partition {} was read up to offset {}, and ends at {} "
                    "now: it was made anew, or lost its newest records. Nothing more of "
                    "it is read up to there: restart weir",
                    options_.topic, options_.partition, offset_of(fed_end_), end));
  }
  if (stop_) {
    known_end_ = std::max(known_end_, position_of(end));
    return;
  }
  if (position_of(end) > fed_end_) {
    fed_end_ = position_of(end);
    if (window_.empty()) {
      window_frames none;
      window_.restart(fed_end_, none);
    }
  }
  known_end_ = std::max(known_end_, fed_end_);
}

void partition_log::first_is(std::int64_t offset) {
  {
    window_frames dropped;
    const std::lock_guard hold(mutex_);
    kafka_first_ = std::max(kafka_first_, position_of(offset));
    drop_gone(dropped);
    if (!stop_ || *stop_ >= kafka_first_) {
      return;
    }
    stop_.reset();  // its time is over, as that of what was before
  }
  follow_window();
}

std::optional<std::int64_t> partition_log::stopped_at() const {
  const std::lock_guard hold(mutex_);
  return stop_ ? std::optional(offset_of(*stop_)) : std::nullopt;
}

/// Records before `to` did not come: Kafka has deleted them. (Or they never were: what marks the
/// end of a transaction has an offset, too; weir writes none.)
void partition_log::pass_over(log_position to) {
  if (to > fed_end_) {
    gone_records_.add_shared(to.number() - fed_end_.number());
    if (window_.empty()) {
      kafka_first_ = std::max(kafka_first_, to);
    }
    fed_end_ = to;
  }
}

/// True: readers find something new.
bool partition_log::put(std::shared_ptr<frame> found, window_frames& dropped) {
  fed_end_ = found->header.position.next();
  known_end_ = std::max(known_end_, fed_end_);
  if (was_subscribed_ && subscribers_.empty()) {
    window_.restart(fed_end_, dropped);  // it is for nobody
    return false;
  }
  window_.push(std::move(found), dropped);
  drop_released(dropped);
  return true;
}

/// A frame of an append is known before the source brings it, if the source has come that far.
void partition_log::note_stored(const std::shared_ptr<frame>& one) {
  window_frames dropped;
  bool news = false;
  {
    const std::lock_guard hold(mutex_);
    const log_position position = one->header.position;
    known_end_ = std::max(known_end_, position.next());
    if (position == fed_end_ && !stop_) {
      news = put(one, dropped);
    }
  }
  if (news) {
    subscribers_.wake_all();
  }
}

void partition_log::note_damaged(std::int64_t offset, const std::string& why,
                                 std::uint32_t points) {
  damaged_records_.add_shared();
  damaged_points_.add_shared(points);
  journal_limited("kafka damaged", journal_level::error,
                  fmt::format("topic {}, partition {}, offset {}: the record is passed over, as {}",
                              options_.topic, options_.partition, offset, why));
}

void partition_log::note_stop(std::int64_t offset, const std::string& why) const {
  journal(journal_level::error,
          fmt::format("topic {}, partition {}, offset {}: {}. Nothing from there on is delivered "
                      "by this weir, and nothing is lost: bring it up to date",
                      options_.topic, options_.partition, offset, why));
}

// ---- the window

std::uint64_t partition_log::window_bytes_max() const noexcept {
  return std::min(options_.read_ahead, std::max(read_ahead_least, options_.memory.bytes_each()));
}

/// Whether the source is to be paused or resumed; nothing: it is right as it is. The window is
/// opened again once a quarter of it is free, so that not each frame is asked for by itself.
std::optional<bool> partition_log::steer() {
  if (stop_) {
    return std::exchange(paused_, true) ? std::nullopt : std::optional(true);
  }
  const std::uint64_t most = window_bytes_max();
  const bool must_read = fed_end_ < seen_;
  if (!paused_ && window_.bytes() >= most && !must_read) {
    paused_ = true;
    return true;
  }
  if (paused_ && (window_.bytes() <= most - most / 4 || must_read)) {
    paused_ = false;
    return false;
  }
  return std::nullopt;
}

void partition_log::follow_window() {
  {
    const std::lock_guard hold(mutex_);
    const std::uint64_t most = window_bytes_max();
    const bool full = stop_ || window_.bytes() >= most;
    if (full == paused_ && !(paused_ && fed_end_ < seen_ && !stop_)) {
      return;  // the usual case: no other lock is taken
    }
  }
  const std::lock_guard calling(source_mutex_);
  if (source_ == nullptr) {
    return;
  }
  std::optional<bool> pauses;
  std::int64_t from = 0;
  {
    const std::lock_guard hold(mutex_);
    pauses = steer();
    from = offset_of(fed_end_);
  }
  if (!pauses) {
    return;
  }
  if (*pauses) {
    source_->pause();
  } else {
    source_->resume(from);
  }
}

void partition_log::drop_released(window_frames& dropped) {
  if (const auto low_water = subscribers_.low_water()) {
    window_.drop_below(std::min(*low_water, fed_end_), dropped);
  }
}

/// What Kafka has deleted, and memory does not have, nobody will read.
void partition_log::drop_gone(window_frames& dropped) {
  while (!window_.empty() && window_.oldest().kept == nullptr &&
         window_.oldest().header.position < kafka_first_) {
    const frame_header& gone = window_.oldest().header;
    if (subscribers_.required_below(gone.position.next())) {
      discarded_points_.add_shared(gone.points);
    }
    window_.drop_below(gone.position.next(), dropped);
  }
}

// ---- frame_log

log_capabilities partition_log::capabilities() const {
  return {
      .durable = true, .stable = options_.promise != append_promise::received, .bounded = false};
}

append_result partition_log::append(std::span<const std::shared_ptr<frame>> frames) {
  {
    const std::lock_guard hold(mutex_);
    if (closed_) {
      return {append_status::failed, "the log is closed"};
    }
  }
  if (producer_ == nullptr) {
    return {append_status::failed, "this log is only read"};
  }
  return producer_->append(frames, options_.partition);
}

append_result partition_log::outlook() const {
  return producer_ != nullptr ? producer_->outlook() : append_result{};
}

log_usage partition_log::usage() const {
  const std::lock_guard hold(mutex_);
  return {window_.bytes(), window_bytes_max()};
}

std::size_t partition_log::watch(std::function<void()> wake) {
  return producer_ != nullptr ? producer_->watch(std::move(wake)) : 0;
}

void partition_log::unwatch(std::size_t watcher) {
  if (producer_ != nullptr) {
    producer_->unwatch(watcher);
  }
}

log_position partition_log::first() const {
  const std::lock_guard hold(mutex_);
  return !window_.empty() ? std::min(kafka_first_, window_.oldest().header.position)
                          : std::min(kafka_first_, known_end_);
}

log_position partition_log::end() const {
  const std::lock_guard hold(mutex_);
  return known_end_;
}

std::size_t partition_log::subscribe(subscription subscriber, log_position low_water) {
  std::size_t number = 0;
  {
    window_frames dropped;
    const std::lock_guard hold(mutex_);
    was_subscribed_ = true;
    seen_ = std::max(seen_, std::min(subscriber.seen, known_end_));
    number = subscribers_.add(std::move(subscriber), low_water);
    drop_released(dropped);
  }
  follow_window();
  return number;
}

void partition_log::release(std::size_t subscriber, log_position low_water) {
  {
    window_frames dropped;
    const std::lock_guard hold(mutex_);
    if (!subscribers_.release(subscriber, low_water)) {
      return;
    }
    drop_released(dropped);
  }
  follow_window();
}

void partition_log::unsubscribe(std::size_t subscriber) {
  {
    window_frames dropped;
    const std::lock_guard hold(mutex_);
    subscribers_.remove(subscriber);
    if (subscribers_.empty()) {
      window_.restart(fed_end_, dropped);
    } else {
      drop_released(dropped);
    }
  }
  follow_window();
}

void partition_log::collect(metric_collector& out) const {
  const auto total = [&out](std::string_view name, std::string_view help, const counter& value) {
    out.counter_value(name, help, static_cast<double>(value.value()));
  };
  if (producer_ != nullptr) {
    producer_->collect(out);
  }
  total("weir_log_kafka_read_frames_total", "Frames read from Kafka.", read_frames_);
  total("weir_log_kafka_read_points_total", "Points in frames read from Kafka.", read_points_);
  total("weir_log_kafka_read_bytes_total", "Bytes of values read from Kafka.", read_bytes_);
  total("weir_log_kafka_read_again_total",
        "Reads of frames that had left memory before they were delivered.", read_again_runs_);
  total("weir_log_kafka_read_again_bytes_total", "Bytes of values that these brought.",
        read_again_bytes_);
  total("weir_log_kafka_gone_records_total",
        "Records that Kafka had deleted before they were read.", gone_records_);
  total("weir_log_damaged_records_total", "Damaged records passed over.", damaged_records_);
  total("weir_log_damaged_points_total", "Points in damaged records, where their number is known.",
        damaged_points_);
  total("weir_log_discarded_points_total",
        "Points of frames that Kafka deleted before every sink was done with all of them, where "
        "their number is known.",
        discarded_points_);
  const std::lock_guard hold(mutex_);
  out.gauge_value("weir_log_kafka_stopped",
                  "1: a record that a later weir wrote is next, which this one cannot read.",
                  stop_ ? 1 : 0);
  out.gauge_value("weir_log_memory_frames", "Frames in memory.",
                  static_cast<double>(window_.kept_frames()));
  out.gauge_value("weir_log_memory_bytes", "Bytes of frames in memory.",
                  static_cast<double>(window_.kept_bytes()));
  out.gauge_value("weir_log_kafka_ahead_bytes", "Bytes of frames read and not delivered.",
                  static_cast<double>(window_.bytes()));
}

outcome partition_log::close() {
  feed_from(nullptr);
  {
    const std::lock_guard hold(mutex_);
    closed_ = true;
  }
  return producer_ != nullptr ? producer_->close() : outcome(nothing{});
}

}  // namespace weir
