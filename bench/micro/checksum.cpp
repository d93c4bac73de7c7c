// SPDX-License-Identifier: Apache-2.0
//
// The checksum of checksum.hpp: XXH3, each value seeded by what came before it.
#include "checksum.hpp"

#include <xxhash.h>

namespace weir::bench {

void checksum::add(std::string_view bytes) noexcept {
  value_ = XXH3_64bits_withSeed(bytes.data(), bytes.size(), value_);
}

void checksum::add(std::uint64_t number) noexcept {
  value_ = XXH3_64bits_withSeed(&number, sizeof number, value_);
}

void checksum::add(const field_view& field) noexcept {
  add(field.key);
  add(field.text);
  add(static_cast<std::uint64_t>(field.type));
  switch (field.type) {
    case field_type::float64:
    case field_type::int64:
    case field_type::uint64:
      add(field.uint_value);  // the bits of all three
      return;
    case field_type::boolean:
      add(std::uint64_t{field.bool_value});
      return;
    case field_type::string:
      add(field.string_text());
      return;
  }
}

void checksum::add(const point_view& point) noexcept {
  add(point.text);
  add(point.series);
  add(point.series_and_fields);
  add(point.measurement);
  for (const tag_view& tag : point.tags) {
    add(tag.key);
    add(tag.value);
  }
  for (const field_view& field : point.fields) {
    add(field);
  }
  add(std::uint64_t{point.tags.size()});
  add(std::uint64_t{point.fields.size()});
  add(static_cast<std::uint64_t>(point.time.value_or(0)));
  add(std::uint64_t{point.time.has_value()});
  add(point.line);
  add(std::uint64_t{point.tags_sorted} | std::uint64_t{point.canonical} << 1 |
      std::uint64_t{point.fields_canonical} << 2);
}

void checksum::add(const parse_error& error) noexcept {
  add(static_cast<std::uint64_t>(error.code));
  add(error.line);
  add(error.column);
  add(error.text);
  add(error.span);
}

}  // namespace weir::bench
