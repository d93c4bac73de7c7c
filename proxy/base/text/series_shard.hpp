// SPDX-License-Identifier: Apache-2.0
//
// Which shard of a log the lines of a series belong to. A format (docs/log_kafka.md): every weir
// that writes to one log must count alike. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

/// The series of a canonical line: its bytes before the first space that no backslash stands
/// before. Without such a space, all of it. Valid as long as the line is.
[[nodiscard]] std::string_view series_of_line(std::string_view line) noexcept;

/// Of a canonical series; below `shards`. Requires: shards > 0.
[[nodiscard]] std::uint32_t shard_of_series(std::string_view series, std::uint32_t shards) noexcept;

}  // namespace weir
