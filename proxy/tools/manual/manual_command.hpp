// SPDX-License-Identifier: Apache-2.0
//
// `weir completion` and `weir manual`: what the build installs beside the program, for whoever
// installs it himself. Writes to standard output, or files into a directory.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace weir {

struct manual_arguments {
  std::string shell;
  std::string directory;
};

struct manual_commands {
  CLI::App* completion;
  CLI::App* manual;
};

/// `given` must outlive the parsing.
manual_commands add_manual_commands(CLI::App& commands, manual_arguments& given);

/// The exit status. `program`: with all its commands.
[[nodiscard]] int run_completion(const CLI::App& program, const manual_arguments& given);
[[nodiscard]] int run_manual(const CLI::App& program, const manual_arguments& given,
                             const std::string& version);

}  // namespace weir
