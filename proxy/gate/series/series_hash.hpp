// SPDX-License-Identifier: Apache-2.0
//
// Hashes of what the gate remembers: a series, the names and types of a line's fields, their
// values. All depend on a secret seed of the process, so that outsiders cannot construct
// collisions. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// Of a canonical series: the order in which a client sends its tags does not matter then. 64 bits
/// of it are the series' own, the others follow from them: of four million series that are known,
/// a new one is taken for one of them once in 10^12 times.
[[nodiscard]] wide_hash hash_series(std::string_view series, std::uint64_t seed) noexcept;
/// The same hash, of the bits that are the series' own: its `low`.
[[nodiscard]] wide_hash hash_of_series(std::uint64_t low, std::uint64_t seed) noexcept;

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

/// The same for line after line: where names and types are those of a line before, they need not be
/// hashed again, only compared. One thread.
class fields_hasher {
 public:
  void begin(std::uint64_t seed) noexcept;
  [[nodiscard]] fields_hash operator()(std::span<const field_view> fields);

 private:
  struct known_field {
    // Of a short name all of its bytes, of a longer one its first and last.
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t kind = 0;  // size and type
    std::uint64_t hash = 0;
    std::size_t text_at = 0;  // of a longer one, in `long_names_`
  };
  static constexpr std::size_t known_max = 64;

  [[nodiscard]] bool hash_known(std::span<const field_view> fields, std::uint64_t& values) const;
  void remember(std::span<const field_view> fields, const fields_hash& hash);

  std::uint64_t seed_ = 0;
  std::vector<known_field> known_;
  std::string long_names_;
  std::uint64_t shape_ = 0;
  /// Of the last line that had others: only a shape that comes twice in a row is remembered.
  std::uint64_t missed_shape_ = 0;
};

}  // namespace weir
