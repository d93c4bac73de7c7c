// SPDX-License-Identifier: Apache-2.0
//
// Text of unknown origin made safe for a terminal: bytes that would move the cursor, change colours
// or stay invisible are spelled out, and widths are counted in columns. Pure; it ignores the locale
// and assumes a terminal of UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// What a terminal shows for the first character of a text.
struct glyph {
  std::uint32_t code = 0;  // its code point
  std::size_t bytes = 1;
  std::size_t columns = 1;
  enum class kind : std::uint8_t {
    plain,      // shown as it is
    control,    // shown as its picture, such as ␉
    invisible,  // shown as <U+200B>
    bad_byte,   // not UTF-8: shown as \xFF
  } shown_as = kind::plain;
};

/// Requires: `text` is not empty.
[[nodiscard]] glyph first_glyph(std::string_view text) noexcept;

/// Appends what is shown for `bytes`, the bytes of one `character`.
void append_visible(std::string_view bytes, const glyph& character, std::string& out);

/// `text` with everything that is not plain spelled out.
[[nodiscard]] std::string visible(std::string_view text);

/// The same, line by line: line feeds stay.
[[nodiscard]] std::string visible_lines(std::string_view text);

[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

/// Whether `text` takes at most `columns`. Its cost is bounded by them.
[[nodiscard]] bool fits(std::string_view text, std::size_t columns) noexcept;

/// Where the text before `at` begins that takes at most `columns`.
[[nodiscard]] std::size_t step_back(std::string_view text, std::size_t at,
                                    std::size_t columns) noexcept;

}  // namespace weir
