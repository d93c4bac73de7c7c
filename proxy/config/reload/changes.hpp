// SPDX-License-Identifier: Apache-2.0
//
// What a new configuration changes of the one in force, and what of that can be put in force while
// weir runs. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace weir {

/// One difference between two configurations.
struct setting_change {
  enum class kind : std::uint8_t { changed, added, removed };

  /// `log.keep`; `database."mydb".retention`, `rule "a".to`, `sink "b".url`; of what was added or
  /// removed as a whole, `sink "b"`.
  std::string what;
  kind is = kind::changed;
  /// Of `changed`: as TOML, secrets hidden.
  std::string before;
  std::string after;
  /// It is in force from the next start on.
  bool needs_restart = false;

  /// `log.keep: from "1GiB" to "2GiB": needs a restart`.
  [[nodiscard]] std::string words() const;
};

/// All of them, in the order in which `weir config show` writes the keys.
[[nodiscard]] std::vector<setting_change> compare_settings(const settings& running,
                                                           const settings& wanted);

/// `wanted`, with what needs a restart as `running` has it.
[[nodiscard]] settings applicable_part(const settings& running, settings wanted);

}  // namespace weir
