// SPDX-License-Identifier: Apache-2.0
//
// What the commands of `weir log` work on, and how they complain.
#pragma once

#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>

#include "base/glob.hpp"
#include "config/settings.hpp"
#include "log/local/stored_log.hpp"
#include "tools/log/log_command.hpp"

namespace weir {

struct log_job {
  const log_arguments& given;
  settings configured;
  stored_log log;
  /// Times of receipt: [since, until).
  std::int64_t since_ns = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_ns = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] bool wants(const record_head& head) const {
    return head.kind == frame_kind::lines && head.received_ns >= since_ns &&
           head.received_ns < until_ns &&
           (given.database.empty() || matches_pattern(given.database, head.database));
  }
};

int stat_log(const log_job& job);
int tail_log(log_job& job);
int export_log(const log_job& job);
int verify_log(const log_job& job);
/// `finished` may be nullptr: all is delivered or given up, so that nothing is to be gone on with.
int replay_log(const log_job& job, bool* finished = nullptr);
/// Where a replay keeps how far it is: the same for the same words on the command line, so that it
/// goes on after it was interrupted, and another place for others.
[[nodiscard]] std::string replay_place(const log_arguments& given, const settings& configured);
/// Empty: there is the sink that is named.
[[nodiscard]] std::string no_such_sink(const log_arguments& given, const settings& configured);

/// Says it on standard error; gives `status` back.
inline int complain_of_log(const std::string& words, int status) {
  std::fprintf(stderr, "weir log: %s\n", words.c_str());
  return status;
}

}  // namespace weir
