// SPDX-License-Identifier: Apache-2.0
//
// `weir status`, `weir top` and `weir tap`: what a running weir says of itself, in a terminal.
#pragma once

#include <cstdint>
#include <string>

#include "tools/command_line.hpp"

namespace CLI {
class App;
}

namespace weir {

/// Statuses for scripts, beside 0 and exit_wrong_arguments.
inline constexpr int exit_needs_a_person = 1;
inline constexpr int exit_not_reachable = 3;

/// Where weir is, and as whom it is asked.
struct watch_arguments {
  configuration_arguments configuration;
  std::string url;
  std::string user_file;
  std::string token_file;
  bool json = false;
};

struct tap_arguments {
  watch_arguments watch;
  std::string database;
  std::string measurement;
  bool rejected = false;
  bool all = false;
  std::uint64_t per_second = 20;
  std::uint64_t count = 0;
};

struct watch_commands {
  CLI::App* status;
  CLI::App* top;
  CLI::App* tap;
};

/// Both must outlive the parsing.
watch_commands add_watch_commands(CLI::App& commands, watch_arguments& watch, tap_arguments& tap);

/// Each gives the exit status.
[[nodiscard]] int run_status(const watch_arguments& given);
[[nodiscard]] int run_top(const watch_arguments& given);
[[nodiscard]] int run_tap(const tap_arguments& given);

}  // namespace weir
