// SPDX-License-Identifier: Apache-2.0
//
// From TOML to the tree of config_node.hpp: syntax, places and what ${...} stands for. The only
// code that knows toml++. Pure: text and environment are passed in.
#pragma once

#include <string>
#include <string_view>

#include "config/config_node.hpp"
#include "config/environment.hpp"

namespace weir {

/// The document's root. What is wrong is added to `issues`; the tree then lacks it.
[[nodiscard]] config_node parse_document(std::string_view toml_text, std::string_view file_name,
                                         const environment& env, config_issues& issues);

/// Puts one `--set key.path=VALUE` over the tree. VALUE is a TOML value, or a bare word taken as
/// text. A sink is named by its name: `sink.NAME.key=VALUE`.
void apply_set(config_node& root, std::string_view argument, const environment& env,
               config_issues& issues);

}  // namespace weir
