// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648, with padding), for small things: credentials in a header, bytes that are not
// UTF-8 in JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

void append_base64(std::string_view bytes, std::string& out);

/// The bytes that `text` stands for; nothing if it is not base64. Padding may be missing.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace weir
