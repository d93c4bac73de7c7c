// SPDX-License-Identifier: Apache-2.0
//
// A frame as a record of Kafka, and back (docs/log_kafka.md is the format). Pure: it sends and
// reads nothing. Anyone may write into a topic, so what is read is checked like what a stranger
// sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kafka/client.hpp"
#include "log/frame.hpp"

namespace weir {

/// Version of the format: what this weir writes, and the greatest that it reads.
inline constexpr std::uint32_t kafka_frame_version = 1;

/// What a broker counts of a record beside its value: names and values of the headers, the key, and
/// what frames them, at most.
[[nodiscard]] std::size_t kafka_frame_overhead(const frame& of) noexcept;

/// A frame's key and headers, in memory of its own. The frame must outlive it.
class kafka_frame_record {
 public:
  kafka_frame_record(const frame& of, std::uint32_t partition);
  kafka_frame_record(const kafka_frame_record&) = delete;
  kafka_frame_record& operator=(const kafka_frame_record&) = delete;

  /// Valid as long as this object; its value as long as the frame.
  [[nodiscard]] kafka_record_view view() const noexcept;

 private:
  static constexpr std::size_t headers_max = 12;
  static constexpr std::size_t digits_max = 160;

  template <class Number>
  std::string_view digits(Number number);
  std::string_view hexadecimal(std::uint64_t number);
  void add(std::string_view name, std::string_view value);

  const frame& of_;
  std::array<char, digits_max> digits_{};
  std::size_t digits_used_ = 0;
  std::array<kafka_header, headers_max> headers_{};
  std::size_t headers_used_ = 0;
  std::string_view key_;
};

enum class kafka_frame_status : std::uint8_t {
  whole,
  foreign,  // another program wrote it: it has no header `weir`
  later,    // a later weir wrote it
  damaged,  // its headers contradict each other or its value
};

struct kafka_frame_result {
  kafka_frame_status status = kafka_frame_status::damaged;
  /// Of a whole one: its position is the record's offset plus one, its shard the partition.
  std::shared_ptr<frame> found;
  /// Of a damaged one, as its headers say; 0: unknown.
  std::uint32_t points = 0;
  /// Of one that is not whole: what is wrong with it.
  std::string why;
};

/// Takes the record's value.
[[nodiscard]] kafka_frame_result frame_of_record(kafka_record&& record);

}  // namespace weir
