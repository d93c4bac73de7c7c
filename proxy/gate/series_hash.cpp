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

/// Of a tag: most have at most 32 bytes.
wide_hash hash_bytes(const char* p, std::size_t n, std::uint64_t seed) noexcept {
  if (n > 32) {
    return hash_wide({p, n}, seed);
  }
  const std::uint64_t length = n * mix_c;
  if (n <= 16) {
    const words word = short_words(p, n);
    return {fold(word.a ^ seed ^ mix_a, word.b ^ mix_b ^ length),
            fold(word.b ^ seed ^ mix_c, word.a ^ mix_a ^ length)};
  }
  const words first = short_words(p, 16);
  const words last = short_words(p + n - 16, 16);
  const std::uint64_t rest = fold(last.a ^ seed ^ mix_b, last.b ^ mix_a);
  return {fold(first.a ^ seed ^ mix_a ^ rest, first.b ^ mix_b ^ length),
          fold(first.b ^ seed ^ mix_c, first.a ^ mix_a ^ length ^ std::rotl(rest, 32))};
}

wide_hash hash_tag(const tag_view& tag, std::uint64_t seed) noexcept {
  if (tag.key.data() + tag.key.size() + 1 == tag.value.data()) {  // as they lie in the line
    return hash_bytes(tag.key.data(), tag.key.size() + 1 + tag.value.size(), seed);
  }
  std::string pair(tag.key);
  pair.append("=").append(tag.value);
  return hash_bytes(pair.data(), pair.size(), seed);
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

wide_hash hash_series(const point_view& point, std::uint64_t seed) noexcept {
  wide_hash sum = hash_bytes(point.measurement.data(), point.measurement.size(), seed ^ mix_b);
  for (const tag_view& tag : point.tags) {
    const wide_hash one = hash_tag(tag, seed);
    sum.low += one.low;
    sum.high += one.high;
  }
  return {fold(sum.low ^ mix_a, seed ^ mix_b), fold(sum.high ^ mix_b, seed ^ mix_c)};
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
