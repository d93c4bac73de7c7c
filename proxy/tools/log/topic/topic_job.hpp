// SPDX-License-Identifier: Apache-2.0
//
// What the commands of `weir log` do where the log is a topic in Kafka.
#pragma once

#include <cstdint>
#include <limits>

#include "base/glob.hpp"
#include "config/settings.hpp"
#include "tools/log/log_command.hpp"
#include "tools/log/topic/topic_log.hpp"

namespace weir {

struct topic_job {
  const log_arguments& given;
  const settings& configured;
  const topic_log& log;
  /// Times of receipt: [since, until).
  std::int64_t since_ns = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_ns = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] bool wants(const frame_header& header) const {
    return header.kind == frame_kind::lines && header.received_ns >= since_ns &&
           header.received_ns < until_ns &&
           (given.database.empty() || matches_pattern(given.database, header.database));
  }
};

int stat_topic(const topic_job& job);
int tail_topic(const topic_job& job);
int export_topic(const topic_job& job);
int verify_topic(const topic_job& job);
int replay_topic(const topic_job& job);
/// Copies the frames that are to be delivered once more to a log in `directory`, in the order of
/// their receipt; what was copied whole before is left as it is.
[[nodiscard]] outcome fetch_for_replay(const topic_job& job, const std::string& directory);
/// Removes that log.
[[nodiscard]] outcome forget_fetched(const std::string& directory);

}  // namespace weir
