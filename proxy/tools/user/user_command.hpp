// SPDX-License-Identifier: Apache-2.0
//
// `weir user hash`: reads a password and prints what the configuration keeps of it.
#pragma once

namespace CLI {
class App;
}

namespace weir {

[[nodiscard]] CLI::App* add_user_command(CLI::App& app);

/// Reads standard input up to a line feed or its end; without showing it, where that is a terminal.
/// The exit code.
[[nodiscard]] int run_user_hash();

}  // namespace weir
