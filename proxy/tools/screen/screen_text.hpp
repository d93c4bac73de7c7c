// SPDX-License-Identifier: Apache-2.0
//
// Words, numbers and sizes as a terminal's screen shows them: wrapped, cut to columns, short. Pure.
// Text of unknown origin has been made visible (base/text/terminal_text.hpp) before it comes here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Escape sequences for colours, or nothing where there are to be none.
struct screen_colours {
  std::string_view bold{}, red{}, yellow{}, green{}, cyan{}, dim{}, off{};
};
[[nodiscard]] const screen_colours& colours_of(bool coloured) noexcept;

/// Appends the words of `text` on lines of at most `columns`, each begun with `indent`; the first
/// one has `used` columns already, its indent among them. A line feed in `text` begins a new line.
/// Ends with a line feed.
void append_wrapped_words(std::string_view text, std::string_view indent, std::size_t used,
                          std::size_t columns, std::string& out);

/// `text` in at most `columns`; what is cut ends in "…".
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t columns);
/// The same, filled up with spaces to exactly so many columns.
[[nodiscard]] std::string padded(std::string_view text, std::size_t columns);

/// At most five columns: "999", "12.3k", "4.00M"; "0.3" below ten where it is no whole number.
[[nodiscard]] std::string short_count(double value);
/// "512 B", "1.5 KiB", "23 GiB".
[[nodiscard]] std::string short_bytes(double bytes);
/// "0.4 s", "12 s", "3 min 20 s", "5 h 12 min", "3 d 4 h".
[[nodiscard]] std::string short_duration(double seconds);
/// "41%"; "-" for what is not known.
[[nodiscard]] std::string percent(std::optional<double> share);

}  // namespace weir
