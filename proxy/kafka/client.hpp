// SPDX-License-Identifier: Apache-2.0
//
// What all clients of Kafka share: how a cluster is reached, and records as plain values. It knows
// no frames; those are log/kafka/'s. Pure: librdkafka is in *_rdkafka.cpp alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

struct kafka_client_options {
  /// "HOST:PORT", some of the cluster.
  std::vector<std::string> brokers;
  /// librdkafka's own properties, "NAME=VALUE" (TLS, SASL).
  std::vector<std::string> properties;
  /// How the brokers' logs call this client.
  std::string name = "weir";
};

struct kafka_header {
  std::string_view name;
  std::string_view value;
};

/// To be written. Views need to live only as long as the call that is given them, but for `value`.
struct kafka_record_view {
  std::string_view key;
  std::span<const kafka_header> headers = {};
  /// Nothing: a tombstone, which takes the key out of a compacted topic.
  std::optional<std::string_view> value = {};
  /// Milliseconds since the epoch; 0: now.
  std::int64_t timestamp_ms = 0;
};

/// As it was read.
struct kafka_record {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::string key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string value;
  bool tombstone = false;

  /// Of the first header of that name.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    for (const auto& [key_of, text] : headers) {
      if (key_of == name) {
        return text;
      }
    }
    return std::nullopt;
  }
};

/// First offset that is there, and the one that the next record will get.
struct kafka_offsets {
  std::int64_t first = 0;
  std::int64_t end = 0;
};

}  // namespace weir
