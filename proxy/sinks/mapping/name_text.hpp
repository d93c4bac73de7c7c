// SPDX-License-Identifier: Apache-2.0
//
// How a text is written as the name of a series or of a label: with underscores, by Prometheus' own
// escaping, or as it is. Whether two texts come to one name is name_book's matter. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text/metric_name.hpp"

namespace weir {

/// What becomes of what may not stand in a name `[a-zA-Z_:][a-zA-Z0-9_:]*`.
enum class name_letters : std::uint8_t {
  escaped,      // ASCII becomes `_`; a name with other characters is escaped as a whole
  underscored,  // each character becomes `_`
  trimmed,      // the same as Telegraf does it: none at the beginning and at the end
  kept,         // nothing: the server takes any UTF-8
};

/// A value as Flink's reporter filters it: one `_` for each character but a-z, A-Z, 0-9, `:`, `_`.
[[nodiscard]] std::string filtered_value(std::string_view text);
/// It stays as it is.
[[nodiscard]] bool is_filtered_value(std::string_view text) noexcept;

[[nodiscard]] std::string written_name(std::string_view text, name_kind kind, name_letters letters);

/// `text` in at most `bytes_max` bytes (at least 32): its beginning, `_` and a hash of all of it.
/// Characters stay whole.
[[nodiscard]] std::string cut_with_hash(std::string_view text, std::size_t bytes_max);

/// The low `digits` (at most 16) hexadecimal digits of the text's hash.
[[nodiscard]] std::string hash_digits(std::string_view text, std::size_t digits);

}  // namespace weir
