// SPDX-License-Identifier: Apache-2.0
//
// Which configuration serves a command: that of --config, else that of the environment's
// WEIR_CONFIG, else the service's, else the built-in defaults. Pure: whether a file is there is
// asked of the caller.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/toml_document.hpp"

namespace weir {

/// The environment variable that names a configuration.
inline constexpr std::string_view config_variable = "WEIR_CONFIG";
/// Where the package puts the service's configuration.
inline constexpr std::string_view usual_config_path = "/etc/weir/weir.toml";

struct configuration_place {
  enum class source : std::uint8_t { argument, variable, usual, built_in };

  source from = source::built_in;
  std::string path{};  // empty: the built-in defaults

  /// "/etc/weir/weir.toml (no --config, no WEIR_CONFIG)", "built-in defaults (...)".
  [[nodiscard]] std::string words() const;
};

/// `argument` is what --config says; empty: it is not there.
[[nodiscard]] configuration_place find_configuration(
    const std::string& argument, const environment& env,
    const std::function<bool(const std::string&)>& is_there);

}  // namespace weir
