// SPDX-License-Identifier: Apache-2.0
#include "gate/series/series_hash.hpp"

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

/// The ends of a text as two words that may overlap; of up to 16 bytes every one is in them.
struct words {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

words end_words(const char* p, std::size_t n) noexcept {
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

constexpr std::size_t short_name_max = 16;

std::uint64_t kind_of(std::string_view name, field_type type) noexcept {
  return name.size() << 8 | static_cast<std::uint64_t>(type);
}

std::uint64_t factor_of(std::uint64_t seed) noexcept {
  return fold(seed ^ mix_c, mix_b) | 1;
}

/// Of a field's name and type. `factor` is odd and, as the seed that it is derived from, secret, so
/// that outsiders cannot construct names with equal products. Products of 64 bits cost a processor
/// half of what products of 128 bits do, and every field needs some.
std::uint64_t hash_name(std::string_view name, field_type type, std::uint64_t seed,
                        std::uint64_t factor) noexcept {
  const std::uint64_t kind = kind_of(name, type) * mix_c;
  if (name.size() > short_name_max) {
    return XXH3_64bits_withSeed(name.data(), name.size(), seed ^ kind);
  }
  const words word = end_words(name.data(), name.size());
  std::uint64_t hash = ((word.a ^ seed) * factor + word.b) ^ kind;
  hash = (hash ^ hash >> 32) * mix_a;
  return hash ^ hash >> 29;
}

std::uint64_t value_bits(const field_view& field, std::uint64_t seed) noexcept {
  if (field.type == field_type::string) {
    return XXH3_64bits_withSeed(field.text.data(), field.text.size(), seed);
  }
  if (field.type == field_type::boolean) {
    return field.bool_value ? 1 : 0;
  }
  return std::bit_cast<std::uint64_t>(field.float_value);  // the bits of either number
}

std::uint64_t hash_value(const field_view& field, std::uint64_t name, std::uint64_t seed) noexcept {
  return fold(name ^ mix_b, value_bits(field, seed) ^ seed ^ mix_c);
}

}  // namespace

wide_hash hash_wide(std::string_view bytes, std::uint64_t seed) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

std::uint64_t hash_text(std::string_view bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

wide_hash hash_of_series(std::uint64_t low, std::uint64_t seed) noexcept {
  return {low, fold(low ^ mix_c, seed ^ mix_a)};
}

wide_hash hash_series(std::string_view series, std::uint64_t seed) noexcept {
  return hash_of_series(XXH3_64bits_withSeed(series.data(), series.size(), seed ^ mix_b), seed);
}

fields_hash hash_fields(std::span<const field_view> fields, std::uint64_t seed) noexcept {
  fields_hash sum;
  const std::uint64_t factor = factor_of(seed);
  for (const field_view& field : fields) {
    const std::uint64_t name = hash_name(field.key, field.type, seed, factor);
    sum.shape += name;
    sum.values += hash_value(field, name, seed);
  }
  return sum;
}

void fields_hasher::begin(std::uint64_t seed) noexcept {
  if (seed != seed_) {
    seed_ = seed;
    known_.clear();
    missed_shape_ = 0;
  }
}

fields_hash fields_hasher::operator()(std::span<const field_view> fields) {
  fields_hash hash{shape_, 0};
  if (fields.size() == known_.size() && hash_known(fields, hash.values)) {
    return hash;
  }
  hash = hash_fields(fields, seed_);
  if (hash.shape == missed_shape_ && fields.size() <= known_max) {
    remember(fields, hash);
  }
  missed_shape_ = hash.shape;
  return hash;
}

bool fields_hasher::hash_known(std::span<const field_view> fields, std::uint64_t& values) const {
  const known_field* known = known_.data();
  std::uint64_t sum = 0;
  for (const field_view& field : fields) {
    const std::string_view name = field.key;
    const words word = end_words(name.data(), name.size());
    if (kind_of(name, field.type) != known->kind || word.a != known->first ||
        word.b != known->last ||
        (name.size() > short_name_max &&
         std::memcmp(name.data(), long_names_.data() + known->text_at, name.size()) != 0)) {
      return false;
    }
    sum += hash_value(field, known->hash, seed_);
    ++known;
  }
  values = sum;
  return true;
}

void fields_hasher::remember(std::span<const field_view> fields, const fields_hash& hash) {
  known_.clear();
  long_names_.clear();
  const std::uint64_t factor = factor_of(seed_);
  for (const field_view& field : fields) {
    const std::string_view name = field.key;
    const words word = end_words(name.data(), name.size());
    known_.push_back({.first = word.a,
                      .last = word.b,
                      .kind = kind_of(name, field.type),
                      .hash = hash_name(name, field.type, seed_, factor),
                      .text_at = long_names_.size()});
    if (name.size() > short_name_max) {
      long_names_ += name;
    }
  }
  shape_ = hash.shape;
}

}  // namespace weir
