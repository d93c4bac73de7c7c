// SPDX-License-Identifier: Apache-2.0
//
// The stores of a sink on one partition: its cursor and books in the topic of states, and with the
// cursor the group's offset; what is parked in the topic for that; refused batches in files, of
// this machine. Each lives on its sink's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sinks/kafka/kept_partition_posix.hpp"
#include "sinks/state/sink_stores.hpp"

namespace weir {

struct topic_stores_options {
  std::shared_ptr<kept_partition> kept;
  /// Where the sink begins, or goes on.
  cursor_state start;
  /// Nothing is known of what was delivered before.
  bool begins = false;
  /// See sink_stores::cursor_pace.
  std::chrono::milliseconds pace{1'000};
  /// Of refused batches; empty: they are not kept.
  std::string state_directory;
  /// They survive a loss of power, too.
  bool stable = false;
  /// Partitions of the topic: each has its part of what a sink may keep.
  std::uint32_t shards = 1;
};

[[nodiscard]] std::shared_ptr<sink_stores> make_topic_stores(topic_stores_options options);

}  // namespace weir
