// SPDX-License-Identifier: Apache-2.0
#include "page/assets.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::page {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> types{{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".txt", "text/plain; charset=utf-8"},
}};

}  // namespace

const asset* find_asset(std::string_view name) noexcept {
  const std::span<const asset> all = assets();
  const auto found =
      std::find_if(all.begin(), all.end(), [name](const asset& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string_view content_type_of_asset(std::string_view name) noexcept {
  for (const auto& [ending, type] : types) {
    if (name.ends_with(ending)) {
      return type;
    }
  }
  return "application/octet-stream";
}

}  // namespace weir::page
