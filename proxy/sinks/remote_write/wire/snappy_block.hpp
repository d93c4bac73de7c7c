// SPDX-License-Identifier: Apache-2.0
//
// One snappy block (https://github.com/google/snappy/blob/main/format_description.txt) of a message
// whose writer knows what of it was there before: what repeats is not compared, nor written down
// and searched for, but written as a copy at once. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace weir {

class snappy_block {
 public:
  /// How far back a copy reaches.
  static constexpr std::size_t back_most = 65'535;
  /// Less is not worth a copy.
  static constexpr std::size_t copy_least = 4;

  void clear() noexcept;
  /// Bytes of the message so far.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Appends new bytes.
  void literal(std::string_view bytes) {
    if (bytes.empty()) {
      return;
    }
    char* const to = room_for(bytes.size() + 1);
    if (literal_ == none) {
      literal_ = used_++;  // its length, if it is a short one
      std::memcpy(to + 1, bytes.data(), bytes.size());
    } else {
      std::memcpy(to, bytes.data(), bytes.size());
    }
    used_ += bytes.size();
    size_ += bytes.size();
  }
  /// Appends `bytes` that stand at `at` of the message.
  /// Requires: at + bytes <= size(), and reaches(at).
  void copy(std::size_t at, std::size_t bytes);
  [[nodiscard]] bool reaches(std::size_t at) const noexcept { return size_ - at <= back_most; }

  /// The message's elements: what follows its length (a varint) in a block. Those of several
  /// messages may stand one behind the other, and are those of all of them. Valid until the next
  /// call.
  [[nodiscard]] std::string_view elements();

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  [[nodiscard]] char* room_for(std::size_t bytes) {
    if (room_bytes_ - used_ < bytes) {
      grow(bytes);
    }
    return room_.get() + used_;
  }
  void grow(std::size_t bytes);
  void end_literal();

  std::unique_ptr<char[]> room_;
  std::size_t room_bytes_ = 0;
  std::size_t used_ = 0;
  /// Of the message.
  std::size_t size_ = 0;
  /// Where the literal begins that further bytes are appended to.
  std::size_t literal_ = none;
};

}  // namespace weir
