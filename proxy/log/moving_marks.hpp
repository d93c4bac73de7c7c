// SPDX-License-Identifier: Apache-2.0
//
// What `weir log move` leaves in the directory of a local log while it is not ended: a weir that
// started there meanwhile would deliver again what is elsewhere already, or take an empty log for
// its own.
#pragma once

#include <string>
#include <string_view>

#include "files/file_system.hpp"

namespace weir {

/// A file: the log's frames go to a topic.
inline constexpr std::string_view moving_to_kafka = "moving-to-kafka";
/// A folder: a topic's frames come to this log.
inline constexpr std::string_view moving_to_local = "moving-to-local";

/// Why a log must not be opened there; empty: nothing is being moved.
[[nodiscard]] std::string unended_move(const std::string& directory,
                                       file_system& files = posix_file_system());

}  // namespace weir
