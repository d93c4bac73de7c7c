// SPDX-License-Identifier: Apache-2.0
//
// One configured sink as a member of its consumer group, and what it has of each partition that is
// its: a log that the group feeds, and a sink on it, made as every sink is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kafka/group_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "log/kafka/partition_log.hpp"
#include "sinks/kafka/kafka_sinks.hpp"
#include "sinks/kafka/kept_partition_posix.hpp"
#include "sinks/sink_set.hpp"

namespace weir {

/// What all members of a process share. Must outlive them.
struct partition_sinks_world {
  const kafka_sinks_options& options;
  const sink_environment& environment;
  state_producer& producer;
  read_share& memory;
};

class partition_sinks {
 public:
  /// Joins the sink's group. Its partitions come later, by themselves. `state_bytes` is the sink's
  /// share.
  [[nodiscard]] static result<std::unique_ptr<partition_sinks>> join(
      const partition_sinks_world& world, const sink_change& wanted);
  ~partition_sinks();
  partition_sinks(const partition_sinks&) = delete;
  partition_sinks& operator=(const partition_sinks&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// On the control thread.
  [[nodiscard]] const sink_change& wanted() const noexcept { return wanted_; }
  /// With other settings from now on, on all partitions or on none.
  [[nodiscard]] outcome change(const sink_change& wanted);
  /// Lets requests under way finish for so long, keeps all cursors, gives the partitions back and
  /// leaves the group. Once.
  void leave(std::chrono::milliseconds finish_within);

  /// Calls `what` for the sink of each partition. Any thread.
  std::size_t each(const std::function<void(std::int32_t partition, sink_set& on)>& what) const;
  bool drain(std::chrono::steady_clock::time_point deadline);
  /// See sink_set. `known`: where partitions ended that something is given up of. Any thread.
  void when_idle(const std::string& database, bool drop,
                 const std::optional<std::map<std::int32_t, std::int64_t>>& known,
                 const std::function<void()>& done);
  void collect(metric_collector& out) const;
  [[nodiscard]] sink_standing standing() const;

 private:
  class source;
  struct on_partition;

  partition_sinks(const partition_sinks_world& world, sink_change wanted);

  // On the group's thread.
  [[nodiscard]] std::vector<std::int64_t> assigned(const std::vector<std::int32_t>& partitions);
  void revoked(const std::vector<std::int32_t>& partitions, bool lost);
  void received(kafka_record record);
  void at_end(std::int32_t partition, std::int64_t end);
  void turn();

  void give_up_dropped(std::int32_t partition);
  void look_at_firsts();
  /// Whether the partitions are still this member's, as far as it can know: a process that stood
  /// still for a session's time finds out only when its group's thread has run.
  [[nodiscard]] bool is_heard_of() const;
  [[nodiscard]] result<std::unique_ptr<on_partition>> open(std::int32_t partition);
  /// Fills in what the partition has, and where the sink goes on.
  [[nodiscard]] outcome find_start(on_partition& made, kafka_offsets& there, cursor_state& start,
                                   bool& begins);
  [[nodiscard]] outcome begin(on_partition& made, kafka_offsets there, cursor_state start,
                              bool begins);
  void note_unopened(std::int32_t partition, const std::string& why);
  [[nodiscard]] on_partition* find(std::int32_t partition) const;
  /// Of its sink, with what others have delivered of it left out of `delivered_here`.
  [[nodiscard]] static std::vector<sink_standing> standings_of(const on_partition& one);
  /// Points that this process has delivered of a partition since it has it.
  [[nodiscard]] static std::uint64_t delivered_here(const on_partition& one);
  static void end(on_partition& one, std::chrono::milliseconds finish_within);

  [[nodiscard]] const sink_settings& settings() const noexcept { return wanted_.sinks.front(); }

  const partition_sinks_world& world_;
  const std::string name_;
  const std::string group_name_;
  std::unique_ptr<kafka_topics> topics_;
  /// Held while partitions or settings change, however long that takes.
  std::mutex turn_;
  /// Of the list of partitions, and of the settings: briefly, by those who change or only read
  /// them. Taken after `turn_`.
  mutable std::shared_mutex lock_;
  /// The one sink, and its shares of `[limits]`.
  sink_change wanted_;
  std::map<std::int32_t, std::unique_ptr<on_partition>> partitions_;
  /// For what is given back.
  std::atomic<std::chrono::milliseconds> finish_within_{sink_set::finish_within};
  /// Of partitions that are here no more.
  std::atomic<std::uint64_t> delivered_gone_{0};
  /// When the group's thread was last well, in monotonic milliseconds.
  std::atomic<std::int64_t> heard_ms_{0};
  /// Assigned, but they could not be opened yet; of the group's thread.
  std::set<std::int32_t> unopened_;
  std::chrono::steady_clock::time_point look_again_{};
  std::chrono::steady_clock::time_point look_at_firsts_{};
  std::promise<kafka_group*> joined_;
  std::shared_future<kafka_group*> group_is_;
  std::unique_ptr<kafka_group> group_;
};

}  // namespace weir
