// SPDX-License-Identifier: Apache-2.0
//
// What a segment holds whose header is lost, and with it the seed of its records' checksums. Heads
// are followed by their lengths and believed as far as one sequence follows another. For counting
// what is set aside, not for delivery.
#pragma once

#include <cstdint>
#include <string>

#include "files/file_system.hpp"

namespace weir {

struct segment_census {
  std::uint64_t frames = 0;
  std::uint64_t points = 0;
  /// The sequence after the last record.
  std::uint64_t end = 0;
};

/// Of the file at `path`, whose first record has `first_sequence`; what of it can be read.
[[nodiscard]] segment_census count_without_header(file_system& files, const std::string& path,
                                                  std::uint64_t first_sequence);

}  // namespace weir
