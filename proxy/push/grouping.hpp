// SPDX-License-Identifier: Apache-2.0
//
// The labels by which a push names its group, out of the path of its request: /job/NAME/KEY/VALUE,
// each value also in base64 behind KEY@base64. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir::push {

/// Label names and values; `job` is always among them and not empty.
using grouping = std::map<std::string, std::string, std::less<>>;

/// `path` as it was sent, percent-encoded, from "/job" on. The failure is for the client, 400.
[[nodiscard]] result<grouping> read_grouping(std::string_view path);

/// A text that is equal for equal groupings alone; `{a="b",job="c"}`.
[[nodiscard]] std::string key_of(const grouping& labels);

/// Whether `job` ends in 32 hexadecimal digits behind another character, as Flink makes it.
[[nodiscard]] bool has_random_suffix(std::string_view job) noexcept;
inline constexpr std::size_t random_suffix_bytes = 32;

}  // namespace weir::push
