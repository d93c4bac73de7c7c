// SPDX-License-Identifier: Apache-2.0
//
// A topic that its sinks leave: where each stands in each partition, and the frames, and parts of
// frames, that some still need. One thread, which waits for the brokers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sinks/remote_write/sending/sent_ledger.hpp"
#include "tools/log/move/move_job.hpp"
#include "tools/log/move/move_plan.hpp"
#include "tools/log/topic/topic_log.hpp"

namespace weir {

class leaving_topic {
 public:
  /// Finds where the sinks stand. Fails where a weir that delivers runs.
  [[nodiscard]] static result<std::unique_ptr<leaving_topic>> open(const settings& configured,
                                                                   prepared_topic topic);

  struct sink_in_partition {
    cursor_state cursor;
    std::shared_ptr<kept_partition> kept;
    parked_place parked;
    std::string sent;
    std::string series;
  };
  struct sink {
    const sink_settings* settings = nullptr;
    sink_group group;
    /// By partition.
    std::vector<sink_in_partition> in;
  };
  [[nodiscard]] const std::vector<sink>& sinks() const noexcept { return sinks_; }
  [[nodiscard]] const prepared_topic& topic() const noexcept { return topic_; }
  /// Where the partitions ended when it was opened.
  [[nodiscard]] std::vector<std::int64_t> ends() const { return log_.end_offsets(); }
  /// Records that are to be looked at.
  [[nodiscard]] std::uint64_t records() const;

  struct shown_part {
    std::uint32_t partition = 0;
    const frame& whole;
    const move_part& part;
    /// Of the sinks, in their order: who needs it, and how much of it each has.
    const std::vector<bool>& needed_by;
    const std::vector<std::uint64_t>& delivered;
    std::size_t needs = 0;
  };
  /// Shows what some sink needs: what is parked, and then the partitions side by side, those of
  /// each in its order. `looked_at` is told how many records were. Fails at one that a later weir
  /// wrote.
  [[nodiscard]] outcome each_part(const std::function<outcome(const shown_part&)>& visit,
                                  const std::function<void(std::uint64_t)>& looked_at);
  /// Of the last each_part.
  [[nodiscard]] const topic_faults& faults() const noexcept { return faults_; }

  /// Fails where weirs have written to it since it was opened.
  [[nodiscard]] outcome check_that_nobody_writes() const;
  /// From now on the sinks are done with all that it has.
  [[nodiscard]] outcome leave();

 private:
  leaving_topic(const settings& configured, prepared_topic topic, topic_log log)
      : configured_(configured), topic_(std::move(topic)), log_(std::move(log)) {}

  [[nodiscard]] outcome find_sinks();
  [[nodiscard]] outcome find_in(sink& of, std::uint32_t partition);
  [[nodiscard]] result<log_position> begin_of(const sink_settings& of,
                                              std::uint32_t partition) const;
  [[nodiscard]] std::vector<std::int64_t> first_needed() const;
  [[nodiscard]] outcome show(const frame& one, std::uint32_t partition,
                             const std::function<outcome(const shown_part&)>& visit) const;

  const settings& configured_;
  prepared_topic topic_;
  topic_log log_;
  std::vector<sink> sinks_;
  topic_faults faults_;
};

}  // namespace weir
