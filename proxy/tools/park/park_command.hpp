// SPDX-License-Identifier: Apache-2.0
//
// `weir park`: what sinks could not deliver and keep beside the log, and what a person does with
// it.
#pragma once

#include <cstdint>
#include <string>

#include "tools/command_line.hpp"

namespace CLI {
class App;
}

namespace weir {

struct park_arguments {
  enum class action : std::uint8_t { none, list, retry, drop };

  configuration_arguments configuration{};
  action what = action::none;
  std::string sink{};
  std::string database{};
  std::string retention_policy{};
  std::string url{};
  bool json = false;
};

/// `given` must outlive the parsing.
CLI::App* add_park_command(CLI::App& commands, park_arguments& given);
/// Does what was asked for; the exit status.
[[nodiscard]] int run_park(const park_arguments& given);

}  // namespace weir
