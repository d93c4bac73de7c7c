// SPDX-License-Identifier: Apache-2.0
//
// How far a replay is: what its sink keeps in the directory `cursors` of the replay's own place.
// The cursor is one of several files there (what was sent, which series there are, who shares
// them): each of them without the others would say of another run's points that they are delivered.
#pragma once

#include <string>

#include "base/result.hpp"
#include "files/file_system.hpp"

namespace weir {

/// Where the cursor of the sink is. `place` is the replay's directory.
[[nodiscard]] std::string replay_cursor(const std::string& place, const std::string& sink_name);
/// The next run of this replay begins anew. The cursor goes first, so that a process that ends in
/// the middle leaves what `begin_replay` clears. Refused lines stay where they are.
[[nodiscard]] outcome forget_replay(const std::string& place, const std::string& sink_name,
                                    file_system& files = posix_file_system());
/// Where no cursor is, nothing else of an earlier run is there either.
[[nodiscard]] outcome begin_replay(const std::string& place, const std::string& sink_name,
                                   file_system& files = posix_file_system());

}  // namespace weir
