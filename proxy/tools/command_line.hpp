// SPDX-License-Identifier: Apache-2.0
//
// What all commands share: how the command line is read and what is said about a wrong one, the
// options that name a configuration, and its loading. Writes to standard output and error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings_reader.hpp"

namespace CLI {
class App;
}

namespace weir {

/// The status of a wrong command line and of a configuration with mistakes, in every command.
inline constexpr int exit_wrong_arguments = 2;

struct configuration_arguments {
  std::string config{};
  std::vector<std::string> sets{};
};

/// --config and --set. `given` must outlive the parsing.
void add_configuration_options(CLI::App& command, configuration_arguments& given);

/// For CLI11's check(): why `text` is no whole number from 0 to 2^64 - 1 (CLI11 itself reads -1 as
/// the largest of them), or nothing.
[[nodiscard]] std::string refuse_count(const std::string& text);

/// Reads the command line. Nothing: go on; else the exit status, everything having been said (help
/// and version are 0).
[[nodiscard]] std::optional<int> parse_command_line(CLI::App& app, int argc,
                                                    const char* const* argv);

/// The configuration; on failure the reasons are on standard error already.
[[nodiscard]] std::optional<loaded_settings> load_or_complain(const configuration_arguments& given);

}  // namespace weir
