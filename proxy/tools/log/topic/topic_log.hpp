// SPDX-License-Identifier: Apache-2.0
//
// The log's topic in Kafka as the commands of `weir log` look at it: what partitions there are and
// how far they reach, and its frames in the order of their receipt. Reads outside of every consumer
// group, and changes nothing. One thread, which waits for the brokers.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "kafka/reader_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "log/kafka/kafka_frame.hpp"

namespace weir {

/// So long the brokers are waited for.
inline constexpr std::chrono::milliseconds brokers_wait{10'000};

/// How the cluster of a configuration is reached by a command.
[[nodiscard]] kafka_client_options kafka_client_of(const settings& configured);

class topic_log {
 public:
  struct partition {
    std::int32_t number = 0;
    /// When it was opened.
    kafka_offsets there;
  };

  /// Asks the brokers. Fails with what to do about it.
  [[nodiscard]] static result<topic_log> open(const settings& configured);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const kafka_client_options& client() const noexcept { return client_; }
  [[nodiscard]] const kafka_topic_facts& facts() const noexcept { return facts_; }
  [[nodiscard]] const std::vector<partition>& partitions() const noexcept { return partitions_; }
  /// Of the first record of each partition that was received then or later.
  [[nodiscard]] result<std::vector<std::int64_t>> offsets_at(std::int64_t received_ns) const;
  [[nodiscard]] std::vector<std::int64_t> first_offsets() const;
  [[nodiscard]] std::vector<std::int64_t> end_offsets() const;

 private:
  topic_log() = default;
  [[nodiscard]] result<bool> ends_before(const partition& one, std::int64_t received_ns) const;

  std::string name_;
  kafka_client_options client_;
  std::unique_ptr<kafka_topics> cluster_;
  kafka_topic_facts facts_;
  std::vector<partition> partitions_;
};

/// What reading found that is no frame.
struct topic_faults {
  std::uint64_t damaged = 0;
  std::uint64_t damaged_points = 0;
  std::uint64_t foreign = 0;
  std::uint64_t later = 0;
  /// Of the first ones, for people.
  std::vector<std::string> words;

  void add(const std::string& topic, std::int32_t partition, std::int64_t offset,
           const kafka_frame_result& found);
  [[nodiscard]] bool whole() const noexcept { return damaged == 0 && later == 0; }
};

/// Frames of all partitions, those of one partition in its order, and among partitions the one that
/// was received first.
class topic_scan {
 public:
  /// Reads each partition from `from` to before `to`.
  [[nodiscard]] static result<topic_scan> begin(const topic_log& log,
                                                const std::vector<std::int64_t>& from,
                                                const std::vector<std::int64_t>& to);

  struct item {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    /// nullptr: the end.
    std::shared_ptr<frame> found;
  };
  /// The next frame; what is none is counted in faults(). Waits for the brokers, and fails when
  /// they are silent for long.
  [[nodiscard]] result<item> next();
  /// Goes on up to these offsets, where each partition stands.
  void extend(const std::vector<std::int64_t>& to);
  /// Reads on what has come since, without an end; in the order in which it is there.
  [[nodiscard]] result<std::vector<item>> poll(std::chrono::milliseconds at_most);

  [[nodiscard]] const topic_faults& faults() const noexcept { return faults_; }
  /// Records read, frames or not, and their bytes.
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct part {
    std::int32_t number = 0;
    std::int64_t at = 0;  // offset of what is to be read next
    std::int64_t to = 0;
    std::unique_ptr<kafka_reader> reader;
    std::deque<item> ahead;
  };

  topic_scan() = default;
  [[nodiscard]] outcome fill(part& one);
  void take(part& one, std::vector<kafka_record> records);

  std::string topic_;
  std::vector<part> parts_;
  topic_faults faults_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace weir
