// SPDX-License-Identifier: Apache-2.0
//
// What the two-pass kernels remember between lines: the marks of the bytes that lie ahead, and the
// tag keys of earlier lines. Plain memory; no instruction set in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir {

/// Bytes marked in one go: few enough that they, their marks and their points stay in the
/// first-level cache.
inline constexpr std::size_t marked_bytes_max = std::size_t{16} << 10;
/// Marks kept at a time. Where the bytes have more, fewer bytes are marked; line protocol rarely
/// has so many.
inline constexpr std::size_t marks_max = 4096;

/// The tag keys of an earlier line, whether they are sorted, and their order: a line with the same
/// keys costs a comparison instead of a sort. The image of a key is the key, its `=` and zeros, so
/// that no other key equals it.
struct tag_layout {
  static constexpr std::size_t tags_max = 16;
  static constexpr std::size_t image_bytes = 32;

  alignas(32) char images[tags_max * image_bytes] = {};
  std::uint32_t count = UINT32_MAX;  // of no line
  bool sorted = true;
  /// The tags' numbers in ascending order of keys. Filled when not sorted.
  std::uint8_t order[tags_max] = {};

  /// Judges these tags and, where they fit, remembers their keys. Sets `in_order`. False: two tags
  /// share a key, or there are so many that the exact reader has to judge them.
  [[nodiscard]] bool remember(std::span<const tag_view> tags, std::vector<std::uint32_t>& scratch,
                              bool& in_order);
};

/// How far a kernel read a line that it gave up, so that the exact reader need not read that part
/// again: the exact reader would have come to the same result.
struct line_progress {
  enum class part : std::uint8_t {
    nothing,
    series,  // the measurement and the tags, up to the space at `at`
    fields,  // those and some fields, up to the key at `at`
    all,     // those and the field set, up to the byte behind it at `at`
  };
  part done = part::nothing;
  const char* at = nullptr;
  std::size_t field_count = 0;
  bool fields_canonical = true;  // the fields so far, and what lies between them and the series
};

struct line_marks {
  static constexpr unsigned layouts_bits = 6;

  struct memory {
    // A block of marks may be written behind the last one that counts, and the walk reads a few
    // beyond the end of a line.
    std::uint32_t at[marks_max + 192] = {};
    tag_layout layouts[std::size_t{1} << layouts_bits];
  };

  std::unique_ptr<memory> storage;  // made by the first use
  const char* base = nullptr;       // what the marks are offsets from
  const char* lines_end = nullptr;  // behind the last line that is marked whole
  const char* plain_end = nullptr;  // up to here lines are left to the scalar kernel
  const std::uint32_t* next = nullptr;
  line_progress progress;     // of the line last given up
  bool ascii = false;         // no byte of [base, lines_end) has its high bit set
  bool quotes_mixed = false;  // of the last bytes marked, some blocks had quotes and some had none

  void prepare();

  /// Back to the first of the lines that are marked.
  void rewind() noexcept { next = storage != nullptr ? storage->at : nullptr; }

  /// Forgets the piece that was marked, not the tag keys.
  void forget() noexcept {
    base = nullptr;
    lines_end = nullptr;
    plain_end = nullptr;
    next = nullptr;
    ascii = false;
  }
};

}  // namespace weir
