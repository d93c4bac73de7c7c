// SPDX-License-Identifier: Apache-2.0
//
// What the producer's own thread does: it looks after the topic, renews a client that has failed
// for good, and fails what Kafka has not confirmed in time.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "log/kafka/frame_producer.hpp"
#include "log/kafka/kafka_topics.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

/// How often it is looked for appends that are late, at least.
constexpr std::chrono::milliseconds tick_max{500};
/// So long Kafka's client takes to report that something is late, at most.
constexpr std::int64_t client_delay_ns = 1'500'000'000;
/// So long a look at the topic takes at most.
constexpr std::chrono::milliseconds look_max{2'000};

}  // namespace

/// While appends fail, an intake gets none, as it says that it is not ready. So somebody has to
/// look whether they would succeed again.
void frame_producer::run() {
  using clock = std::chrono::steady_clock;
  // Of how late an append is failed.
  const std::chrono::milliseconds tick =
      std::clamp(options_.produce_timeout / 8, std::chrono::milliseconds{10}, tick_max);
  result<std::unique_ptr<kafka_topics>> cluster = kafka_topics::make(options_.client);
  if (!cluster) {
    journal(journal_level::error, cluster.error().message);
  }
  producer_->get_to_know(options_.topic, options_.produce_timeout);
  clock::time_point looked = clock::now();
  bool worried = false;
  std::unique_lock hold(state_mutex_);
  while (!stopping_) {
    const bool worries = !failed_why_.empty() || bad_looks_ > 0;
    if (worries && !worried) {
      looked = clock::now();  // a failure was reported right now: in a moment
    }
    worried = worries;
    const clock::time_point due = looked + (worries ? options_.look_again : options_.look);
    state_changed_.wait_until(hold, std::min(due, clock::now() + tick),
                              [&] { return stopping_ || (!worries && !failed_why_.empty()); });
    if (stopping_) {
      return;
    }
    hold.unlock();
    expire(options_.steady_ns());
    if (clock::now() >= due) {
      renew_producer();
      hand_over_waiting();
      if (cluster) {
        look_at_topic(*cluster.value());
        look_at_record_bytes(*cluster.value());
      }
      looked = clock::now();
    }
    hold.lock();
  }
}

/// What a producer that has failed for good, or was full, did not take.
void frame_producer::hand_over_waiting() {
  std::vector<given_up> failed;
  for (std::uint32_t i = 0; i < options_.shards && queued_.load(std::memory_order_relaxed) > 0;
       ++i) {
    const std::lock_guard hold(partitions_[i].lock);
    hand_over(i, partitions_[i], failed);
  }
  give_up(failed);
}

/// Fails what was appended too long ago. Kafka's client counts from when it was given a frame.
void frame_producer::expire(std::int64_t now_ns) {
  if (!promises()) {
    return;
  }
  const auto timeout_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(options_.produce_timeout).count();
  expire_queued(now_ns - timeout_ns);
  std::vector<batch_ptr> late;
  {
    const std::lock_guard hold(mutex_);
    for (const batch_ptr& each : appends_) {
      if (now_ns - each->began_ns < timeout_ns + client_delay_ns) {
        break;
      }
      if (!each->is_settled) {
        late.push_back(each);
      }
    }
  }
  if (late.empty()) {
    return;
  }
  const std::string why = words_for_late();
  note_failure(why);
  for (const batch_ptr& each : late) {
    each->fail(why, 0);
    const std::lock_guard hold(mutex_);
    if (!each->is_settled) {
      settle(*each);
    }
  }
  watchers_.wake_all();
}

/// Those that the client was not given.
void frame_producer::expire_queued(std::int64_t before_ns) {
  std::vector<given_up> failed;
  for (std::uint32_t i = 0; i < options_.shards && queued_.load(std::memory_order_relaxed) > 0;
       ++i) {
    const std::lock_guard hold(partitions_[i].lock);
    partition_queue& queue = partitions_[i].queue;
    while (!queue.empty() && queue.front().of->began_ns <= before_ns) {
      failed.push_back({queue.drop(), words_for_late()});
      queued_.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  give_up(failed);
}

void frame_producer::look_at_topic(const kafka_topics& cluster) {
  constexpr std::uint32_t bad_looks_max = 2;  // a leader may be elected just now
  const auto found = cluster.describe(options_.topic, std::min(options_.produce_timeout, look_max));
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

/// Brokers that did not tell at the start are not asked again.
void frame_producer::look_at_record_bytes(const kafka_topics& cluster) {
  if (record_bytes_ == 0 || !options_.on_record_bytes) {
    return;
  }
  const auto told = cluster.setting(options_.topic, "max.message.bytes",
                                    std::min(options_.produce_timeout, look_max));
  const auto bytes = told ? number_in(told.value()) : std::nullopt;
  if (bytes && *bytes != record_bytes_) {
    record_bytes_ = *bytes;
    options_.on_record_bytes(*bytes);
  }
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

}  // namespace weir
