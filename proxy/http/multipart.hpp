// SPDX-License-Identifier: Apache-2.0
//
// Reads multipart/form-data bodies (RFC 7578), as `curl -F` sends them. Pure; the parts are views
// into the body.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::http {

struct form_part {
  std::string name{};
  std::string_view value{};
  /// It has a filename: browsers and curl send the contents of a file.
  bool file = false;
};

/// Whether a Content-Type is multipart/form-data.
[[nodiscard]] bool is_multipart(std::string_view content_type) noexcept;

/// The parts that have a name, in their order, at most `count_max`. A body that is cut off or not
/// framed so gives those before the fault.
[[nodiscard]] std::vector<form_part> decode_multipart(std::string_view content_type,
                                                      std::string_view body,
                                                      std::size_t count_max = 64);

}  // namespace weir::http
