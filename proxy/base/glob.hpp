// SPDX-License-Identifier: Apache-2.0
//
// Shell-like patterns of names, as the configuration uses them for databases. Pure.
#pragma once

#include <string_view>

namespace weir {

/// `*` stands for any bytes, `?` for one. Linear in pattern times name at worst.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view name) noexcept;

}  // namespace weir
