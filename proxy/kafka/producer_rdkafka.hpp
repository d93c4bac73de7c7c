// SPDX-License-Identifier: Apache-2.0
//
// Writes records to Kafka: idempotent, acknowledged by all in-sync replicas (`acks=all`), each with
// a report of its delivery. A thread of its own calls those reports.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "kafka/client.hpp"

namespace weir {

struct kafka_producer_options {
  kafka_client_options client;
  /// Of records that are not reported yet. At least 1 KiB; rounded to KiB.
  std::uint64_t queue_bytes_max = std::uint64_t{64} << 20;
  /// What is not delivered by then is reported as failed (librdkafka's `delivery.timeout.ms`); 0:
  /// it is tried for ever.
  std::chrono::milliseconds delivery_timeout{5'000};
  /// Of one record with its headers. The broker has a limit, too (`max.message.bytes`).
  std::uint32_t record_bytes_max = std::uint32_t{2} << 20;
};

/// Of one record.
struct kafka_delivery {
  /// Where it is; -1: it is not known to be stored. (One that timed out may be stored yet.)
  std::int64_t offset = -1;
  /// Empty: it is stored.
  std::string error;
  /// The broker said that it will never take this record (it is too large, say).
  bool refused = false;
};

enum class kafka_queued : std::uint8_t {
  taken,
  full,    // queue_bytes_max is used up: later
  failed,  // never: the record is too large, the topic has no such partition, or the client is
           // fatal
};

struct kafka_queue_result {
  kafka_queued status = kafka_queued::taken;
  std::string why = {};
};

class kafka_producer {
 public:
  using reported = std::function<void(const kafka_delivery&)>;

  [[nodiscard]] static result<std::unique_ptr<kafka_producer>> make(kafka_producer_options options);
  /// What is not delivered is reported as failed, and the thread ends.
  ~kafka_producer();
  kafka_producer(const kafka_producer&) = delete;
  kafka_producer& operator=(const kafka_producer&) = delete;

  /// Any thread. `done` is called once, on the producer's thread, if the record was taken; records
  /// of one partition are reported in the order in which they were given. `record.value` is not
  /// copied: `owner` keeps it alive until then.
  [[nodiscard]] kafka_queue_result produce(const std::string& topic, std::int32_t partition,
                                           const kafka_record_view& record,
                                           std::shared_ptr<const void> owner, reported done);
  /// Produces a copy of the record and waits for its report, for as long as delivery_timeout (which
  /// must not be 0). Not on the producer's thread.
  [[nodiscard]] result<std::int64_t> produce_and_wait(const std::string& topic,
                                                      std::int32_t partition,
                                                      const kafka_record_view& record);
  /// Asks the brokers about a topic, and waits for the answer: the first record of a topic that is
  /// not known waits for a second otherwise. Any thread.
  void get_to_know(const std::string& topic, std::chrono::milliseconds at_most);
  /// Waits until all is reported. False: not by then.
  [[nodiscard]] bool flush(std::chrono::milliseconds at_most);
  /// Records taken and not reported yet. Any thread.
  [[nodiscard]] std::uint64_t waiting() const;
  /// Idempotence is lost for good (say, another client's epoch): no record will be taken any more.
  /// Empty: it is not. Any thread.
  [[nodiscard]] std::string fatal() const;

 private:
  struct state;
  explicit kafka_producer(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace weir
