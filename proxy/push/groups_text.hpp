// SPDX-License-Identifier: Apache-2.0
//
// The groups as the file that outlives a restart has them (docs/pushgateway.md, "The file"). Pure;
// who reads and writes the file is groups_file_posix.hpp's matter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "push/groups.hpp"

namespace weir::push {

inline constexpr std::string_view groups_file_head = "weir pushed groups 1\n";

/// Appends a group's record.
void append_record(const group& one, std::string& out);

struct read_groups {
  std::vector<group> groups{};
  /// Records that could not be read; the others are not touched by it.
  std::uint64_t damaged = 0;
};

/// All of a file. Nothing: it is none of these files.
[[nodiscard]] std::optional<read_groups> read_records(std::string_view file);

/// What is left of a group's life at `now`, at least `grace_ns`: nobody could push to it while weir
/// was not there. Nothing: it lives for ever.
[[nodiscard]] time_to_live ttl_left(const group& kept, wall_time now, std::int64_t grace_ns);

}  // namespace weir::push
