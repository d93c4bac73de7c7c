// SPDX-License-Identifier: Apache-2.0
//
// `weir log`: looks into the log, in its files or in its topic, takes lines out of it, checks it,
// and delivers a part of it once more. It takes no lock and changes nothing in the log, so a weir
// may run on it; but for `move`, which takes all of a log to another place.
#pragma once

#include <cstdint>
#include <string>

#include "tools/command_line.hpp"

namespace CLI {
class App;
}

namespace weir {

struct log_arguments {
  enum class action : std::uint8_t { none, stat, tail, take_out, verify, replay, move };

  /// The command after `weir log`.
  action chosen = action::none;
  configuration_arguments configuration{};
  /// The log's, if not that of the configuration.
  std::string directory{};
  /// Patterns; empty: all.
  std::string database{};
  std::string measurement{};
  /// Of receipt.
  std::string since{};
  std::string until{};
  bool json = false;
  /// Of `tail`.
  std::uint64_t lines = 10;
  bool follow = false;
  /// Of `export`.
  std::string out = "-";
  bool gzip = false;
  /// Of `replay`.
  std::string sink{};
  std::string to_database{};
  bool dry_run = false;
  /// Of `move`: "kafka" or "local".
  std::string to{};
  /// No line of progress, on a terminal either.
  bool quiet = false;
};

/// Adds `log` and its own commands. `arguments` must outlive the parsing.
[[nodiscard]] CLI::App* add_log_command(CLI::App& commands, log_arguments& arguments);

/// The exit status: 0 done, 1 not all of it (damage was found, points were not delivered), 2 the
/// arguments or the configuration are wrong.
[[nodiscard]] int run_log(const log_arguments& arguments);

}  // namespace weir
