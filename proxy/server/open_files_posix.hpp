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

/// What to warn of where `limit` descriptors, at least `least`, do not do for as many connections
/// as the settings allow; empty: they do.
[[nodiscard]] std::string open_files_warning(const settings& configured, std::uint64_t limit,
                                             std::uint64_t least);

/// Raises the soft limit to the hard one. Gives what to warn of. A failure: weir cannot start.
[[nodiscard]] result<std::string> raise_open_files(const settings& configured);

}  // namespace weir
