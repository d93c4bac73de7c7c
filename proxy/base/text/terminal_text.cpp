// SPDX-License-Identifier: Apache-2.0
#include "base/text/terminal_text.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "base/text/utf8.hpp"

namespace weir {
namespace {

struct code_range {
  std::uint32_t first;
  std::uint32_t last;
};

// Invisible, looking like a space, or able to reorder other characters: C1 controls, spaces other
// than U+0020, soft hyphen, zero width and direction marks, fillers, byte order mark, tags.
constexpr code_range invisible_ranges[] = {
    {0x80, 0xA0},     {0xAD, 0xAD},     {0x61C, 0x61C},   {0x1680, 0x1680},  {0x180E, 0x180E},
    {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000},  {0x3164, 0x3164},
    {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};
constexpr code_range combining_ranges[] = {
    {0x300, 0x36F}, {0x1AB0, 0x1AFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
// East Asian wide characters and emoji.
constexpr code_range wide_ranges[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                                      {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                                      {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <std::size_t count>
bool is_in(const code_range (&ranges)[count], std::uint32_t code) noexcept {
  return std::any_of(std::begin(ranges), std::end(ranges), [code](const code_range& range) {
    return code >= range.first && code <= range.last;
  });
}

std::uint32_t byte_at(std::string_view text, std::size_t at) noexcept {
  return static_cast<unsigned char>(text[at]);
}

}  // namespace

glyph first_glyph(std::string_view text) noexcept {
  glyph character;
  const utf8_character first = first_character(text);
  character.code = first.bytes > 0 ? first.code : byte_at(text, 0);
  character.bytes = std::max<std::size_t>(1, first.bytes);
  if (first.bytes == 0) {
    character.columns = 4;
    character.shown_as = glyph::kind::bad_byte;
  } else if (character.code < 0x20 || character.code == 0x7F) {
    character.shown_as = glyph::kind::control;
  } else if (is_in(invisible_ranges, character.code)) {
    character.columns = character.code > 0xFFFF ? 9 : 8;
    character.shown_as = glyph::kind::invisible;
  } else if (is_in(combining_ranges, character.code)) {
    character.columns = 0;
  } else if (is_in(wide_ranges, character.code)) {
    character.columns = 2;
  }
  return character;
}

namespace {

void append_formatted(const char* pattern, std::uint32_t code, std::string& out) {
  char text[16];
  const int length = std::snprintf(text, sizeof text, pattern, static_cast<unsigned>(code));
  out.append(text, static_cast<std::size_t>(length));
}

}  // namespace

void append_visible(std::string_view bytes, const glyph& character, std::string& out) {
  switch (character.shown_as) {
    case glyph::kind::plain:
      out += bytes;
      return;
    case glyph::kind::control:
      // The pictures of U+2400: E2 90 80 and so on; DEL's is U+2421.
      out += "\xE2\x90";
      out += static_cast<char>(0x80U + (character.code == 0x7F ? 0x21U : character.code));
      return;
    case glyph::kind::invisible:
      append_formatted("<U+%04X>", character.code, out);
      return;
    case glyph::kind::bad_byte:
      append_formatted("\\x%02X", character.code, out);
      return;
  }
}

std::string visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const glyph next = first_glyph(text);
    append_visible(text.substr(0, next.bytes), next, out);
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string visible_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += visible(text.substr(0, end));
    if (end == std::string_view::npos) {
      break;
    }
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    const glyph next = first_glyph(text);
    columns += next.columns;
    text.remove_prefix(next.bytes);
  }
  return columns;
}

bool fits(std::string_view text, std::size_t columns) noexcept {
  // Four bytes a column, and combining characters beyond reason are cut like a long line.
  return text.size() <= 8 * columns && columns_of(text) <= columns;
}

std::size_t step_back(std::string_view text, std::size_t at, std::size_t columns) noexcept {
  std::size_t begin = at;
  std::size_t used = 0;
  // Combining characters take no column, so the bytes are bounded, too.
  while (begin > 0 && at - begin < 8 * columns) {
    std::size_t before = begin - 1;
    while (before > 0 && begin - before < 4 && continues_character(text[before])) {
      --before;
    }
    glyph found = first_glyph(text.substr(before));
    if (found.bytes != begin - before) {  // stray continuation bytes
      before = begin - 1;
      found = first_glyph(text.substr(before, 1));
    }
    if (used + found.columns > columns) {
      break;
    }
    used += found.columns;
    begin = before;
  }
  return begin;
}

}  // namespace weir
