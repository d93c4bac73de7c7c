// SPDX-License-Identifier: Apache-2.0
//
// Pieces of a message that are often the same as before: written as copies then. Pure.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sinks/remote_write/wire/snappy_block.hpp"
#include "sinks/remote_write/wire/wire.hpp"

namespace weir {

namespace wire {

/// Some tags and numbers, at least one.
class short_text {
 public:
  static constexpr std::size_t bytes_max = 4 * varint_bytes_max;

  void tag(std::uint32_t field) noexcept { bytes_[count_++] = tag_of(field); }
  void varint(std::uint64_t number) noexcept {
    char* const begin = bytes_.data();
    count_ = static_cast<std::size_t>(write_varint(number, begin + count_) - begin);
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[gnu::always_inline]] void append_to(snappy_writer& to) const {
    if (count_ <= snappy_writer::few) {
      to.literal_of_few(bytes_.data(), count_);
    } else {
      to.literal({bytes_.data(), count_});
    }
  }

 private:
  std::array<char, bytes_max> bytes_;
  std::size_t count_ = 0;
};

}  // namespace wire

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
  [[gnu::always_inline]] void append(std::string_view text, snappy_writer& to, Write write) {
    const std::size_t begin = to.size();
    if (is(text) && to.reaches(at_) && bytes_ >= snappy_writer::copy_least) {
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
  [[nodiscard]] snappy_writer append(std::string_view labels, snappy_writer to);

 private:
  static constexpr std::size_t places = 256;
  struct place {
    std::string_view label;
    std::size_t at = 0;
  };
  /// By a hash.
  std::array<place, places> seen_{};
};

static_assert(std::endian::native == std::endian::little, "values lie as they are written");

/// Samples, of which only what differs from the one before is new.
class repeated_sample {
 public:
  void forget() noexcept { bytes_ = 0; }
  [[gnu::always_inline]] void append(const wire_sample& one, snappy_writer& to) {
    const std::size_t begin = to.size();
    if (bytes_ > 0 && one.time_ms == last_.time_ms && to.reaches(at_)) {
      append_value(one.value_bits, to);
    } else {
      to = append_whole(one, to);
    }
    last_ = one;
    at_ = begin;
  }

 private:
  /// How many bytes of a sample are as those of the one before, whose value differs in these bits.
  [[nodiscard]] static std::size_t same_bytes(std::uint64_t differs) noexcept {
    return wire::sample_value_end - sizeof differs +
           static_cast<std::size_t>(std::countr_zero(differs)) / 8;
  }
  /// Its time is that of the last one.
  [[gnu::always_inline]] void append_value(std::uint64_t value_bits, snappy_writer& to) {
    const std::uint64_t differs = value_bits ^ last_.value_bits;
    if (differs == 0) {
      to.copy(at_, bytes_);
      return;
    }
    // As write_sample has it, but for the time.
    std::array<char, wire::sample_value_end + snappy_writer::few> now;
    std::size_t head = same_bytes(differs);
    std::memcpy(now.data() + wire::sample_value_end - sizeof value_bits, &value_bits,
                sizeof value_bits);
    if (head >= snappy_writer::copy_least) {
      to.copy(at_, head);
    } else {
      wire::write_sample_head({value_bits, last_.time_ms}, now.data());
      head = 0;
    }
    to.literal_of_few(now.data() + head, wire::sample_value_end - head);
    to.copy(at_ + wire::sample_value_end, bytes_ - wire::sample_value_end);
  }
  [[nodiscard]] snappy_writer append_whole(const wire_sample& one, snappy_writer to);

  /// The last one, how many bytes were written for it, and where.
  wire_sample last_;
  std::size_t bytes_ = 0;
  std::size_t at_ = 0;
};

}  // namespace weir
