// SPDX-License-Identifier: Apache-2.0
//
// Names in files of records: a tab ends a column and a line feed a record, so neither stands in a
// name as it is. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Appends `name` without tabs and line feeds.
void append_column_text(std::string_view name, std::string& out);

/// The name that `column` spells. `room` holds it where it is not spelled as it is meant; the
/// result is valid as long as both.
[[nodiscard]] std::string_view read_column_text(std::string_view column, std::string& room);

}  // namespace weir
