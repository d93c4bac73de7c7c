// SPDX-License-Identifier: Apache-2.0
//
// The parking place of a sink's partition in a compacted topic (docs/log_kafka.md): a record for
// each frame, in the format of the log's, under the sink's name and the frame's position; a
// tombstone once it is not needed any more. In memory is where each one is. What is parked is
// stored when `park` returns. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/reader_rdkafka.hpp"
#include "sinks/kafka/kept_partition_posix.hpp"
#include "sinks/parking/parking.hpp"

namespace weir {

/// The key of a parked frame, and back; nothing: it is none of that sink's.
[[nodiscard]] std::string parked_key(std::string_view sink, log_position position);
[[nodiscard]] std::optional<log_position> parked_position(std::string_view sink,
                                                          std::string_view key);

class parked_topic final : public parking {
 public:
  parked_topic(std::shared_ptr<kept_partition> kept, std::uint64_t keep_bytes)
      : kept_(std::move(kept)), shares_(keep_bytes) {}

  bool recover(const std::function<park_claim(const frame_header&)>& judge) override;
  parked park(const lane_key& lane, std::span<const frame_ptr> frames) override;
  [[nodiscard]] std::uint64_t bytes_of(const frame& one) const override;
  [[nodiscard]] read_result next(log_position from, const lane_key& lane) override;
  given_up give_up_oldest(const lane_key& lane, const lane_position& at) override;
  void release(const lane_key& lane, log_position below) override;
  [[nodiscard]] const park_shares& shares() const noexcept override { return shares_; }

 private:
  /// A frame, and where it is.
  struct entry {
    std::int64_t offset = 0;
    std::int64_t received_ns = 0;
    frame_kind kind = frame_kind::lines;
    std::uint32_t points = 0;
    std::uint32_t inflated_bytes = 0;
    std::uint64_t bytes = 0;
    /// It counts no more: its lane has given it up.
    bool given_up = false;
  };
  using entries = std::map<log_position, entry>;

  void found(kafka_record&& record);
  void keep(log_position position, const lane_key& lane, const entry& one);
  void judge_lane(const lane_key& lane, entries& of,
                  const std::function<park_claim(const frame_header&)>& judge);
  void count(const lane_key& lane);
  /// The record; nullptr: there is none any more, or, with `why`, it cannot be read now.
  [[nodiscard]] const kafka_record* record_at(std::int64_t offset, std::string& why);

  const std::shared_ptr<kept_partition> kept_;
  std::map<lane_key, entries> lanes_;
  park_shares shares_;
  /// How far `recover` has read, and whose lane each position is.
  std::int64_t scanned_ = 0;
  std::map<log_position, lane_key> lane_of_;
  /// Frames that a later weir parked, in a format that is not known.
  std::set<log_position> later_;
  bool recovered_ = false;
  std::unique_ptr<kafka_reader> reader_;
  /// What was read last.
  std::vector<kafka_record> run_;
};

}  // namespace weir
