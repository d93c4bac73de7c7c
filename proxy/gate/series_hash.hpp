// SPDX-License-Identifier: Apache-2.0
//
// Hashes of what the gate remembers: a series, the names and types of a line's fields, their
// values. All depend on a seed of the process, so that nobody outside can make two things look like
// one. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "weir/line_protocol.hpp"

namespace weir {

/// 128 bits of a hash: long enough to be taken for what was hashed.
struct wide_hash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const wide_hash&, const wide_hash&) = default;
};

/// Both halves of the product: mixes every bit of either factor into the result.
[[nodiscard]] inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Of a canonical series: the order in which a client sends its tags does not matter then.
[[nodiscard]] wide_hash hash_series(std::string_view series, std::uint64_t seed) noexcept;

[[nodiscard]] wide_hash hash_wide(std::string_view bytes, std::uint64_t seed) noexcept;
[[nodiscard]] std::uint64_t hash_text(std::string_view bytes, std::uint64_t seed) noexcept;

/// Of a line's fields, in whatever order they stand.
struct fields_hash {
  /// Their names and types: lines of one series and one shape need one check of types.
  std::uint64_t shape = 0;
  /// Names, types and decoded values: 1.0 and 1 are the same value.
  std::uint64_t values = 0;
  friend bool operator==(const fields_hash&, const fields_hash&) = default;
};
[[nodiscard]] fields_hash hash_fields(std::span<const field_view> fields,
                                      std::uint64_t seed) noexcept;

}  // namespace weir
