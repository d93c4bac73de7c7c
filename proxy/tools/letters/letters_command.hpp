// SPDX-License-Identifier: Apache-2.0
//
// `weir letters`: looks at the lines that were rejected or dropped, and sends them again. It reads
// the letters' files, whether weir runs or not; only replay needs one that runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/command_line.hpp"

namespace CLI {
class App;
}

namespace weir {

struct letters_arguments {
  enum class action : std::uint8_t { none, list, show, stats, replay, file };

  /// The command after `weir letters`.
  action chosen = action::none;
  configuration_arguments configuration{};
  std::string directory{};
  std::string database{};
  std::string code{};
  std::string source{};
  std::string since{};
  std::string until{};
  std::string sink{};
  std::uint64_t limit = 20;
  bool unreplayed = false;
  bool json = false;
  /// Of `show` and `replay`.
  std::vector<std::uint64_t> ids{};
  /// Of `file`.
  std::string out{};
  /// Of `replay`.
  std::string url{};
  bool dry_run = false;
  /// No line of progress, on a terminal either.
  bool quiet = false;
};

/// Adds `letters` and its own commands. `arguments` must outlive the parsing.
[[nodiscard]] CLI::App* add_letters_command(CLI::App& commands, letters_arguments& arguments);

/// The exit status: 0 done, 1 not all of it (a line was refused again, a file cannot be read),
/// 2 the arguments or the configuration are wrong.
[[nodiscard]] int run_letters(const letters_arguments& arguments);

}  // namespace weir
