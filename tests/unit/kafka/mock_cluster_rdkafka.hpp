// SPDX-License-Identifier: Apache-2.0
//
// librdkafka's mock cluster in the test's own process, for a test's lifetime.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kafka/client.hpp"

namespace weir {

class mock_cluster {
 public:
  explicit mock_cluster(int brokers = 1) : brokers_(brokers) {
    rd_kafka_conf_t* keys = rd_kafka_conf_new();
    rd_kafka_conf_set(keys, "log_level", "3", nullptr, 0);
    handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, keys, nullptr, 0));
    if (!handle_) {
      throw std::runtime_error("librdkafka made no client");
    }
    cluster_.reset(rd_kafka_mock_cluster_new(handle_.get(), brokers));
  }

  mock_cluster& topic(const std::string& name, int partitions) {
    rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), partitions, brokers_);
    return *this;
  }

  [[nodiscard]] kafka_client_options client() const {
    return {.brokers = {rd_kafka_mock_cluster_bootstraps(cluster_.get())}, .properties = {}};
  }

  static constexpr std::int16_t produce = 0;

  void errors(std::int16_t request, std::initializer_list<rd_kafka_resp_err_t> each) {
    const std::vector<rd_kafka_resp_err_t> pushed(each);
    rd_kafka_mock_push_request_errors_array(cluster_.get(), request, pushed.size(), pushed.data());
  }
  void down() { rd_kafka_mock_broker_set_down(cluster_.get(), -1); }
  void up() { rd_kafka_mock_broker_set_up(cluster_.get(), -1); }
  void leader(const std::string& topic, std::int32_t partition, std::int32_t broker) {
    rd_kafka_mock_partition_set_leader(cluster_.get(), topic.c_str(), partition, broker);
  }
  void round_trip_ms(std::int32_t broker, int ms) {
    rd_kafka_mock_broker_set_rtt(cluster_.get(), broker, ms);
  }
  void round_trip_ms(int ms) { rd_kafka_mock_broker_set_rtt(cluster_.get(), -1, ms); }

 private:
  struct handle_end {
    void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
  };
  struct cluster_end {
    void operator()(rd_kafka_mock_cluster_t* cluster) const {
      rd_kafka_mock_cluster_destroy(cluster);
    }
  };
  int brokers_;
  std::unique_ptr<rd_kafka_t, handle_end> handle_;
  std::unique_ptr<rd_kafka_mock_cluster_t, cluster_end> cluster_;
};

}  // namespace weir
