// SPDX-License-Identifier: Apache-2.0
#include "server/log/topic_watch.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text/counted.hpp"
#include "observe/journal.hpp"

namespace weir {

topic_watch::topic_watch(topic_watch_options options) : options_(std::move(options)) {
  known_.topic = options_.topic;
  known_.brokers = options_.brokers;
  work();
}

void topic_watch::start() {
  thread_ = std::thread([this] { run(); });
}

void topic_watch::stop() {
  {
    const std::lock_guard hold(lock_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void topic_watch::run() {
  std::unique_lock hold(lock_);
  while (!wake_.wait_for(hold, options_.every, [this] { return stopping_; })) {
    hold.unlock();
    work();
    hold.lock();
  }
}

void topic_watch::work() {
  cluster_standing now = standing();
  const cluster_standing before = now;
  const outcome answered = options_.ask(now);
  const std::lock_guard hold(lock_);
  silences_ = answered ? 0 : silences_ + 1;
  if (answered) {
    now.fault.clear();
  } else if (silences_ >= silences_told) {
    now.fault = answered.error().message;
  }
  known_ = now;
  journal_changes(before, now);
}

void topic_watch::journal_changes(const cluster_standing& before,
                                  const cluster_standing& now) const {
  if (before.fault.empty() && !now.fault.empty()) {
    journal(journal_level::warning, fmt::format("kafka does not answer: {}", now.fault));
  } else if (!before.fault.empty() && now.fault.empty()) {
    journal(journal_level::info, "kafka answers again");
  }
  if (now.leaderless > before.leaderless) {
    journal(journal_level::warning,
            fmt::format("{} of the topic {} of {} have no leader: writes of their series are "
                        "answered 503, and their points wait",
                        now.leaderless, now.topic, counted(now.partitions, "partition")));
  } else if (now.leaderless == 0 && before.leaderless > 0) {
    journal(journal_level::info,
            fmt::format("all partitions of the topic {} have a leader again", now.topic));
  }
}

cluster_standing topic_watch::standing() const {
  const std::lock_guard hold(lock_);
  return known_;
}

void topic_watch::collect(metric_collector& out) const {
  const cluster_standing now = standing();
  out.gauge_value("weir_log_topic_partitions", "Partitions of the log's topic in Kafka.",
                  now.partitions, {{"topic", now.topic}});
  out.gauge_value("weir_log_topic_leaderless",
                  "Partitions that have no leader: nothing can be written to them now.",
                  now.leaderless, {{"topic", now.topic}});
  out.gauge_value("weir_log_topic_answers", "1: Kafka answered when it was last asked; 0: not.",
                  now.fault.empty() ? 1 : 0, {{"topic", now.topic}});
}

}  // namespace weir
