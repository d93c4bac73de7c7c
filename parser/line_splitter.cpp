// SPDX-License-Identifier: Apache-2.0
//
// The splitter's one loop. Its state is a handful of scalars, so that a body that arrives byte by
// byte costs no more than one that comes whole.
#include "line_splitter.hpp"

namespace weir {

void line_splitter::begin(std::size_t line_bytes_max, bool physical) noexcept {
  *this = line_splitter{};
  line_bytes_max_ = line_bytes_max;
  physical_ = physical;
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

line_splitter::outcome line_splitter::advance(std::string_view bytes, bool complete) noexcept {
  while (at_ < bytes.size() && at_ <= line_bytes_max_) {
    const char byte = bytes[at_];
    if (byte == '\\') {
      // A backslash takes the next byte along, but 1.x exempts the last two bytes of the body.
      const bool pair = at_ + 2 < bytes.size();
      if (!pair && !complete) {
        return outcome::needs_more;
      }
      leading_ = false;
      const bool ends = physical_ && quoted_ && pair && bytes[at_ + 1] == '\n';
      at_ += pair && !ends ? 2 : 1;
      continue;
    }
    if (leading_) {
      if (is_white_space(byte)) {
        ++at_;
        continue;
      }
      leading_ = false;
      if (byte == '#') {
        return outcome::comment;
      }
    }
    if (byte == '\n' && (!quoted_ || physical_)) {
      return outcome::line;
    }
    note(byte);
    ++at_;
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
