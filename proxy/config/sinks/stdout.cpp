// SPDX-License-Identifier: Apache-2.0
//
// The kind "stdout": it has no keys of its own. Pure.
#include "config/sinks/kind_keys.hpp"

namespace weir {

extern const sink_kind stdout_kind;
constinit const sink_kind stdout_kind{
    .name = "stdout",
    .is = is_of<stdout_settings>,
    .defaults = defaults_of<stdout_settings>,
    .keys = [] { return sink_key_list{}; },
    .check = [](const config_node&, const sink_settings&, config_issues&) {},
    .texts =
        [](const sink_settings&) {
          sink_texts all;
          all.where = "standard output";
          return all;
        },
    // Whoever reads the lines may write them anywhere, as from a file.
    .add_to = [](const sink_settings&, takers& by) noexcept { by.file = true; }};

}  // namespace weir
