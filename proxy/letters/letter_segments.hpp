// SPDX-License-Identifier: Apache-2.0
//
// The names of the letter store's files, and reading the letters in them, whether weir runs or not.
// No thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "files/file_system.hpp"
#include "letters/letter.hpp"

namespace weir {

/// "00000000000000000017.ndjson": the file whose first letter has that id.
[[nodiscard]] std::string letter_segment_name(std::uint64_t first_id);
/// The id in such a name; nothing if it is none.
[[nodiscard]] std::optional<std::uint64_t> letter_segment_id(std::string_view name) noexcept;

/// First ids of the directory's segments, ascending. A directory that is not there has none.
[[nodiscard]] result<std::vector<std::uint64_t>> list_letter_segments(file_system& files,
                                                                      const std::string& directory);

/// What reading a directory met besides letters.
struct letter_scan {
  /// Lines that are no letters: damaged on disk, or cut off by a crash.
  std::uint64_t damaged = 0;
};

/// Calls `see` with each letter in the order of their ids, until it returns false. Segments that
/// go while this reads are passed over.
[[nodiscard]] result<letter_scan> scan_letters(file_system& files, const std::string& directory,
                                               const std::function<bool(letter&)>& see);

}  // namespace weir
