// SPDX-License-Identifier: Apache-2.0
//
// `weir load`: its options, and a run from the words of the command line to the summary.
#pragma once

#include "tools/load/load_options.hpp"

namespace CLI {
class App;
}

namespace weir {

/// Adds `load` to the commands. `given` must outlive the parsing.
[[nodiscard]] CLI::App* add_load_command(CLI::App& commands, load_arguments& given);

/// The exit status: 0 when every request was answered with success, 1 when not, 2 when the
/// arguments are wrong.
[[nodiscard]] int run_load(const load_arguments& given);

}  // namespace weir
