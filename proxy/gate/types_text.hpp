// SPDX-License-Identifier: Apache-2.0
//
// The text of the file in which field types outlive the process: a first line, then one record a
// line, the newest last (docs/types_format.md). Spelling and reading alone; no files here.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Names as they are meant, not as a line escapes them.
struct registered_field {
  std::string database;
  std::string measurement;
  std::string field;
  friend auto operator<=>(const registered_field&, const registered_field&) = default;
};

using registered_types = std::map<registered_field, field_type>;

/// The first line of the file.
inline constexpr std::string_view types_text_head = "weir types 1\n";

void append_registration(std::string_view database, std::string_view measurement,
                         std::string_view field, field_type type, std::string& out);
/// A name as the file spells it: without tabs and line feeds.
void append_types_name(std::string_view name, std::string& out);

/// What a file says, and how much of it stands for nothing any more.
struct types_reading {
  registered_types types;
  std::size_t records = 0;
  /// Lines that are cut off or damaged. They are passed over.
  std::size_t damaged = 0;
};

/// Fails when the first line is of another version.
[[nodiscard]] result<types_reading> read_types_text(std::string_view text);

/// A whole file of these.
[[nodiscard]] std::string types_text(const registered_types& types);

/// "float" and so on; nothing for any other word.
[[nodiscard]] std::optional<field_type> find_field_type(std::string_view name) noexcept;

}  // namespace weir
