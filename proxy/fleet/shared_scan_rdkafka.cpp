// SPDX-License-Identifier: Apache-2.0
#include "fleet/shared_scan_rdkafka.hpp"

#include <fmt/format.h>

#include <array>
#include <mutex>
#include <utility>

#include "fleet/shared_record.hpp"
#include "kafka/producer_rdkafka.hpp"
#include "kafka/reader_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"

namespace weir {
namespace {

constexpr std::size_t read_bytes_max = std::size_t{4} << 20;
constexpr std::chrono::milliseconds read_wait{500};

}  // namespace

outcome scan_shared_topic(const shared_scan_options& from,
                          const std::function<void(const kafka_record&)>& take) {
  const auto topics = kafka_topics::make(from.client);
  if (!topics) {
    return topics.error();
  }
  const auto found = topics.value()->describe(from.topic, from.at_most);
  if (!found) {
    return failure{
        fmt::format("no broker of log.brokers tells of topic {}: {}; look whether they are "
                    "up and reached from here",
                    from.topic, found.error().message)};
  }
  if (!found.value()) {
    return failure{fmt::format("there is no topic {}: no weir has run with this log", from.topic)};
  }
  auto reader = kafka_reader::make(from.client, from.topic, 0);
  if (!reader) {
    return reader.error();
  }
  std::int64_t next = 0;
  std::string why = "nothing came";
  auto last = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - last < from.at_most) {
    auto read = reader.value()->read(next, read_bytes_max, read_wait);
    if (!read) {
      why = read.error().message;
      continue;
    }
    for (const kafka_record& record : read.value().records) {
      take(record);
    }
    if (read.value().next > next) {
      last = std::chrono::steady_clock::now();
      next = read.value().next;
    }
    if (read.value().at_end) {
      return nothing{};
    }
  }
  return failure{fmt::format("topic {} cannot be read to its end: {}", from.topic, why)};
}

outcome take_out_of_shared_topic(const shared_scan_options& from,
                                 const std::vector<std::string>& keys) {
  std::mutex lock;
  std::string trouble;
  const auto note = [&](const std::string& why) {
    const std::lock_guard hold(lock);
    trouble = why.empty() ? trouble : why;
  };
  {
    auto producer = kafka_producer::make({.client = from.client, .delivery_timeout = from.at_most});
    if (!producer) {
      return producer.error();
    }
    const std::array headers{kafka_header{shared_version_header, shared_version}};
    for (const std::string& key : keys) {
      kafka_queue_result queued;
      do {
        queued = producer.value()->produce(
            from.topic, 0, {.key = key, .headers = headers}, nullptr,
            [&note](const kafka_delivery& delivery) { note(delivery.error); });
      } while (queued.status == kafka_queued::full && producer.value()->flush(from.at_most));
      note(queued.status == kafka_queued::taken ? std::string{} : queued.why);
    }
    static_cast<void>(producer.value()->flush(from.at_most));
    // What is left over is reported as failed.
  }
  if (!trouble.empty()) {
    return failure{fmt::format("topic {} cannot be written: {}", from.topic, trouble)};
  }
  return nothing{};
}

}  // namespace weir
