// SPDX-License-Identifier: Apache-2.0
//
// The files of the status page, compiled in: those of assets/, and what Debian has of dygraphs.
// Found by name. Pure.
#pragma once

#include <span>
#include <string_view>

namespace weir::page {

struct asset {
  /// "page.js".
  std::string_view name;
  std::string_view bytes;
};

/// All of them, for the life of the process. Made by embed.cmake.
[[nodiscard]] std::span<const asset> assets() noexcept;
/// nullptr: there is none of that name.
[[nodiscard]] const asset* find_asset(std::string_view name) noexcept;
/// Of a file's name.
[[nodiscard]] std::string_view content_type_of_asset(std::string_view name) noexcept;

}  // namespace weir::page
