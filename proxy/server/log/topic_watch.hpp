// SPDX-License-Identifier: Apache-2.0
//
// Asks Kafka now and then how the log's topic is, for /health, /metrics and the status page: the
// log itself learns of Kafka only when it writes or reads. A thread of its own, which waits for the
// answers. What is asked is passed in; it does not know Kafka.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "observe/metrics.hpp"
#include "server/health_report.hpp"

namespace weir {

struct topic_watch_options {
  std::string topic;
  std::vector<std::string> brokers;
  /// Fills in what of a topic changes: partitions, replicas and those without a leader. Called on
  /// the watch's thread, and on that of the constructor once.
  std::function<outcome(cluster_standing&)> ask;
  std::chrono::milliseconds every{5'000};
};

class topic_watch {
 public:
  /// So many questions in a row may stay without an answer: one is not told.
  static constexpr unsigned silences_told = 2;

  /// Asks at once.
  explicit topic_watch(topic_watch_options options);
  ~topic_watch() { stop(); }
  topic_watch(const topic_watch&) = delete;
  topic_watch& operator=(const topic_watch&) = delete;

  void start();
  void stop();
  /// What the thread does each time. For tests without a thread.
  void work();

  /// Any thread.
  [[nodiscard]] cluster_standing standing() const;
  /// Any thread.
  void collect(metric_collector& out) const;

 private:
  void run();
  void journal_changes(const cluster_standing& before, const cluster_standing& now) const;

  const topic_watch_options options_;
  mutable std::mutex lock_;
  std::condition_variable wake_;
  bool stopping_ = false;
  cluster_standing known_;
  unsigned silences_ = 0;
  std::thread thread_;
};

}  // namespace weir
