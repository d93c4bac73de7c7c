// SPDX-License-Identifier: Apache-2.0
//
// A new directory is there after a loss of power only if its name, and those of new directories
// above it, are on stable storage. Any thread.
#pragma once

#include <string>

#include "base/result.hpp"
#include "files/file_system.hpp"

namespace weir {

/// Brings the names in `directory`, and in the directories above it, to stable storage. Those above
/// that this process may not read existed before it, and are passed over.
[[nodiscard]] outcome sync_path_to(const std::string& directory, file_system& files);

}  // namespace weir
