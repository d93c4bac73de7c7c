// SPDX-License-Identifier: Apache-2.0
//
// Whole numbers as files have them: all their bytes, the lowest first. Pure.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace weir::little_endian {

static_assert(std::endian::native == std::endian::little, "numbers are stored little endian");

template <class Number>
void put(Number value, std::string& out) {
  static_assert(std::is_integral_v<Number>);
  char bytes[sizeof(Number)];
  std::memcpy(bytes, &value, sizeof(Number));
  out.append(bytes, sizeof(Number));
}

/// Requires: all of it is there.
template <class Number>
[[nodiscard]] Number get(std::string_view bytes, std::size_t offset) {
  static_assert(std::is_integral_v<Number>);
  Number value;
  std::memcpy(&value, bytes.data() + offset, sizeof(Number));
  return value;
}

}  // namespace weir::little_endian
