// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/wire/snappy_block.hpp"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t room_bytes_least = std::size_t{64} << 10;

/// The length of a literal that is not short follows in as many bytes as it needs, which the tag
/// counts from here.
constexpr std::size_t long_literal_tag = 59;

char as_char(std::size_t byte) noexcept {
  return static_cast<char>(byte & 0xFFU);
}

}  // namespace

char* snappy_writer::end_long_literal(char* literal, char* end) {
  const auto bytes = static_cast<std::size_t>(end - literal) - 1;
  std::size_t length_bytes = 1;
  while ((bytes - 1) >> (8 * length_bytes) != 0) {
    ++length_bytes;
  }
  std::memmove(literal + 1 + length_bytes, literal + 1, bytes);
  literal[0] = as_char((long_literal_tag + length_bytes) << 2U);
  for (std::size_t i = 0; i < length_bytes; ++i) {
    literal[1 + i] = as_char((bytes - 1) >> (8 * i));
  }
  return end + length_bytes;
}

void snappy_block::grow(std::size_t bytes) {
  const auto used = static_cast<std::size_t>(at_.to_ - room_.get());
  const std::size_t wanted = std::max({room_bytes_ * 2, used + bytes, room_bytes_least});
  auto larger = std::make_unique_for_overwrite<char[]>(wanted);
  if (used > 0) {
    std::memcpy(larger.get(), room_.get(), used);
  }
  if (at_.literal_ != nullptr) {
    at_.literal_ = larger.get() + (at_.literal_ - room_.get());
  }
  at_.to_ = larger.get() + used;
  room_ = std::move(larger);
  room_bytes_ = wanted;
}

std::string_view snappy_block::elements() {
  at_.end_element();
  return {room_.get(), static_cast<std::size_t>(at_.to_ - room_.get())};
}

}  // namespace weir
