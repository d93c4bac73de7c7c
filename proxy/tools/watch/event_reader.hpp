// SPDX-License-Identifier: Apache-2.0
//
// Server-sent events and lines out of bytes that arrive in pieces. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Lines of a stream, without their ends (LF or CRLF).
class piece_lines {
 public:
  /// Longer lines are passed over.
  static constexpr std::size_t line_bytes_max = std::size_t{4} << 20;

  void feed(std::string_view piece);
  [[nodiscard]] std::optional<std::string> next();
  /// Forgets what has come of a line that is not complete.
  void clear();

 private:
  std::string waiting_;
  std::size_t read_ = 0;
  bool too_long_ = false;
};

struct server_event {
  std::string name{};
  std::string data{};
};

/// Events as a browser's EventSource reads them; comments are passed over.
class event_reader {
 public:
  void feed(std::string_view piece) { lines_.feed(piece); }
  [[nodiscard]] std::optional<server_event> next();
  void clear();

 private:
  piece_lines lines_;
  server_event gathered_;
  bool has_data_ = false;
};

}  // namespace weir
