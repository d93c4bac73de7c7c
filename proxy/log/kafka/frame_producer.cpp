// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/frame_producer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/frame_ring.hpp"
#include "log/kafka/kafka_frame.hpp"
#include "log/record.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

/// Room of librdkafka's own queue beyond ours, so that ours is the one that is full.
constexpr std::uint64_t queue_slack_bytes = std::uint64_t{64} << 20;
/// What a frame takes in librdkafka's queue: the message, its headers, the report.
constexpr std::size_t queued_frame_bytes = 2'048;

std::string closed_words() {
  return "the log is closed";
}

}  // namespace

frame_producer::frame_producer(frame_producer_options options, stored on_stored)
    : options_(std::move(options)),
      on_stored_(std::move(on_stored)),
      partitions_(options_.shards),
      record_bytes_(options_.record_bytes) {}

result<std::unique_ptr<frame_producer>> frame_producer::make(frame_producer_options options,
                                                             stored on_stored) {
  std::unique_ptr<frame_producer> made(
      new frame_producer(std::move(options), std::move(on_stored)));
  auto producer = made->make_producer();
  if (!producer) {
    return producer.error();
  }
  made->producer_ = std::move(producer).value();
  made->thread_ = std::thread([raw = made.get()] { raw->run(); });
  return made;
}

result<std::shared_ptr<kafka_producer>> frame_producer::make_producer() const {
  auto made = kafka_producer::make(
      {.client = options_.client,
       .queue_bytes_max = options_.waiting_bytes_max + queue_slack_bytes,
       // What was answered must arrive as long as this process lives.
       .delivery_timeout = promises() ? options_.produce_timeout : std::chrono::milliseconds{0},
       .record_bytes_max = options_.record_bytes_max});
  if (!made) {
    return made.error();
  }
  return std::shared_ptr<kafka_producer>(std::move(made).value());
}

frame_producer::~frame_producer() {
  static_cast<void>(close());
}

// ---- appending

append_result frame_producer::append(std::span<const std::shared_ptr<frame>> frames,
                                     std::optional<std::uint32_t> partition) {
  if (frames.empty()) {
    return {};
  }
  const auto all = std::make_shared<frame_batch>();
  all->partition = partition;
  for (const auto& one : frames) {
    const frame_header& header = one->header;
    if (header.database.size() > record_name_bytes_max ||
        header.retention_policy.size() > record_name_bytes_max) {
      return {append_status::failed, "the name of a database or retention policy is too long"};
    }
    if (const std::uint32_t to = partition.value_or(header.shard); to >= options_.shards) {
      return {append_status::failed, fmt::format("a frame is of shard {}, and topic {} has {} "
                                                 "partitions",
                                                 to, options_.topic, options_.shards)};
    }
    all->stored_bytes += one->stored.size();
    all->bytes += frame_memory_bytes(*one) + queued_frame_bytes;
  }
  std::uint64_t waiting = waiting_bytes_.load(std::memory_order_relaxed);
  do {
    if (waiting + all->bytes > options_.waiting_bytes_max) {
      return refuse_as_full(all->bytes,
                            fmt::format("{} KiB wait for Kafka already, and {} KiB is "
                                        "the most (a share of limits.memory)",
                                        waiting >> 10, options_.waiting_bytes_max >> 10));
    }
  } while (!waiting_bytes_.compare_exchange_weak(waiting, waiting + all->bytes,
                                                 std::memory_order_relaxed));
  if (!options_.frames.take(all->bytes)) {
    waiting_bytes_.fetch_sub(all->bytes, std::memory_order_relaxed);
    return refuse_as_full(all->bytes,
                          "the memory for frames (a share of limits.memory) is used up");
  }
  all->frames.assign(frames.begin(), frames.end());
  return queue(all);
}

append_result frame_producer::refuse_as_full(std::size_t bytes, std::string why) {
  full_.add_shared();
  const std::lock_guard hold(state_mutex_);
  // What can never fit says nothing of the next append.
  if (bytes <= options_.waiting_bytes_max && bytes <= options_.frames.limit()) {
    refused_bytes_ = bytes;
  }
  return {append_status::full, std::move(why)};
}

append_result frame_producer::queue(const batch_ptr& all) {
  all->began_ns = options_.steady_ns();
  all->left.store(all->frames.size() + 1);
  if (promises()) {
    all->ticket = std::make_shared<append_ticket>();
  }
  {
    const std::lock_guard hold(mutex_);
    if (closed_) {
      options_.frames.give_back(all->bytes);
      waiting_bytes_.fetch_sub(all->bytes, std::memory_order_relaxed);
      return {append_status::failed, closed_words()};
    }
    ++unfinished_;  // close() waits for it
    appends_.push_back(all);
  }
  {
    const std::lock_guard hold(state_mutex_);
    refused_bytes_ = 0;
  }
  std::vector<given_up> failed;
  for (std::size_t i = 0; i < all->frames.size(); ++i) {
    const std::uint32_t number = all->partition_of(i);
    partition_state& to = partitions_[number];
    const std::lock_guard hold(to.lock);
    to.queue.add({all, i});
    queued_.fetch_add(1, std::memory_order_relaxed);
    hand_over(number, to, failed);
  }
  append_result answer{promises() ? append_status::pending : append_status::taken, {}, all->ticket};
  give_up(failed);
  done(all);
  return answer;
}

/// Gives the client what it may have now. Requires: the partition's lock.
void frame_producer::hand_over(std::uint32_t number, partition_state& to,
                               std::vector<given_up>& failed) {
  if (to.queue.next() == nullptr || ending_.load()) {
    return;
  }
  std::shared_ptr<kafka_producer> producer;
  {
    const std::lock_guard hold(state_mutex_);
    producer = producer_;
  }
  while (const queued_frame* one = to.queue.next()) {
    if (promises() && one->of->has_failed()) {
      // It is answered 503 already, or will be: its client sends all of it again.
      failed.push_back({to.queue.drop(), {}});
      queued_.fetch_sub(1, std::memory_order_relaxed);
      continue;
    }
    const kafka_queue_result given = produce(*producer, *one, number);
    if (given.status == kafka_queued::taken) {
      static_cast<void>(to.queue.hand_over());
    } else if (given.status == kafka_queued::full || !producer->fatal().empty()) {
      note_failure(fmt::format("Kafka's client takes no frame now: {}", given.why));
      return;  // it waits for room, or for another producer
    } else {
      failed.push_back(
          {to.queue.drop(), fmt::format("Kafka's client does not take a frame for partition {} of "
                                        "topic {}: {}",
                                        number, options_.topic, given.why)});
    }
    queued_.fetch_sub(1, std::memory_order_relaxed);
  }
}

kafka_queue_result frame_producer::produce(kafka_producer& by, const queued_frame& one,
                                           std::uint32_t number) {
  const kafka_frame_record record(*one.what(), number);
  return by.produce(
      options_.topic, static_cast<std::int32_t>(number), record.view(), one.what(),
      [this, one, number](const kafka_delivery& delivery) { report(one, number, delivery); });
}

// ---- reports, on the producer's thread

void frame_producer::report(const queued_frame& which, std::uint32_t number,
                            const kafka_delivery& delivery) {
  const std::shared_ptr<frame> one = which.what();
  partition_state& from = partitions_[number];
  if (delivery.error.empty()) {
    const std::uint64_t points = one->header.points;
    const std::uint64_t bytes = one->stored.size();
    one->header.stored_bytes = static_cast<std::uint32_t>(bytes);
    one->header.shard = number;  // as those who read it will find it
    if (delivery.offset >= 0) {
      one->header.position = log_position(static_cast<std::uint64_t>(delivery.offset) + 1);
    }
    appended_frames_.add_shared();
    appended_points_.add_shared(points);
    appended_bytes_.add_shared(bytes);
    from.frames.add_shared();
    from.points.add_shared(points);
    from.bytes.add_shared(bytes);
    note_success();
    if (on_stored_ && delivery.offset >= 0) {
      on_stored_(one);
    }
  } else {
    const std::string why = words_for(number, delivery);
    from.failed.add_shared();
    which.of->fail(why, one->header.points);
    if (delivery.refused) {
      // It is about this record; others are taken.
      refused_records_.add_shared();
      journal_limited("kafka refused", journal_level::error, why);
    } else {
      note_failure(why);
    }
  }
  std::vector<given_up> failed;
  {
    const std::lock_guard hold(from.lock);
    from.queue.reported();
    hand_over(number, from, failed);
  }
  give_up(failed);
  done(which.of);
}

/// An empty reason: the append has failed already.
void frame_producer::give_up(const std::vector<given_up>& failed) {
  for (const given_up& each : failed) {
    if (!each.why.empty()) {
      note_failure(each.why);
      partitions_[each.which.of->partition_of(each.which.index)].failed.add_shared();
      each.which.of->fail(each.why, each.which.what()->header.points);
    }
    done(each.which.of);
  }
}

/// One of the things that an append waits for came about.
void frame_producer::done(const batch_ptr& all) {
  if (all->left.fetch_sub(1) != 1) {
    return;
  }
  bool wakes = false;
  {
    const std::lock_guard hold(mutex_);
    all->is_finished = true;
    if (!all->has_failed()) {
      const std::int64_t now_ns = options_.steady_ns();
      rate_.add(all->stored_bytes, now_ns);
      latency_.observe(static_cast<double>(now_ns - all->began_ns) / 1e9);
    }
    if (!all->is_settled) {
      settle(*all);
      wakes = all->ticket != nullptr;
    }
    options_.frames.give_back(all->bytes);
    waiting_bytes_.fetch_sub(all->bytes, std::memory_order_relaxed);
    all->frames.clear();
    --unfinished_;
    while (!appends_.empty() && appends_.front()->is_finished) {
      appends_.pop_front();
    }
  }
  if (wakes) {
    watchers_.wake_all();
  }
  finished_.notify_all();
}

/// Requires: mutex_.
void frame_producer::settle(frame_batch& one) {
  one.is_settled = true;
  const std::string error = one.error();
  if (!error.empty()) {
    failed_.add_shared();
  }
  if (one.ticket != nullptr) {
    one.ticket->settle(error.empty() ? append_status::taken : append_status::failed, error);
  } else if (!error.empty()) {
    lost_points_.add_shared(one.lost_points());
    journal_limited("kafka lost", journal_level::error,
                    fmt::format("{} points that were acknowledged (log.acknowledge = \"received\") "
                                "are lost: {}",
                                one.lost_points(), error));
  }
}

std::string frame_producer::words_for(std::uint32_t partition,
                                      const kafka_delivery& delivery) const {
  if (delivery.refused) {
    return fmt::format(
        "Kafka refuses a frame as too large or invalid (topic {}, partition {}: {}): raise "
        "max.message.bytes of the topic, or lower limits.line",
        options_.topic, partition, delivery.error);
  }
  return fmt::format(
      "Kafka did not confirm the points (topic {}, partition {}: {}): look whether the brokers of "
      "log.brokers are up, and whether the partition has a leader and enough in-sync replicas",
      options_.topic, partition, delivery.error);
}

// ---- what the next append would be answered

append_result frame_producer::outlook() const {
  const std::lock_guard hold(state_mutex_);
  if (stopping_) {
    return {append_status::failed, closed_words()};
  }
  if (!failed_why_.empty()) {
    return {append_status::failed, failed_why_};
  }
  const std::uint64_t waiting = waiting_bytes_.load(std::memory_order_relaxed);
  if (refused_bytes_ > 0 && (waiting + refused_bytes_ > options_.waiting_bytes_max ||
                             options_.frames.used() + refused_bytes_ > options_.frames.limit())) {
    return {append_status::full,
            "what waits for Kafka fills its memory (a share of limits.memory)"};
  }
  return {};
}

std::string frame_producer::words_for_late() const {
  return fmt::format(
      "Kafka did not confirm the points within {} ms (log.produce_timeout): look whether the "
      "brokers of log.brokers are up, and whether all partitions of topic {} have a leader and "
      "enough in-sync replicas",
      options_.produce_timeout.count(), options_.topic);
}

void frame_producer::note_failure(const std::string& why) {
  journal_limited("kafka append", journal_level::error, why);
  const std::lock_guard hold(state_mutex_);
  failed_why_ = why;
  has_failed_.store(true, std::memory_order_relaxed);
  state_changed_.notify_all();
}

void frame_producer::note_success() {
  if (!has_failed_.load(std::memory_order_relaxed)) {
    return;
  }
  const std::lock_guard hold(state_mutex_);
  failed_why_.clear();
  bad_looks_ = 0;
  has_failed_.store(false, std::memory_order_relaxed);
}

// ---- the rest

std::size_t frame_producer::watch(std::function<void()> wake) {
  const std::size_t number = watchers_made_.fetch_add(1);
  watchers_.add(number, std::move(wake));
  return number;
}

void frame_producer::unwatch(std::size_t watcher) {
  watchers_.remove(watcher);
}

/// Nothing is given to the client any more; what waits has failed.
void frame_producer::give_up_waiting() {
  ending_.store(true);
  std::vector<given_up> failed;
  for (partition_state& each : partitions_) {
    const std::lock_guard hold(each.lock);
    while (!each.queue.empty()) {
      failed.push_back({each.queue.drop(), closed_words()});
      queued_.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  give_up(failed);
}

outcome frame_producer::close() {
  {
    std::unique_lock hold(mutex_);
    if (closed_) {
      return nothing{};
    }
    closed_ = true;
    finished_.wait_for(hold, options_.produce_timeout + std::chrono::seconds(1),
                       [this] { return unfinished_ == 0; });
  }
  const std::uint64_t lost_before = lost_points_.value();
  give_up_waiting();
  {
    const std::lock_guard hold(state_mutex_);
    stopping_ = true;
    state_changed_.notify_all();
  }
  if (thread_.joinable()) {  // not where `make` failed
    thread_.join();
  }
  // Reports what is left as failed; then nothing calls back any more.
  retired_.clear();
  producer_.reset();
  if (const std::uint64_t lost = lost_points_.value() - lost_before; lost > 0) {
    return failure{
        fmt::format("Kafka did not take {} points that were acknowledged "
                    "(log.acknowledge = \"received\"): they are lost",
                    lost)};
  }
  return nothing{};
}

}  // namespace weir
