// SPDX-License-Identifier: Apache-2.0
//
// Finds where a line ends. A line feed inside a string or after a backslash does not end one, so
// this is InfluxDB 1.x's first scanner with the differences that docs/line_protocol.md names. It
// can stop anywhere and go on when more bytes have come, and never decides what a later byte could
// change: a body's lines are the same however the body is split.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

class line_splitter {
 public:
  enum class outcome : std::uint8_t {
    line,        // [0, end()) is a line; a line feed or the end of the body follows
    comment,     // the first byte that is not white space is '#'
    needs_more,  // not decidable yet
    unclosed,    // the body ended inside a string
    too_long,    // more than `line_bytes_max` bytes without an end
  };

  /// Begins a line. `physical`: a string does not keep a line feed from ending the line.
  void begin(std::size_t line_bytes_max, bool physical) noexcept;

  /// Goes on at `at`, behind a beginning that a kernel has read: at the space that ends the series,
  /// or further on, with `open_values` more equals signs than commas so far. Requires: `begin` was
  /// called last.
  void resume(std::size_t at, std::int64_t open_values, bool in_fields) noexcept;

  /// `bytes` begins at the line's first byte and is never shorter than on the last call; `complete`
  /// says that the body ends where `bytes` ends.
  [[nodiscard]] outcome advance(std::string_view bytes, bool complete) noexcept;

  [[nodiscard]] std::size_t end() const noexcept { return at_; }
  [[nodiscard]] bool physical() const noexcept { return physical_; }

 private:
  void note(char byte) noexcept;
  void skip_ordinary(std::string_view bytes) noexcept;
  bool pass_leading(std::string_view bytes) noexcept;
  bool find_simple_end(std::string_view bytes, std::size_t bytes_max) noexcept;

  std::size_t at_ = 0;
  std::size_t line_bytes_max_ = 0;
  std::int64_t open_values_ = 0;  // equals signs minus commas since the field set began
  bool leading_ = true;           // only white space so far
  bool looked_ = false;           // for the simple case
  bool in_fields_ = false;
  bool quoted_ = false;
  bool physical_ = false;
};

}  // namespace weir
