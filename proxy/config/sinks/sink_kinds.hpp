// SPDX-License-Identifier: Apache-2.0
//
// The table of kinds of sinks, as far as the configuration knows them: one row a kind, each in a
// file of its own. How a sink of the kind delivers is the row of the same name in
// sinks/target_kinds. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/checks/automatic.hpp"
#include "config/checks/checks.hpp"
#include "config/config_node.hpp"
#include "config/keys/keys.hpp"
#include "config/sinks/sink_settings.hpp"

namespace weir {

/// What of a sink's settings is said, hidden or compared elsewhere.
struct sink_texts {
  /// Where it delivers to, as the first lines of the journal have it, without secrets; empty:
  /// nowhere.
  std::string where;
  /// The server's addresses; empty: it has none.
  std::vector<std::string> urls;
  /// To be hidden wherever they appear.
  std::vector<std::string> secrets;
  /// "Name: value" of headers, whose values may be secrets.
  std::vector<std::string> headers;
  /// No secrets, even if one of those is written alike.
  std::vector<std::string> plain;
  /// Of basic authentication: its form in a header is hidden, too. Empty: none.
  std::string username;
  std::string password;
};

struct sink_kind {
  /// The value of the key `type`.
  std::string_view name;
  /// What lies in the log goes over the network as it is, so that it is worth compressing.
  bool sends_frames = false;
  bool (*is)(const sink_settings& sink) noexcept;
  sink_kind_settings (*defaults)();
  /// Its keys, in the order in which they are shown. A key that two kinds have has one meaning.
  std::vector<config_key<sink_settings>> (*keys)();
  /// Checks a sink of this kind whose every value is right by itself. `node` is its table.
  void (*check)(const config_node& node, const sink_settings& sink, config_issues& issues);
  sink_texts (*texts)(const sink_settings& sink);
  /// Notes in `by` that a sink of this kind takes a database.
  void (*add_to)(const sink_settings& sink, takers& by) noexcept;
};

/// All kinds, in the order in which they are named to people.
[[nodiscard]] std::span<const sink_kind* const> sink_kinds() noexcept;
[[nodiscard]] const sink_kind& kind_of(const sink_settings& sink) noexcept;

/// For rows: `is` and `defaults` of a kind with these settings.
template <class Kind>
[[nodiscard]] bool is_of(const sink_settings& sink) noexcept {
  return sink.as<Kind>() != nullptr;
}
template <class Kind>
[[nodiscard]] sink_kind_settings defaults_of() {
  return Kind{};
}

}  // namespace weir
