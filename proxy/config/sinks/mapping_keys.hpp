// SPDX-License-Identifier: Apache-2.0
//
// The keys of a remote_write sink that say how points become series, and their checks. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/sinks/sink_kinds.hpp"

namespace weir {

/// In the order in which they are shown.
[[nodiscard]] std::vector<config_key<remote_write_settings>> mapping_keys();

/// What is wrong between keys that are right by themselves. `node` is the sink's table.
void check_mapping(const config_node& node, const mapping_settings& mapping, config_issues& issues);

/// Types of series, as `metadata` spells them, in the order of the protocol's numbers.
[[nodiscard]] const std::vector<std::string>& metric_type_words();

/// What is before the last `=` of `text` and behind it, as `metadata` is read; behind the first one
/// with `external_labels`.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_metadata(std::string_view text);
[[nodiscard]] std::pair<std::string_view, std::string_view> split_external(std::string_view text);

}  // namespace weir
