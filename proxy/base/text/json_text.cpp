// SPDX-License-Identifier: Apache-2.0
#include "base/text/json_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/text/ascii.hpp"
#include "base/text/terminal_text.hpp"
#include "base/text/utf8.hpp"

namespace weir {
namespace {

void append_code_unit(std::uint32_t unit, std::string& out) {
  out.append("\\u");
  append_hex(static_cast<unsigned char>(unit >> 8U), hex_digits_lower, out);
  append_hex(static_cast<unsigned char>(unit & 0xFFU), hex_digits_lower, out);
}

/// A code point as an escape: two units of UTF-16 beyond U+FFFF.
void append_escape(std::uint32_t code, std::string& out) {
  if (code > 0xFFFF) {
    append_code_unit(0xD800 + ((code - 0x10000) >> 10U), out);
    code = 0xDC00 + (code & 0x3FFU);
  }
  append_code_unit(code, out);
}

constexpr std::uint32_t replacement_code = 0xFFFD;

// In a JSON string, as Go writes it.
bool stands_for_itself(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

/// Of a byte of ASCII that does not stand for itself.
void append_escaped_ascii(char c, std::string& out) {
  switch (c) {
    case '"':
    case '\\':
      out.push_back('\\');
      out.push_back(c);
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      append_escape(static_cast<unsigned char>(c), out);
  }
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out.push_back('"');
  while (!text.empty()) {
    // Most texts are all of bytes that stand for themselves.
    const auto plain = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), stands_for_itself) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    const utf8_character next = first_character(text);
    if (next.bytes == 0) {
      append_escape(replacement_code, out);
    } else if (next.bytes == 1) {
      append_escaped_ascii(text.front(), out);
    } else if (next.code == 0x2028 || next.code == 0x2029) {
      append_escape(next.code, out);
    } else {
      out.append(text.substr(0, next.bytes));
    }
    text.remove_prefix(std::max<std::size_t>(1, next.bytes));
  }
  out.push_back('"');
}

void append_json_visible(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const glyph next = first_glyph(text);
    if (next.code == '"' || next.code == '\\') {
      out.push_back('\\');
    }
    if (next.shown_as == glyph::kind::plain) {
      out += text.substr(0, next.bytes);
    } else {
      append_escape(next.shown_as == glyph::kind::bad_byte ? replacement_code : next.code, out);
    }
    text.remove_prefix(next.bytes);
  }
}

}  // namespace weir
