// SPDX-License-Identifier: Apache-2.0
//
// FNV-1a, 64 bits, for what outlives the process: names of files, marks of batches that were
// replayed. Its values are on disks, so it never changes. Weak against those who choose the input:
// for tables in memory the gate has seeded hashes (gate/series/series_hash.hpp). Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

inline constexpr std::uint64_t fnv1a_begin = 0xCBF29CE484222325U;

/// Of `text`, or, with the hash of what stands before it as `hash`, of both together.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text,
                                            std::uint64_t hash = fnv1a_begin) noexcept {
  for (const char letter : text) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3U;
  }
  return hash;
}

// The authors' own examples.
static_assert(fnv1a("") == 0xCBF29CE484222325U);
static_assert(fnv1a("foobar") == 0x85944171F73967E8U);
static_assert(fnv1a("bar", fnv1a("foo")) == fnv1a("foobar"));

}  // namespace weir
