// SPDX-License-Identifier: Apache-2.0
//
// From a configuration's text to typed settings, all checked, or to everything that is wrong with
// it at once, each with its place and a remedy. Pure, but for the last function, which reads the
// file and this process' environment. Runs on the main thread, at start.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/configuration_place.hpp"
#include "config/own_listener.hpp"
#include "config/settings.hpp"
#include "config/toml_document.hpp"

namespace weir {

/// At most this many mistakes are told at once; the rest are counted.
inline constexpr std::size_t config_issues_told_max = 20;

/// `sets` are the arguments of --set without the option itself, the later over the earlier.
[[nodiscard]] result<settings> read_settings(std::string_view toml_text, std::string_view file_name,
                                             const std::vector<std::string>& sets,
                                             const environment& env,
                                             const machine_names& machine = {});

struct loaded_settings {
  settings effective;
  configuration_place place;
};

/// Finds the configuration (`argument` is what --config says, or empty) and reads it, with the real
/// environment and the names of this machine.
[[nodiscard]] result<loaded_settings> load_settings(const std::string& argument,
                                                    const std::vector<std::string>& sets);

/// The effective configuration as TOML that read_settings takes; passwords are shown as "***".
[[nodiscard]] std::string show_settings(const settings& effective);

/// One key as a person is told about it.
struct key_description {
  std::string section;        // "http", "database", "sink", ...
  std::string name;           // "listen", "batch.bytes", ...
  std::string type;           // "size", "duration", ...
  std::string range;          // "from 0 to 256 threads"; empty: none
  std::string default_value;  // as TOML; of a sink: of a sink of its type
  std::string help;
};

/// Every key there is, in the order in which show_settings writes them.
[[nodiscard]] std::vector<key_description> known_keys();

}  // namespace weir
