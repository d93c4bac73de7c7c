// SPDX-License-Identifier: Apache-2.0
#include "config/configuration_place.hpp"

#include <fmt/format.h>

namespace weir {

configuration_place find_configuration(const std::string& argument, const environment& env,
                                       const std::function<bool(const std::string&)>& is_there) {
  if (!argument.empty()) {
    return {configuration_place::source::argument, argument};
  }
  if (const std::string* const named = env.find(config_variable);
      named != nullptr && !named->empty()) {
    return {configuration_place::source::variable, *named};
  }
  if (std::string usual(usual_config_path); is_there(usual)) {
    return {configuration_place::source::usual, std::move(usual)};
  }
  return {};
}

std::string configuration_place::words() const {
  switch (from) {
    case source::argument:
      return fmt::format("{} (--config)", path);
    case source::variable:
      return fmt::format("{} (from {})", path, config_variable);
    case source::usual:
      return fmt::format("{} (no --config, no {})", path, config_variable);
    case source::built_in:
      break;
  }
  return fmt::format("built-in defaults (no --config, no {}, no {})", config_variable,
                     usual_config_path);
}

}  // namespace weir
