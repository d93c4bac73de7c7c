// SPDX-License-Identifier: Apache-2.0
//
// Reads snappy: its framed stream format and single blocks. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

enum class snappy_status : std::uint8_t {
  whole,
  damaged,   // neither of the two formats, or a wrong checksum
  too_long,  // more than the bound would come out
};

/// Whether `bytes` begin as the framed format does.
[[nodiscard]] bool is_framed_snappy(std::string_view bytes) noexcept;

/// Appends what a framed stream holds; `out` grows to `bytes_max` at most.
[[nodiscard]] snappy_status decode_framed_snappy(std::string_view bytes, std::size_t bytes_max,
                                                 std::string& out);

/// The same of one block.
[[nodiscard]] snappy_status decode_snappy_block(std::string_view bytes, std::size_t bytes_max,
                                                std::string& out);

}  // namespace weir
