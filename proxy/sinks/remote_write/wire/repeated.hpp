// SPDX-License-Identifier: Apache-2.0
//
// Pieces of a message that are often the same as before: written as copies then. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "sinks/remote_write/wire/snappy_block.hpp"
#include "sinks/remote_write/wire/wire.hpp"

namespace weir {

/// A text that was written before, known by where it is in memory: it is not compared.
class repeated_text {
 public:
  void forget() noexcept { text_ = {}; }
  [[nodiscard]] bool is_free() const noexcept { return text_.data() == nullptr; }
  [[nodiscard]] bool is(std::string_view text) const noexcept {
    return text.data() == text_.data() && text.size() == text_.size();
  }
  /// Appends what stands for `text` in the message: a copy where it was the last one and is near
  /// enough; else `write` does it.
  template <class Write>
  void append(std::string_view text, snappy_block& to, Write write) {
    const std::size_t begin = to.size();
    if (is(text) && to.reaches(at_) && bytes_ >= snappy_block::copy_least) {
      to.copy(at_, bytes_);
    } else {
      write();
      text_ = text;
      bytes_ = to.size() - begin;
    }
    at_ = begin;
  }

 private:
  std::string_view text_;
  /// Of what was written for it.
  std::size_t at_ = 0;
  std::size_t bytes_ = 0;
};

/// Labels, of which those are copies that stand among some hundred written last.
class repeated_labels {
 public:
  void forget() noexcept { seen_ = {}; }
  /// Encoded ones, which must stay where they are until `forget`.
  void append(std::string_view labels, snappy_block& to);

 private:
  static constexpr std::size_t places = 256;
  struct place {
    std::string_view label;
    std::size_t at = 0;
  };
  /// By a hash.
  std::array<place, places> seen_{};
};

/// Samples, of which only what differs from the one before is new.
class repeated_sample {
 public:
  void forget() noexcept { bytes_ = 0; }
  void append(const wire_sample& one, snappy_block& to);

 private:
  /// The last one, how many bytes were written for it, and where.
  wire_sample last_;
  std::size_t bytes_ = 0;
  std::size_t at_ = 0;
};

}  // namespace weir
