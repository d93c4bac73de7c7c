// SPDX-License-Identifier: Apache-2.0
//
// Strings as JSON writes them: the one place that escapes. Pure. Reading JSON is simdjson's.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Appends `text` as a JSON string with its quotes, as Go's encoding/json writes it: `<`, `>`, `&`,
/// U+2028/9 and control bytes as \u00XX (but \n, \r, \t), bytes that are not UTF-8 as \ufffd.
void append_json_string(std::string_view text, std::string& out);

/// Appends the inside of a JSON string, without quotes, for a log that people read in a terminal:
/// everything that a terminal would not show (base/text/terminal_text.hpp) is escaped, `<`, `>` and
/// `&` are not. Bytes that are not UTF-8 become \ufffd.
void append_json_visible(std::string_view text, std::string& out);

}  // namespace weir
