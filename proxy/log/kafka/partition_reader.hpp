// SPDX-License-Identifier: Apache-2.0
//
// Reads a partition_log: frames in memory are shared, and those that left it are read from Kafka
// again, in runs. Lives on its sink's thread, which waits while Kafka is read.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "kafka/reader_rdkafka.hpp"
#include "log/kafka/partition_log.hpp"

namespace weir {

class partition_reader final : public log_reader {
 public:
  explicit partition_reader(partition_log& log) : log_(log) {}

  read_result next(log_position from, const lane_key& lane) override;
  log_position headers(log_position from, std::size_t count_max,
                       std::vector<frame_header>& out) override;

 private:
  /// What Kafka had in [first, next).
  struct run {
    log_position first;
    log_position next;
    std::vector<frame_ptr> frames;
  };
  enum class memory_status : std::uint8_t { found, evicted, go_on, caught_up };

  memory_status look_in_memory(log_position& from, const lane_key& lane, frame_ptr& found);
  memory_status headers_in_memory(log_position& from, std::size_t count_max,
                                  std::vector<frame_header>& out);
  /// The run that has `position`, from those kept or from Kafka; nullptr: it cannot be read now.
  const run* run_at(log_position position);
  bool read_run(log_position position);
  void rest_if_idle();

  partition_log& log_;
  std::unique_ptr<kafka_reader> reader_;
  std::deque<run> runs_;  // the one used last is in front
  std::int64_t used_ns_ = 0;
  std::string detail_;
};

}  // namespace weir
