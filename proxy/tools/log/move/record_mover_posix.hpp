// SPDX-License-Identifier: Apache-2.0
//
// Writes parts of a local log's frames to the partitions of a topic, cut by series. Each record
// says which part it is of (header `moved`), so that a run that follows one that was cut off moves
// none twice, and none behind what comes after it. One thread, and the producer's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/gzip.hpp"
#include "kafka/producer_rdkafka.hpp"
#include "log/frame.hpp"
#include "tools/log/move/move_job.hpp"
#include "tools/log/move/move_plan.hpp"

namespace weir {

class record_mover {
 public:
  /// `identity`: of the log. The topic must outlive it.
  [[nodiscard]] static result<std::unique_ptr<record_mover>> make(const prepared_topic& topic,
                                                                  std::uint32_t identity);

  /// Finds what an earlier run wrote, between these offsets. Fails where anybody else has written
  /// there.
  [[nodiscard]] outcome recover(const std::vector<std::int64_t>& begin,
                                const std::vector<kafka_offsets>& there);
  /// Where an earlier run cut the frame.
  void add_cuts(log_position position, std::set<std::uint32_t>& into) const;
  /// The part, with its lines.
  [[nodiscard]] outcome move(const frame_header& about, const move_part& part,
                             std::string_view lines);
  /// Waits until all is stored.
  [[nodiscard]] outcome flush();

  /// What is in the partition, in its order. After flush().
  [[nodiscard]] const std::vector<moved_part>& moved(std::uint32_t partition);
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  /// Of these, by earlier runs.
  [[nodiscard]] std::uint64_t recovered() const noexcept { return recovered_; }

 private:
  /// What earlier runs wrote to a partition.
  struct earlier {
    std::map<log_position, std::vector<byte_range>> parts;
    std::map<lane_key, log_position> last;
  };

  record_mover(const prepared_topic& topic, std::uint32_t identity)
      : topic_(topic),
        identity_(identity),
        moved_(topic.found.shards),
        earlier_(topic.found.shards) {}

  outcome recover_partition(std::uint32_t partition, std::int64_t begin, std::int64_t end);
  outcome take_back(std::uint32_t partition, kafka_record record);
  [[nodiscard]] bool is_there(std::uint32_t partition, const move_part& part) const;
  outcome check_order(std::uint32_t partition, const move_part& part) const;
  outcome produce(std::uint32_t partition, const move_part& part,
                  const std::shared_ptr<frame>& made);

  const prepared_topic& topic_;
  const std::uint32_t identity_;
  std::unique_ptr<kafka_producer> producer_;
  gzip_compressor compressor_;
  /// By partition; the producer's thread sets where frames of the batch went.
  std::vector<std::vector<moved_part>> moved_;
  std::vector<earlier> earlier_;
  std::mutex lock_;
  std::string failed_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t recovered_ = 0;
};

}  // namespace weir
