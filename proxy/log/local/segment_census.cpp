// SPDX-License-Identifier: Apache-2.0
#include "log/local/segment_census.hpp"

#include <array>

#include "log/record.hpp"

namespace weir {

segment_census count_without_header(file_system& files, const std::string& path,
                                    std::uint64_t first_sequence) {
  segment_census found;
  found.end = first_sequence;
  const file_handle file(files, files.open_to_read(path));
  const std::int64_t size = file.open() ? file.size() : 0;
  std::array<char, record_head_bytes_least> bytes{};
  for (std::uint64_t offset = segment_header_bytes;
       offset + bytes.size() <= static_cast<std::uint64_t>(size);) {
    if (file.read_fully(bytes, offset) != static_cast<std::int64_t>(bytes.size())) {
      break;
    }
    const auto head = decode_unproven_head({bytes.data(), bytes.size()});
    if (!head || head->sequence < found.end ||
        head->record_bytes > static_cast<std::uint64_t>(size) - offset) {
      break;
    }
    ++found.frames;
    found.points += head->points;
    found.end = head->sequence + 1;
    offset += head->record_bytes;
  }
  return found;
}

}  // namespace weir
