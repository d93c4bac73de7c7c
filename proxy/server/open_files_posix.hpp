// SPDX-License-Identifier: Apache-2.0
//
// The limit of open files: raised as far as the system lets it, and judged. Main thread, at start.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "config/settings.hpp"

namespace weir {

/// Descriptors that weir needs before its first connection.
[[nodiscard]] std::uint64_t open_files_least(const settings& configured, std::uint32_t loops);

/// Raises the soft limit to the hard one. Gives what to warn of ("": nothing): with so many
/// connections as the settings allow the limit would be reached. A failure: weir cannot start.
[[nodiscard]] result<std::string> raise_open_files(const settings& configured);

}  // namespace weir
