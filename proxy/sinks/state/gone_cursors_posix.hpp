// SPDX-License-Identifier: Apache-2.0
//
// Cursors of sinks that are in the configuration no longer: they are told once and set aside, where
// they hold no frame of the log, and taken back when a sink of their name returns. Control thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "files/file_system.hpp"

namespace weir {

/// The folder of set aside cursors, within that of the others.
inline constexpr std::string_view gone_cursors = "gone";

/// Sets the cursor of a sink that is gone aside, and tells the journal how many points it still
/// owed. Nothing where it has none. Fails when the disk does; the cursor stays then.
[[nodiscard]] outcome set_cursor_aside(const std::string& directory, const std::string& sink_name,
                                       std::uint64_t pending_points,
                                       file_system& files = posix_file_system());

/// The same for every cursor in `directory` that is of none of `sink_names`.
void set_aside_cursors_but(const std::string& directory, std::span<const std::string> sink_names,
                           file_system& files = posix_file_system());

/// A sink that was gone is there again: its cursor is that of then. Nothing where it has one, or
/// none was set aside.
[[nodiscard]] outcome take_cursor_back(const std::string& directory, const std::string& sink_name,
                                       file_system& files = posix_file_system());

}  // namespace weir
