// SPDX-License-Identifier: Apache-2.0
//
// What the answers of InfluxDB 1.x, 2.x and 3.x mean, and of what else may stand
// at their address (proxies, web servers). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log/frame_log.hpp"
#include "net/http_reply.hpp"
#include "net/server_message.hpp"
#include "sinks/attempt_result.hpp"

namespace weir {

enum class influxdb_meaning : std::uint8_t {
  stored,            // 204
  not_stored,        // any other 2xx, and 3xx: something answers, but it is no database
  partial_write,     // the good lines are stored, some are not and never will be
  too_large,         // 413
  busy,              // the same batch may pass later
  failed,            // no answer, or a server's failure: it is down, or fails on this batch
  not_allowed,       // until the configuration or the server is repaired
  missing_database,  // `database not found`
  missing_policy,    // `retention policy not found`
  wrong_place,       // this is not the server it is taken for
  refused,           // this batch will never pass
};

/// Total: every answer has a meaning. Requires: reply.answered. `said` is what its body says.
[[nodiscard]] influxdb_meaning influxdb_meaning_of(const http_reply& reply,
                                                   const server_words& said);

/// What one write came to, taken for itself. A lane's missing database may be created.
struct influxdb_write_answer {
  attempt_result result;
  influxdb_meaning means = influxdb_meaning::failed;
  /// The server's own, uncut, or its status.
  std::string words{};
  /// The lines that an InfluxDB 3 lists.
  std::vector<numbered_refusal> listed{};

  [[nodiscard]] bool missing_database() const noexcept {
    return means == influxdb_meaning::missing_database;
  }
};

/// Any reply to a write of `lane`, also none. Messages of a held lane end in what to do.
[[nodiscard]] influxdb_write_answer read_write_answer(const http_reply& reply,
                                                      const lane_key& lane);

/// Any reply to CREATE DATABASE, also none: retry at once where it succeeded; else retry or hold.
[[nodiscard]] attempt_result read_creation_answer(const http_reply& reply);

/// The number of points that a partial write lost, by the message of an InfluxDB 1 or 2; at
/// least 1.
[[nodiscard]] std::uint64_t dropped_points(std::string_view message);

}  // namespace weir
