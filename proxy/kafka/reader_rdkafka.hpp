// SPDX-License-Identifier: Apache-2.0
//
// Reads one partition from any offset, outside of every group: for scans of a topic, and for what a
// group's member has read before. One thread, which waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kafka/client.hpp"

namespace weir {

class kafka_reader {
 public:
  [[nodiscard]] static result<std::unique_ptr<kafka_reader>> make(
      const kafka_client_options& client, std::string topic, std::int32_t partition);
  ~kafka_reader();
  kafka_reader(const kafka_reader&) = delete;
  kafka_reader& operator=(const kafka_reader&) = delete;

  struct found {
    std::vector<kafka_record> records;
    /// Where to go on.
    std::int64_t next = 0;
    /// There was nothing behind `records` when they were read.
    bool at_end = false;
  };
  /// Records at or after `from`: those that have been fetched, or the next to come, up to
  /// `bytes_max` bytes (one at least). None: the partition ends, or `at_most` is over. Going on at
  /// `next` is cheap; elsewhere what was fetched ahead is thrown away. Offsets before the first one
  /// that is there are passed over.
  [[nodiscard]] result<found> read(std::int64_t from, std::size_t bytes_max,
                                   std::chrono::milliseconds at_most);

  /// What the partition has now.
  [[nodiscard]] result<kafka_offsets> offsets(std::chrono::milliseconds at_most) const;

 private:
  struct state;
  explicit kafka_reader(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace weir
