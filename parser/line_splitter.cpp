// SPDX-License-Identifier: Apache-2.0
//
// The splitter's one loop. Its state is a handful of scalars, so that a body that arrives byte by
// byte costs no more than one that comes whole.
#include "parser/line_splitter.hpp"

#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/kernels/string_scan.hpp"

namespace weir {
namespace {

constexpr std::size_t near_bytes = 512;

// The states of a splitter outside a string, and in which of them a byte is of interest.
enum state : std::uint8_t { in_series = 1, in_fields = 2 };

struct matter_table {
  std::uint8_t where[256] = {};

  constexpr matter_table() {
    where[static_cast<unsigned char>('\\')] = in_series | in_fields;
    where[static_cast<unsigned char>('\n')] = in_series | in_fields;
    where[static_cast<unsigned char>(' ')] = in_series;
    where[static_cast<unsigned char>('"')] = in_fields;
    where[static_cast<unsigned char>('=')] = in_fields;
    where[static_cast<unsigned char>(',')] = in_fields;
  }
};
constexpr matter_table matters;

}  // namespace

void line_splitter::begin(std::size_t line_bytes_max, bool physical) noexcept {
  *this = line_splitter{};
  line_bytes_max_ = line_bytes_max;
  physical_ = physical;
}

void line_splitter::resume(std::size_t at, std::int64_t open_values, bool in_fields) noexcept {
  at_ = at;
  open_values_ = open_values;
  in_fields_ = in_fields;
  leading_ = false;
}

// A quote opens a string only where a value is due; elsewhere it is part of a name.
void line_splitter::note(char byte) noexcept {
  if (byte == ' ') {
    in_fields_ = true;
    return;
  }
  if (!in_fields_) {
    return;
  }
  if (byte == '"') {
    quoted_ = open_values_ > 0 ? !quoted_ : quoted_;
  } else if (!quoted_ && byte == '=') {
    ++open_values_;
  } else if (!quoted_ && byte == ',') {
    --open_values_;
  }
}

// Past the bytes that neither end a line nor change what the next one means.
void line_splitter::skip_ordinary(std::string_view bytes) noexcept {
  const std::size_t end = std::min(bytes.size(), line_bytes_max_ + 1);
  if (quoted_) {
    at_ = std::max(at_, find_string_mark(bytes, std::min(at_, end), end, physical_));
    return;
  }
  const std::uint8_t state = in_fields_ ? in_fields : in_series;
  while (at_ < end && (matters.where[static_cast<unsigned char>(bytes[at_])] & state) == 0) {
    ++at_;
  }
}

// White space and what comes first behind it. False: the line is a comment.
bool line_splitter::pass_leading(std::string_view bytes) noexcept {
  while (at_ < bytes.size() && at_ <= line_bytes_max_ && is_white_space(bytes[at_])) {
    ++at_;
  }
  if (at_ < bytes.size() && at_ <= line_bytes_max_) {
    leading_ = false;
    return bytes[at_] != '#';
  }
  return true;
}

// Whether the next line feed ends the line for sure: no quote and no backslash lies before it.
// Looks at `bytes_max` bytes at most.
bool line_splitter::find_simple_end(std::string_view bytes, std::size_t bytes_max) noexcept {
  const std::string_view rest = bytes.substr(at_, bytes_max);
  const std::size_t length = rest.find('\n');
  if (length == std::string_view::npos || at_ + length > line_bytes_max_) {
    return false;
  }
  const std::string_view line = rest.substr(0, length);
  if (line.find('"') != std::string_view::npos || line.find('\\') != std::string_view::npos) {
    return false;
  }
  at_ += length;
  return true;
}

line_splitter::outcome line_splitter::advance(std::string_view bytes, bool complete) noexcept {
  if (leading_ && !pass_leading(bytes)) {
    return outcome::comment;
  }
  if (!looked_ && at_ < bytes.size()) {
    looked_ = true;  // most lines have neither
    if (find_simple_end(bytes, bytes.size())) {
      return outcome::line;
    }
  }
  for (;;) {
    skip_ordinary(bytes);
    if (at_ >= bytes.size() || at_ > line_bytes_max_) {
      break;
    }
    const char byte = bytes[at_];
    if (byte == '\\') {
      // A backslash takes the next byte along, but 1.x exempts the last two bytes of the body.
      const bool pair = at_ + 2 < bytes.size();
      if (!pair && !complete) {
        return outcome::needs_more;
      }
      const bool ends = physical_ && quoted_ && pair && bytes[at_ + 1] == '\n';
      at_ += pair && !ends ? 2 : 1;
      continue;
    }
    if (byte == '\n' && (!quoted_ || physical_)) {
      return outcome::line;
    }
    note(byte);
    ++at_;
    // Behind a string; only a little way, for a line may have many.
    if (byte == '"' && !quoted_ && at_ < bytes.size() && find_simple_end(bytes, near_bytes)) {
      return outcome::line;
    }
  }
  if (at_ > line_bytes_max_) {
    return outcome::too_long;
  }
  if (!complete) {
    return outcome::needs_more;
  }
  return quoted_ && !physical_ ? outcome::unclosed : outcome::line;
}

}  // namespace weir
