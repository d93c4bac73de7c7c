// SPDX-License-Identifier: Apache-2.0
//
// The table of keys: for each its name, type, range, unit and meaning, how it is read into its
// member and how it is shown. Reading, showing, suggestions and the test of conf/weir.toml all
// walk this one table.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config_node.hpp"
#include "config/settings.hpp"

namespace weir {

template <class Section>
struct config_key {
  std::string name;  // within its section; "batch.bytes" is `bytes` of the table `batch`
  std::string type;
  std::string range;
  std::string help;
  std::function<outcome(Section&, const config_value&)> read;
  std::function<std::string(const Section&)> show;  // as TOML
  std::vector<std::string_view> only{};  // of [[sink]]: the types it applies to; none: all
};

[[nodiscard]] const std::vector<config_key<http_settings>>& http_keys();
[[nodiscard]] const std::vector<config_key<udp_settings>>& udp_keys();
[[nodiscard]] const std::vector<config_key<tcp_settings>>& tcp_keys();
[[nodiscard]] const std::vector<config_key<user_settings>>& user_keys();
[[nodiscard]] const std::vector<config_key<push_settings>>& push_keys();
[[nodiscard]] const std::vector<config_key<log_settings>>& log_keys();
[[nodiscard]] const std::vector<config_key<letter_settings>>& letter_keys();
[[nodiscard]] const std::vector<config_key<limit_settings>>& limit_keys();
[[nodiscard]] const std::vector<config_key<database_settings>>& database_keys();
[[nodiscard]] const std::vector<config_key<rule_settings>>& rule_keys();
[[nodiscard]] const std::vector<config_key<sink_settings>>& sink_keys();
[[nodiscard]] const std::vector<config_key<service_settings>>& service_keys();

/// What to write instead of `section`.`name`, which is no key although other programs have one like
/// it; empty when it is simply unknown. A whole section has an empty name.
[[nodiscard]] std::string instead_of_key(std::string_view section, std::string_view name);

/// Whether the key belongs to sinks of the kind of `sink`.
[[nodiscard]] bool applies_to(const config_key<sink_settings>& key, const sink_settings& sink);

/// `text` as a TOML string that substitution leaves as it is.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace weir
