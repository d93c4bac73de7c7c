// SPDX-License-Identifier: Apache-2.0
//
// InfluxQL's quoted identifiers. Pure.
#include "base/influxql_identifier.hpp"

namespace weir {

std::string quoted_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char letter : name) {
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (letter == '\n') {
      out += "\\n";
    } else {
      out += letter;
    }
  }
  return out + '"';
}

}  // namespace weir
