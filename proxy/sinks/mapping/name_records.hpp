// SPDX-License-Identifier: Apache-2.0
//
// The text of the file of names (docs/names_format.md): one record a line, with a sum. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sinks/mapping/name_text.hpp"

namespace weir {

inline constexpr std::string_view names_file_head = "weir names 1\n";

/// Whom a name belongs to: of all that is equal, one has it.
struct name_owner {
  /// Which mapping wrote it: names of different mappings go to different servers.
  std::string space;
  /// Empty: of all databases.
  std::string database;
  name_kind kind = name_kind::of_series;
  /// A measurement and what of it, or a key and of what (a tag: empty).
  std::string first;
  std::string second;
};

struct name_record {
  name_owner owner;
  std::string name;
};

/// Appends the record with its line feed.
void append_name_record(const name_owner& owner, std::string_view name, std::string& out);

/// False: `line` (without its line feed) is damaged.
[[nodiscard]] bool read_name_record(std::string_view line, name_record& out);

}  // namespace weir
