// SPDX-License-Identifier: Apache-2.0
//
// The order of tags by the raw bytes of their keys, which is InfluxDB's own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir {

/// Up to so many tags are sorted on the stack, without an allocation: hardly any line has more.
inline constexpr std::size_t tags_few = 64;

/// Writes the tags' numbers in ascending order of their keys to `order`. Requires: at most
/// `tags_few`. Cost: their number squared, at a nanosecond or so each.
void sort_few_tags(std::span<const tag_view> tags, std::uint32_t* order) noexcept;

/// The same for any number. Cost: n log n.
void sort_tags(std::span<const tag_view> tags, std::vector<std::uint32_t>& order);

/// Whether no two tags share a key. Cost: n log n. Leaves the tags' order by key in `order`.
[[nodiscard]] bool are_tag_keys_unique(std::span<const tag_view> tags,
                                       std::vector<std::uint32_t>& order);

}  // namespace weir
