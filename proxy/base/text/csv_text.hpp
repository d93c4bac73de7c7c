// SPDX-License-Identifier: Apache-2.0
//
// Fields of CSV (RFC 4180). Which fields are quoted is for who writes them to say. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Appends `field` in double quotes; those in it are doubled.
inline void append_csv_quoted(std::string_view field, std::string& out) {
  out.push_back('"');
  for (const char one : field) {
    out.append(one == '"' ? 2 : 1, one);
  }
  out.push_back('"');
}

}  // namespace weir
