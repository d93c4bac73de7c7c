// SPDX-License-Identifier: Apache-2.0
//
// `weir lint`: its options, and a run from the words of the command line to the exit status.
#pragma once

#include "tools/lint/lint.hpp"

namespace CLI {
class App;
}

namespace weir {

/// Adds `lint` to the commands. `given` must outlive the parsing.
[[nodiscard]] CLI::App* add_lint_command(CLI::App& commands, lint_arguments& given);

/// The exit status: 0 when nothing was found, 1 when something was, 2 when the arguments are wrong,
/// the input cannot be read or the output cannot be written.
[[nodiscard]] int run_lint(const lint_arguments& given);

}  // namespace weir
