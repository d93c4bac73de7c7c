// SPDX-License-Identifier: Apache-2.0
#include "log/kafka/frame_producer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
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

/// One append, until every frame of it is reported.
struct frame_producer::batch {
  std::vector<std::shared_ptr<frame>> frames;
  std::shared_ptr<append_ticket> ticket;  // none under `received`
  std::thread::id appended_by;
  std::size_t bytes = 0;  // of memory
  std::uint64_t stored_bytes = 0;
  std::int64_t began_ns = 0;
  /// Frames that are not reported, and one for the appending thread while it queues them.
  std::atomic<std::size_t> left{0};
  std::mutex lock;
  std::string error;  // the first one
  std::uint64_t lost_points = 0;
  bool is_finished = false;  // under the producer's mutex_

  void fail(const std::string& why, std::uint64_t points) {
    const std::lock_guard hold(lock);
    lost_points += points;
    if (error.empty()) {
      error = why;
    }
  }
};

frame_producer::frame_producer(frame_producer_options options, stored on_stored)
    : options_(std::move(options)),
      on_stored_(std::move(on_stored)),
      by_partition_(options_.shards) {}

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
  auto made =
      kafka_producer::make({.client = options_.client,
                            .queue_bytes_max = options_.waiting_bytes_max + queue_slack_bytes,
                            // What was answered must arrive as long as this process lives.
                            .delivery_timeout = options_.promise == append_promise::received
                                                    ? std::chrono::milliseconds{0}
                                                    : options_.produce_timeout,
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
  auto all = std::make_shared<batch>();
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
  return queue(all, partition);
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

append_result frame_producer::queue(const std::shared_ptr<batch>& all,
                                    std::optional<std::uint32_t> partition) {
  const bool promises = options_.promise != append_promise::received;
  all->began_ns = options_.steady_ns();
  all->appended_by = std::this_thread::get_id();
  all->left.store(all->frames.size() + 1);
  if (promises) {
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
    if (promises) {
      unsettled_[all->appended_by].push_back(all);
    }
  }
  std::shared_ptr<kafka_producer> producer;
  {
    const std::lock_guard hold(state_mutex_);
    producer = producer_;
    refused_bytes_ = 0;
  }
  std::size_t queued = 0;
  for (; queued < all->frames.size(); ++queued) {
    const std::uint32_t to = partition.value_or(all->frames[queued]->header.shard);
    if (const kafka_queue_result done = produce(*producer, all, queued, to);
        done.status != kafka_queued::taken) {
      // Those before it are on their way: the append fails when they are reported.
      const std::string why = fmt::format(
          "Kafka's client does not take a frame for partition {} of "
          "topic {}: {}",
          to, options_.topic, done.why);
      note_failure(why);
      for (std::size_t rest = queued; rest < all->frames.size(); ++rest) {
        all->fail(why, all->frames[rest]->header.points);
      }
      break;
    }
  }
  append_result answer{promises ? append_status::pending : append_status::taken, {}, all->ticket};
  const std::size_t unqueued = all->frames.size() - queued;
  if (all->left.fetch_sub(unqueued + 1) == unqueued + 1) {
    finish(all);
  }
  return answer;
}

kafka_queue_result frame_producer::produce(kafka_producer& by, const std::shared_ptr<batch>& all,
                                           std::size_t index, std::uint32_t partition) {
  const std::shared_ptr<frame>& one = all->frames[index];
  const kafka_frame_record record(*one, partition);
  return by.produce(options_.topic, static_cast<std::int32_t>(partition), record.view(), one,
                    [this, all, index, partition](const kafka_delivery& delivery) {
                      report(all, index, partition, delivery);
                    });
}

// ---- reports, on the producer's thread

void frame_producer::report(const std::shared_ptr<batch>& all, std::size_t index,
                            std::uint32_t partition, const kafka_delivery& delivery) {
  const std::shared_ptr<frame>& one = all->frames[index];
  partition_counts& counts = by_partition_[partition];
  if (delivery.error.empty()) {
    const std::uint64_t points = one->header.points;
    const std::uint64_t bytes = one->stored.size();
    one->header.stored_bytes = static_cast<std::uint32_t>(bytes);
    one->header.shard = partition;  // as those who read it will find it
    if (delivery.offset >= 0) {
      one->header.position = log_position(static_cast<std::uint64_t>(delivery.offset) + 1);
    }
    appended_frames_.add_shared();
    appended_points_.add_shared(points);
    appended_bytes_.add_shared(bytes);
    counts.frames.add_shared();
    counts.points.add_shared(points);
    counts.bytes.add_shared(bytes);
    note_success();
    if (on_stored_ && delivery.offset >= 0) {
      on_stored_(one);
    }
  } else {
    const std::string why = words_for(partition, delivery);
    counts.failed.add_shared();
    all->fail(why, one->header.points);
    if (delivery.refused) {
      // It is about this record; others are taken.
      refused_records_.add_shared();
      journal_limited("kafka refused", journal_level::error, why);
    } else {
      note_failure(why);
    }
  }
  if (all->left.fetch_sub(1) == 1) {
    finish(all);
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

void frame_producer::finish(const std::shared_ptr<batch>& all) {
  bool wakes = false;
  {
    const std::lock_guard hold(mutex_);
    all->is_finished = true;
    const bool failed = !all->error.empty();
    if (!failed) {
      const std::int64_t now_ns = options_.steady_ns();
      rate_.add(all->stored_bytes, now_ns);
      latency_.observe(static_cast<double>(now_ns - all->began_ns) / 1e9);
    }
    if (all->ticket == nullptr) {
      conclude(*all);
    } else {
      const auto own = unsettled_.find(all->appended_by);
      WEIR_ASSERT(own != unsettled_.end());
      auto& waiting = own->second;
      // Settled under the lock, so that no two threads change the order of an appending thread's.
      while (!waiting.empty() && waiting.front()->is_finished) {
        conclude(*waiting.front());
        waiting.pop_front();
        wakes = true;
      }
      if (waiting.empty()) {
        unsettled_.erase(own);
      }
    }
  }
  if (wakes) {
    watchers_.wake_all();
  }
  finished_.notify_all();
}

/// Requires: mutex_.
void frame_producer::conclude(batch& done) {
  options_.frames.give_back(done.bytes);
  waiting_bytes_.fetch_sub(done.bytes, std::memory_order_relaxed);
  --unfinished_;
  if (!done.error.empty()) {
    failed_.add_shared();
  }
  if (done.ticket != nullptr) {
    done.ticket->settle(done.error.empty() ? append_status::taken : append_status::failed,
                        done.error);
  } else if (!done.error.empty()) {
    lost_points_.add_shared(done.lost_points);
    journal_limited("kafka lost", journal_level::error,
                    fmt::format("{} points that were acknowledged (log.acknowledge = \"received\") "
                                "are lost: {}",
                                done.lost_points, done.error));
  }
  done.frames.clear();
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

/// While appends fail, an intake gets none, as it says that it is not ready. So somebody has to
/// look whether they would succeed again.
void frame_producer::run() {
  result<std::unique_ptr<kafka_topics>> cluster = kafka_topics::make(options_.client);
  if (!cluster) {
    journal(journal_level::error, cluster.error().message);
  }
  producer_->get_to_know(options_.topic, options_.produce_timeout);
  std::unique_lock hold(state_mutex_);
  while (!stopping_) {
    const bool worries = !failed_why_.empty() || bad_looks_ > 0;
    state_changed_.wait_for(hold, worries ? options_.look_again : options_.look,
                            [&] { return stopping_ || (!worries && !failed_why_.empty()); });
    if (stopping_) {
      return;
    }
    if (!worries && !failed_why_.empty()) {
      continue;  // a failure was reported right now: in a moment
    }
    hold.unlock();
    renew_producer();
    if (cluster) {
      look_at_topic(*cluster.value());
    }
    hold.lock();
  }
}

void frame_producer::look_at_topic(const kafka_topics& cluster) {
  constexpr std::uint32_t bad_looks_max = 2;  // a leader may be elected just now
  const auto found = cluster.describe(options_.topic, options_.produce_timeout);
  std::string why;
  if (!found) {
    why = fmt::format("the brokers of log.brokers do not answer: {}", found.error().message);
  } else if (!found.value()) {
    why = fmt::format("topic {} is gone", options_.topic);
  } else if (found.value()->partitions != options_.shards) {
    why = fmt::format("topic {} has {} partitions, and had {} when weir began: restart weir",
                      options_.topic, found.value()->partitions, options_.shards);
  } else if (found.value()->leaderless > 0) {
    why = fmt::format("{} of {} partitions of topic {} have no leader", found.value()->leaderless,
                      options_.shards, options_.topic);
  } else if (found.value()->in_sync < options_.in_sync_least) {
    why = fmt::format(
        "a partition of topic {} has {} in-sync replicas, and min.insync.replicas "
        "is {}",
        options_.topic, found.value()->in_sync, options_.in_sync_least);
  }
  const std::lock_guard hold(state_mutex_);
  bad_looks_ = why.empty() ? 0 : bad_looks_ + 1;
  if (why.empty()) {
    failed_why_.clear();
  } else if (failed_why_.empty() && bad_looks_ >= bad_looks_max) {
    failed_why_ = why;
  }
  has_failed_.store(!failed_why_.empty(), std::memory_order_relaxed);
}

/// A producer that has lost its idempotence takes nothing any more, but a new one does.
void frame_producer::renew_producer() {
  std::vector<std::shared_ptr<kafka_producer>> ended;  // waits for its thread, without the lock
  const std::lock_guard hold(state_mutex_);
  std::erase_if(retired_, [&ended](std::shared_ptr<kafka_producer>& one) {
    const bool unused = one.use_count() == 1 && one->waiting() == 0;
    if (unused) {
      ended.push_back(std::move(one));
    }
    return unused;
  });
  const std::string fatal = producer_->fatal();
  if (fatal.empty()) {
    return;
  }
  auto made = make_producer();
  journal(made ? journal_level::warning : journal_level::error,
          fmt::format("kafka: the producer has failed for good ({}); {}", fatal,
                      made ? "there is a new one" : made.error().message));
  if (made) {
    retired_.push_back(std::exchange(producer_, std::move(made).value()));
    renewed_.add_shared();
  }
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
