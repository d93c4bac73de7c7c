// SPDX-License-Identifier: Apache-2.0
//
// `weir explain`: a page on a code, or what series lines become under a configuration. Reads the
// file of names, writes to standard output and error, changes nothing; a running weir is not asked.
#pragma once

#include <string>
#include <vector>

#include "tools/command_line.hpp"

namespace CLI {
class App;
}

namespace weir {

struct explain_arguments {
  configuration_arguments configuration;
  std::string database = "mydb";
  std::string retention_policy;
  std::string precision = "ns";
  /// A code, or line protocol; none: lines on standard input.
  std::vector<std::string> lines;
  bool list = false;
};

/// `given` must outlive the parsing.
CLI::App* add_explain_command(CLI::App& commands, explain_arguments& given);

/// Exit status: 0; 1 when a line cannot be read or no sink is of remote write; 2 for a wrong
/// configuration or a word that is no code.
[[nodiscard]] int run_explain(const explain_arguments& given);

}  // namespace weir
