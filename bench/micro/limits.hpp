// SPDX-License-Identifier: Apache-2.0
//
// The least that can be done with bytes: what no parser on the same machine can be faster than.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::bench {

/// The sum of the 64-bit words (the last bytes, fewer than a word, are left out): bandwidth of
/// reading.
[[nodiscard]] std::uint64_t sum_words(std::string_view bytes) noexcept;

/// How many line feeds there are.
[[nodiscard]] std::uint64_t count_line_feeds(std::string_view bytes) noexcept;

}  // namespace weir::bench
