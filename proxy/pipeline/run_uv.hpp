// SPDX-License-Identifier: Apache-2.0
//
// `weir run`: starts everything in order, waits for a signal, ends everything in order.
#pragma once

#include <string>

#include "config/settings.hpp"

namespace weir {

/// Runs until SIGTERM or SIGINT; returns the exit status. `announce_path`: where the addresses
/// taken are written as JSON once weir is ready; empty: nowhere.
[[nodiscard]] int run_weir(const settings& configured, const std::string& announce_path);

}  // namespace weir
