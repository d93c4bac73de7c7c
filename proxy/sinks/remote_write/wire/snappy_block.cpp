// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/wire/snappy_block.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace weir {
namespace {

constexpr std::size_t room_bytes_least = std::size_t{64} << 10;

// Literals of at most so many bytes have their length in the tag; of others it follows in as many
// bytes as it needs, which the tag counts from here.
constexpr std::size_t short_literal_bytes = 60;
constexpr std::size_t long_literal_tag = 59;

// Copies, by the last two bits of their tag: of few bytes that are near, and of others.
constexpr unsigned near_copy = 1;
constexpr std::size_t near_copy_most = 11;
constexpr std::size_t near_back_most = 2'047;
constexpr unsigned far_copy = 2;
constexpr std::size_t far_copy_most = 64;

char as_char(std::size_t byte) noexcept {
  return static_cast<char>(byte & 0xFFU);
}

}  // namespace

void snappy_block::clear() noexcept {
  used_ = 0;
  size_ = 0;
  literal_ = none;
}

void snappy_block::grow(std::size_t bytes) {
  const std::size_t wanted = std::max({room_bytes_ * 2, used_ + bytes, room_bytes_least});
  auto larger = std::make_unique_for_overwrite<char[]>(wanted);
  if (used_ > 0) {
    std::memcpy(larger.get(), room_.get(), used_);
  }
  room_ = std::move(larger);
  room_bytes_ = wanted;
}

void snappy_block::end_literal() {
  if (literal_ == none) {
    return;
  }
  const std::size_t bytes = used_ - literal_ - 1;
  WEIR_ASSERT(bytes > 0);
  if (bytes <= short_literal_bytes) {
    room_[literal_] = as_char((bytes - 1) << 2U);
  } else {
    std::size_t length_bytes = 1;
    while ((bytes - 1) >> (8 * length_bytes) != 0) {
      ++length_bytes;
    }
    static_cast<void>(room_for(length_bytes));
    char* const begin = room_.get() + literal_;
    std::memmove(begin + 1 + length_bytes, begin + 1, bytes);
    begin[0] = as_char((long_literal_tag + length_bytes) << 2U);
    for (std::size_t i = 0; i < length_bytes; ++i) {
      begin[1 + i] = as_char((bytes - 1) >> (8 * i));
    }
    used_ += length_bytes;
  }
  literal_ = none;
}

void snappy_block::copy(std::size_t at, std::size_t bytes) {
  const std::size_t back = size_ - at;
  WEIR_ASSERT(at + bytes <= size_ && back <= back_most);
  end_literal();
  size_ += bytes;
  char* to = room_for((bytes / far_copy_most + 1) * 3);
  const char* const begin = to;
  while (bytes > 0) {
    if (bytes >= copy_least && bytes <= near_copy_most && back <= near_back_most) {
      *to++ = as_char(near_copy | ((bytes - copy_least) << 2U) | ((back >> 8U) << 5U));
      *to++ = as_char(back);
      break;
    }
    const std::size_t some = std::min(bytes, far_copy_most);
    *to++ = as_char(far_copy | ((some - 1) << 2U));
    *to++ = as_char(back);
    *to++ = as_char(back >> 8U);
    bytes -= some;
  }
  used_ += static_cast<std::size_t>(to - begin);
}

std::string_view snappy_block::elements() {
  end_literal();
  return {room_.get(), used_};
}

}  // namespace weir
