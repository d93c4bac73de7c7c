// SPDX-License-Identifier: Apache-2.0
//
// `weir run`: starts everything in order, waits for a signal, ends everything in order.
#pragma once

#include <string>

#include "config/settings.hpp"
#include "config/settings_reader.hpp"

namespace weir {

struct run_options {
  /// Where the addresses taken are written as JSON once weir is ready; empty: nowhere.
  std::string announce_path{};
  /// Which configuration serves, for the journal.
  std::string configuration{};
  /// Reads the configuration again, for a reload. Called on another thread.
  std::function<result<loaded_settings>()> load{};
};

/// Runs until SIGTERM or SIGINT; returns the exit status.
[[nodiscard]] int run_weir(const settings& configured, const run_options& options);

}  // namespace weir
