// SPDX-License-Identifier: Apache-2.0
#include "gate/series_hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <cstring>
#include <string>

namespace weir {
namespace {

// Odd numbers without a pattern (digits of the golden ratio, e and pi).
constexpr std::uint64_t mix_a = 0x9E3779B97F4A7C15U;
constexpr std::uint64_t mix_b = 0xB7E151628AED2A6BU;
constexpr std::uint64_t mix_c = 0x243F6A8885A308D3U;

template <class T>
std::uint64_t load(const char* at) noexcept {
  T value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Up to 16 bytes as two words that may overlap; every byte is in one of them.
struct words {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

words short_words(const char* p, std::size_t n) noexcept {
  if (n >= 8) {
    return {load<std::uint64_t>(p), load<std::uint64_t>(p + n - 8)};
  }
  if (n >= 4) {
    return {load<std::uint32_t>(p), load<std::uint32_t>(p + n - 4)};
  }
  if (n > 0) {
    return {load<std::uint8_t>(p) << 16 | load<std::uint8_t>(p + n / 2) << 8 |
                load<std::uint8_t>(p + n - 1),
            0};
  }
  return {};
}

/// Of a field's name and type.
std::uint64_t hash_name(std::string_view name, field_type type, std::uint64_t seed) noexcept {
  const std::uint64_t kind = (name.size() << 8 | static_cast<std::uint64_t>(type)) * mix_c;
  if (name.size() > 16) {
    return XXH3_64bits_withSeed(name.data(), name.size(), seed ^ kind);
  }
  const words word = short_words(name.data(), name.size());
  return fold(word.a ^ seed ^ mix_a, word.b ^ mix_b ^ kind);
}

std::uint64_t value_bits(const field_view& field, std::uint64_t seed) noexcept {
  switch (field.type) {
    case field_type::float64:
      return std::bit_cast<std::uint64_t>(field.float_value);
    case field_type::int64:
      return static_cast<std::uint64_t>(field.int_value);
    case field_type::uint64:
      return field.uint_value;
    case field_type::boolean:
      return field.bool_value ? 1 : 0;
    case field_type::string:
      return XXH3_64bits_withSeed(field.text.data(), field.text.size(), seed);
  }
  return 0;
}

}  // namespace

wide_hash hash_wide(std::string_view bytes, std::uint64_t seed) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

std::uint64_t hash_text(std::string_view bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

wide_hash hash_series(std::string_view series, std::uint64_t seed) noexcept {
  return hash_wide(series, seed ^ mix_b);
}

fields_hash hash_fields(std::span<const field_view> fields, std::uint64_t seed) noexcept {
  fields_hash sum;
  for (const field_view& field : fields) {
    const std::uint64_t name = hash_name(field.key, field.type, seed);
    sum.shape += name;
    sum.values += fold(name ^ mix_b, value_bits(field, seed) ^ seed ^ mix_c);
  }
  return sum;
}

}  // namespace weir
