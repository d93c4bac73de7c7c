// SPDX-License-Identifier: Apache-2.0
//
// Texts as names of Prometheus' series and labels, `[a-zA-Z_:][a-zA-Z0-9_:]*`: with underscores, or
// by Prometheus' own escaping. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// Which of the two: a label may not have a `:`.
enum class name_kind : std::uint8_t { of_series, of_label };

/// Whether a byte may stand in a name, behind its first.
[[nodiscard]] bool may_stand_in_name(char c, name_kind kind) noexcept;

/// Appends `text` with one `_` for each character (not byte) that may not stand in a name.
void append_underscored(std::string_view text, name_kind kind, std::string& out);

/// The same as a name: one `_` more before a digit at the beginning, and for an empty text.
[[nodiscard]] std::string underscored_name(std::string_view text, name_kind kind);

/// As Prometheus escapes names for those who do not know UTF-8 ("values"): `U__`, then `_` as `__`
/// and other characters as `_HEX_`. What is no UTF-8 becomes `_FFFD_`.
[[nodiscard]] std::string escaped_name(std::string_view text, name_kind kind);

/// "U__" at the beginning.
[[nodiscard]] bool is_escaped_name(std::string_view name) noexcept;

}  // namespace weir
