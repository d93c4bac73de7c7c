// SPDX-License-Identifier: Apache-2.0
//
// `weir lint --json`: one JSON object for each point and each refused line. Pure. The keys and
// their order are promised by docs/lint.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir {

/// Appends an accepted point and a line feed: names and strings unescaped, integers and the time
/// as strings (a reader that keeps numbers as doubles would lose digits). A member "warnings" is
/// added if there are any. Bytes that are not UTF-8 become the escape `\ufffd`, one each.
void append_point_json(const point_view& point, std::span<const diagnosis> warnings,
                       std::string& out);

/// Appends a refused line and a line feed. The column is the error's.
void append_error_json(const parse_error& error, const diagnosis& told,
                       const std::vector<repaired_line>& repaired, std::string& out);

}  // namespace weir
