// SPDX-License-Identifier: Apache-2.0
//
// Small files that are there whole or not at all: written beside, then renamed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir {

/// Replaces `path` by `content`. Survives the death of the process, not loss of power.
[[nodiscard]] outcome write_file_atomically(const std::string& path, std::string_view content);

/// Writes all of `bytes` to a descriptor. 0, or errno.
[[nodiscard]] int write_all(int fd, std::string_view bytes) noexcept;

/// The file's content; nothing if it does not exist.
[[nodiscard]] result<std::optional<std::string>> read_small_file(const std::string& path);

}  // namespace weir
