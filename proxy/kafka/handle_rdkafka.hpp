// SPDX-License-Identifier: Apache-2.0
//
// How librdkafka's objects are made and freed, for the *_rdkafka.cpp files alone.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "kafka/client.hpp"

namespace weir {

struct kafka_deleter {
  void operator()(rd_kafka_t* handle) const noexcept { rd_kafka_destroy(handle); }
  void operator()(rd_kafka_conf_t* conf) const noexcept { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_error_t* error) const noexcept { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_queue_t* queue) const noexcept { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const noexcept { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_topic_partition_list_t* list) const noexcept {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
template <class T>
using kafka_ptr = std::unique_ptr<T, kafka_deleter>;

/// A client's configuration: its brokers, the user's properties, then `own` ones, which win.
/// `opaque` is what callbacks get.
[[nodiscard]] result<kafka_ptr<rd_kafka_conf_t>> make_kafka_conf(
    const kafka_client_options& client, std::span<const std::pair<std::string, std::string>> own,
    void* opaque = nullptr);

/// The same of a consumer: it commits nothing by itself, tells where a partition ends, begins at
/// the first record where the one wanted is gone, and checks what it fetched, of which it holds so
/// much.
[[nodiscard]] result<kafka_ptr<rd_kafka_conf_t>> make_consumer_conf(
    const kafka_client_options& client, const std::string& group, std::uint32_t fetched_kib_max,
    std::span<const std::pair<std::string, std::string>> own = {}, void* opaque = nullptr);

/// Takes `conf`, also where it fails.
[[nodiscard]] result<kafka_ptr<rd_kafka_t>> make_kafka_handle(rd_kafka_type_t type,
                                                              kafka_ptr<rd_kafka_conf_t> conf);

/// What an error is called, with its name for those who search for it.
[[nodiscard]] std::string kafka_error_text(rd_kafka_resp_err_t error);

/// Has the handle learn who leads the topic's partitions. It does so by itself, too, but looks once
/// a second while no broker is connected.
void ask_about_topic(rd_kafka_t& handle, const std::string& topic,
                     std::chrono::milliseconds at_most);

[[nodiscard]] kafka_record to_kafka_record(const rd_kafka_message_t& message);

}  // namespace weir
