// SPDX-License-Identifier: Apache-2.0
//
// One snappy block (https://github.com/google/snappy/blob/main/format_description.txt) of a message
// whose writer knows what of it was there before: what repeats is not compared, nor written down
// and searched for, but written as a copy at once. Pure.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/assert.hpp"

namespace weir {

/// Writes on at a block: a value of the one who writes, so that it may lie in registers. It has
/// room for as much of the message as it was made for.
class snappy_writer {
 public:
  /// How far back a copy reaches.
  static constexpr std::size_t back_most = 65'535;
  /// Less is not worth a copy.
  static constexpr std::size_t copy_least = 4;
  static constexpr std::size_t few = 16;

  /// Bytes of the message so far.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Appends new bytes.
  void literal(std::string_view bytes) {
    if (!bytes.empty()) {
      begin_literal();
      std::memcpy(to_, bytes.data(), bytes.size());
      to_ += bytes.size();
      size_ += bytes.size();
    }
  }
  /// The same of at most `few` bytes, at least one. Requires: `few` can be read from there.
  [[gnu::always_inline]] void literal_of_few(const char* from, std::size_t bytes) {
    begin_literal();
    std::memcpy(to_, from, few);
    to_ += bytes;
    size_ += bytes;
  }
  /// Appends `bytes` that stand at `at` of the message. What follows one another there and here is
  /// one copy.
  /// Requires: at + bytes <= size(), and reaches(at).
  [[gnu::always_inline]] void copy(std::size_t at, std::size_t bytes) {
    WEIR_ASSERT(size_ - at - bytes <= back_most);  // before the end, and not far
    if (copied_ == 0 || at != copied_end_) {
      end_element();
      copied_back_ = size_ - at;
    }
    copied_ += bytes;
    copied_end_ = at + bytes;
    size_ += bytes;
  }
  [[nodiscard]] bool reaches(std::size_t at) const noexcept { return size_ - at <= back_most; }

 private:
  friend class snappy_block;

  /// Literals of at most so many bytes have their length in the tag.
  static constexpr std::size_t short_literal_bytes = 60;
  // Copies, by the last two bits of their tag: of few bytes that are near, and of others.
  static constexpr unsigned near_copy = 1;
  static constexpr std::size_t near_copy_most = 11;
  static constexpr std::size_t near_back_most = 2'047;
  static constexpr unsigned far_copy = 2;
  static constexpr std::size_t far_copy_most = 64;
  static_assert(std::endian::native == std::endian::little, "the tag of an element comes first");

  [[gnu::always_inline]] void begin_literal() {
    if (literal_ == nullptr) {
      end_element();
      literal_ = to_++;  // its length, if it is a short one
    }
  }
  // Within those who write, or the writer lies in memory for the call.
  [[gnu::always_inline]] void end_element() {
    if (literal_ != nullptr) {
      const auto bytes = static_cast<std::size_t>(to_ - literal_) - 1;
      if (bytes <= short_literal_bytes) {
        *literal_ = static_cast<char>((bytes - 1) << 2U);
      } else {
        to_ = end_long_literal(literal_, to_);
      }
      literal_ = nullptr;
    } else if (copied_ > 0) {
      end_copy();
    }
  }
  [[gnu::always_inline]] void end_copy() {
    const std::size_t back = copied_back_;
    for (; copied_ > far_copy_most; copied_ -= far_copy_most) {
      write_far_copy(back, far_copy_most);
    }
    if (copied_ >= copy_least && copied_ <= near_copy_most && back <= near_back_most) {
      const std::size_t tag = near_copy | ((copied_ - copy_least) << 2U) | ((back >> 8U) << 5U);
      const auto element = static_cast<std::uint16_t>(tag | (back << 8U));
      std::memcpy(to_, &element, sizeof element);
      to_ += sizeof element;
    } else {
      write_far_copy(back, copied_);
    }
    copied_ = 0;
  }
  /// Three bytes, of four that are written.
  [[gnu::always_inline]] void write_far_copy(std::size_t back, std::size_t bytes) {
    const auto element = static_cast<std::uint32_t>(far_copy | ((bytes - 1) << 2U) | (back << 8U));
    std::memcpy(to_, &element, sizeof element);
    to_ += 3;
  }
  /// Where it ends then.
  [[nodiscard]] static char* end_long_literal(char* literal, char* end);

  char* to_ = nullptr;
  /// Of the message.
  std::size_t size_ = 0;
  /// Where the literal begins that further bytes are appended to.
  char* literal_ = nullptr;
  // Of the copy that further bytes are appended to: how many bytes, where they end, and how far
  // back they are.
  std::size_t copied_ = 0;
  std::size_t copied_end_ = 0;
  std::size_t copied_back_ = 0;
};

class snappy_block {
 public:
  void clear() noexcept {
    at_ = {};
    at_.to_ = room_.get();
  }
  /// Bytes of the message so far.
  [[nodiscard]] std::size_t size() const noexcept { return at_.size(); }

  /// To write so many bytes of the message, at most, before `end`.
  [[nodiscard]] snappy_writer begin(std::size_t bytes) {
    // An element for each byte, which is three at most, and the copy that is not written yet.
    const std::size_t most = 3 * bytes + at_.copied_ / 16 + spare;
    if (static_cast<std::size_t>(room_.get() + room_bytes_ - at_.to_) < most) {
      grow(most);
    }
    return at_;
  }
  void end(const snappy_writer& by) noexcept { at_ = by; }

  /// The message's elements: what follows its length (a varint) in a block. Those of several
  /// messages may stand one behind the other, and are those of all of them. Valid until the next
  /// call.
  [[nodiscard]] std::string_view elements();

 private:
  /// What is written beyond an element's end, and the length of a long literal.
  static constexpr std::size_t spare = 64;

  void grow(std::size_t bytes);

  std::unique_ptr<char[]> room_;
  std::size_t room_bytes_ = 0;
  snappy_writer at_;
};

}  // namespace weir
