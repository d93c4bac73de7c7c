// SPDX-License-Identifier: Apache-2.0
//
// Undoes the escapes of names and strings by 1.x's rules: each kind of name has its own few
// escapes, and every other backslash stays.
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

void unescape(std::string_view raw, std::string_view escapable, std::string& out) {
  std::size_t at = 0;
  while (at < raw.size()) {
    const std::size_t backslash = raw.find('\\', at);
    out.append(raw.substr(at, backslash - at));
    if (backslash == std::string_view::npos) {
      return;
    }
    const bool escapes =
        backslash + 1 < raw.size() && escapable.find(raw[backslash + 1]) != std::string_view::npos;
    out.push_back(escapes ? raw[backslash + 1] : '\\');
    at = backslash + (escapes ? 2 : 1);
  }
}

}  // namespace

void unescape_measurement(std::string_view raw, std::string& out) {
  unescape(raw, ", =\"", out);
}
void unescape_tag(std::string_view raw, std::string& out) {
  unescape(raw, ", =", out);
}
void unescape_field_key(std::string_view raw, std::string& out) {
  unescape(raw, ", =\"", out);
}
void unescape_string(std::string_view raw, std::string& out) {
  unescape(raw, "\"\\", out);
}

}  // namespace weir
