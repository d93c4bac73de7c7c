// SPDX-License-Identifier: Apache-2.0
//
// The few file operations that the sinks need, with errors as values. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir {

/// Like `mkdir -p`.
[[nodiscard]] outcome make_directories(const std::string& path);

[[nodiscard]] outcome rename_file(const std::string& from, const std::string& to);

/// Appends the pieces to the file at `path`, which is made when missing. All or nothing: a write
/// that fails half-way is cut off again.
[[nodiscard]] outcome append_to_file(const std::string& path, std::string_view head,
                                     std::string_view tail);

/// The same for a file of lines: a last line without a line feed, which an earlier process left
/// when it was killed, is cut off before.
[[nodiscard]] outcome append_lines_to_file(const std::string& path, std::string_view lines);

/// Size of a file; 0 if there is none.
[[nodiscard]] std::uint64_t file_bytes(const std::string& path);

/// `path` becomes `path`.1, that one `path`.2 and so on; the one beyond `kept` is deleted.
[[nodiscard]] outcome rotate_file(const std::string& path, std::uint32_t kept);

}  // namespace weir
