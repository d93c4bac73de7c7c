// SPDX-License-Identifier: Apache-2.0
//
// Lines that are wrong in the ways that senders get them wrong, made of good ones. Each is one line
// to a server and fails alone: no quote is left open, no line feed is missing. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

enum class bad_kind : std::uint8_t {
  space,    // a space after the comma before a tag
  tag,      // a tag without a value
  field,    // no field
  number,   // a value that is no number
  type,     // a field of another type than it had in the line before
  seconds,  // the time in seconds, sent as nanoseconds
  time,     // a time with a fraction
};

inline constexpr std::array bad_kinds{bad_kind::space,  bad_kind::tag,  bad_kind::field,
                                      bad_kind::number, bad_kind::type, bad_kind::seconds,
                                      bad_kind::time};

[[nodiscard]] std::string_view name_of(bad_kind kind) noexcept;
[[nodiscard]] std::optional<bad_kind> find_bad_kind(std::string_view name) noexcept;

/// Requires: `good` is a whole line with tags, fields, a time of at least ten digits and its line
/// feed. It is not in `out`.
void append_bad_line(bad_kind kind, std::string_view good, std::string& out);

}  // namespace weir
