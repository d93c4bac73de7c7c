// SPDX-License-Identifier: Apache-2.0
//
// Decides what /health and /ready say of what is known. Healthy is what can go on without a person
// and without a restart; ready is what takes writes now. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "log/frame_log.hpp"
#include "sinks/sink_set.hpp"

namespace weir {

/// How Kafka was when it was last asked, where the log is a topic.
struct cluster_standing {
  std::string topic{};
  /// As they are configured.
  std::vector<std::string> brokers{};
  std::uint32_t partitions = 0;
  std::uint32_t replicas = 0;
  /// Partitions that nothing can be written to or read from now.
  std::uint32_t leaderless = 0;
  /// Why it does not answer; empty: it does.
  std::string fault{};
};

/// How the topic is that weirs of one log share (docs/log_kafka.md, "What intakes share").
struct shared_standing {
  std::string topic{};
  /// Why it cannot be read or written; empty: it can.
  std::string fault{};
};

/// What a process is there for, and what it depends on.
struct health_duties {
  bool takes_writes = true;
  bool delivers = true;
  /// Empty: the log is not in Kafka. Any thread.
  std::function<cluster_standing()> cluster = {};
  /// Empty: types and databases are this process' own. Any thread.
  std::function<shared_standing()> shared = {};
};

struct health_facts {
  /// What the next append would be answered.
  append_result log{};
  std::vector<sink_standing> sinks{};
  /// Of a process that only delivers, nobody asks whether the log takes writes.
  bool takes_writes = true;
  /// Nothing: the log is not in Kafka.
  std::optional<cluster_standing> cluster{};
  /// Nothing: types and databases are this process' own.
  std::optional<shared_standing> shared{};
  /// Weir ends.
  bool draining = false;
  /// Why the last reload of the configuration failed; empty: it did not.
  std::string reload_failed{};
};

/// What both say, as sentences.
struct health_verdict {
  bool healthy = true;
  bool ready = true;
  /// What is not as it should be, also where weir is healthy none the less.
  std::vector<std::string> why{};
};
[[nodiscard]] health_verdict verdict_of(const health_facts& known);

/// 503 where the disk refuses the log, Kafka does not answer or has partitions without a leader,
/// the topic that weirs share cannot be read or written, or lanes are held: an operator has to act.
/// A full log empties by itself once the servers behind its sinks take points again: it is
/// reported, and no failure. Nor is a reload that failed: weir goes on with the configuration that
/// it had.
[[nodiscard]] http::response health_of(const health_facts& known);

/// 503 while every write would be answered so, and why. Where only some would be, because the topic
/// that weirs share cannot be used, it is ready and says so. A process that only delivers is ready
/// as long as it does not end.
[[nodiscard]] http::response readiness_of(const health_facts& known);

}  // namespace weir
