// SPDX-License-Identifier: Apache-2.0
//
// How a text is written as the name of a series or of a label: with underscores, by Prometheus' own
// escaping, or as it is. Whether two texts come to one name is name_book's matter. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// Which of the two: a label may not have a `:`.
enum class name_kind : std::uint8_t { of_series, of_label };

/// What becomes of what may not stand in a name `[a-zA-Z_:][a-zA-Z0-9_:]*`.
enum class name_letters : std::uint8_t {
  escaped,      // ASCII becomes `_`; a name with other characters is escaped as a whole
  underscored,  // each character becomes `_`
  trimmed,      // the same as Telegraf does it: none at the beginning and at the end
  kept,         // nothing: the server takes any UTF-8
};

/// One `_` for each character (not byte) that may not stand there, and one before a digit at the
/// beginning.
[[nodiscard]] std::string underscored_name(std::string_view text, name_kind kind);

/// A value as Flink's reporter filters it: one `_` for each character but a-z, A-Z, 0-9, `:`, `_`.
[[nodiscard]] std::string filtered_value(std::string_view text);
/// It stays as it is.
[[nodiscard]] bool is_filtered_value(std::string_view text) noexcept;

/// As Prometheus escapes names for those who do not know UTF-8 ("values"): `U__`, then `_` as `__`
/// and other characters as `_HEX_`. What is no UTF-8 becomes `_FFFD_`.
[[nodiscard]] std::string escaped_name(std::string_view text, name_kind kind);

[[nodiscard]] std::string written_name(std::string_view text, name_kind kind, name_letters letters);

/// "U__" at the beginning.
[[nodiscard]] bool is_escaped_name(std::string_view name) noexcept;

/// `text` in at most `bytes_max` bytes (at least 32): its beginning, `_` and a hash of all of it.
/// Characters stay whole.
[[nodiscard]] std::string cut_with_hash(std::string_view text, std::size_t bytes_max);

/// The low `digits` (at most 16) hexadecimal digits of the text's hash.
[[nodiscard]] std::string hash_digits(std::string_view text, std::size_t digits);

}  // namespace weir
