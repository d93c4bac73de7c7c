// SPDX-License-Identifier: Apache-2.0
#include "base/text/column_text.hpp"

namespace weir {

void append_column_text(std::string_view name, std::string& out) {
  for (const char c : name) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += c;
    }
  }
}

std::string_view read_column_text(std::string_view column, std::string& room) {
  if (column.find('\\') == std::string_view::npos) {
    return column;
  }
  room.clear();
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (column[i] != '\\' || i + 1 == column.size()) {
      room += column[i];
      continue;
    }
    ++i;
    room += column[i] == 't' ? '\t' : column[i] == 'n' ? '\n' : column[i];
  }
  return room;
}

}  // namespace weir
