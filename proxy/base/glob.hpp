// SPDX-License-Identifier: Apache-2.0
//
// Shell-like patterns of names, as the configuration uses them for databases. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// `*` stands for any bytes, `?` for one. Linear in pattern times name at worst.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view name) noexcept;

/// A list of patterns: one that begins with `!` excludes names, the others name those that are
/// wanted. Where all exclude, every other name is wanted; an empty list wants none.
[[nodiscard]] bool matches_patterns(const std::vector<std::string>& patterns,
                                    std::string_view name) noexcept;

/// Whatever the name, it matches.
[[nodiscard]] bool matches_everything(const std::vector<std::string>& patterns) noexcept;

}  // namespace weir
