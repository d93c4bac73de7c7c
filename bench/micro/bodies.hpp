// SPDX-License-Identifier: Apache-2.0
//
// The bodies that the parser's benchmarks read, made once each: the data sets of data/generate.hpp,
// and bodies of the same size as `tsbs_int` in which every line is bad.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "data/generate.hpp"

namespace weir::bench {

inline constexpr std::uint64_t body_seed = 20200414;

/// What is wrong with every line.
enum class mistake : std::uint8_t {
  at_start,    // no measurement
  at_end,      // the last byte of the timestamp is a letter
  open_quote,  // the first value begins with a quote that nothing closes
};

inline constexpr std::array<mistake, 3> mistakes = {mistake::at_start, mistake::at_end,
                                                    mistake::open_quote};

/// "at_start" and so on.
[[nodiscard]] std::string_view name_of(mistake kind) noexcept;

/// Puts the mistake into each line of a body of `tsbs_int`. The body keeps its size.
void spoil(mistake kind, std::string& body);

/// Bytes of each body: WEIR_BENCH_BYTES, or 64 MB.
[[nodiscard]] std::size_t body_bytes();

/// Lives as long as the program.
[[nodiscard]] const std::string& body_of(data_set set);
[[nodiscard]] const std::string& body_of(mistake kind);

}  // namespace weir::bench
