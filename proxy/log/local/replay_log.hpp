// SPDX-License-Identifier: Apache-2.0
//
// A part of the log in a directory as a log of its own, from which a second subscriber of a sink's
// target delivers while a weir may run on the directory. It takes no lock, changes no file, and
// takes no frame. What the running weir removes meanwhile is missing here, too.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "log/frame_log.hpp"
#include "log/local/stored_log.hpp"

namespace weir {

struct replay_range {
  /// Times of receipt: [since, until).
  std::int64_t since_ns = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_ns = std::numeric_limits<std::int64_t>::max();
  /// A pattern of databases; empty: all.
  std::string database;
  /// Into which database all go, with its default retention policy; empty: each into its own.
  std::string to_database;

  [[nodiscard]] bool wants(const record_head& head) const;
};

/// `stored` must outlive it, and stays as it is: what is appended later is no part of it.
[[nodiscard]] std::unique_ptr<frame_log> make_replay_log(const stored_log& stored,
                                                         replay_range range);

}  // namespace weir
