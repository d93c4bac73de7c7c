// SPDX-License-Identifier: Apache-2.0
//
// Rules between the keys of one [[sink]] or [[rule]] and between sinks, whose every value is right
// by itself. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config_node.hpp"
#include "config/own_listener.hpp"
#include "config/settings.hpp"

namespace weir {

void check_sink(const config_node& node, const sink_settings& sink, config_issues& issues);

/// Requires: `list` has a child for each of `sinks`.
void check_sinks_together(const config_node& list, const std::vector<sink_settings>& sinks,
                          config_issues& issues);

/// Sinks that deliver to weir itself. Requires: `list` has a child for each sink.
void check_own_listener(const config_node& list, const settings& made, const machine_names& machine,
                        config_issues& issues);

/// Of [[udp]] and [[tcp]]: databases with a name that InfluxDB 1 cannot have, where one takes them;
/// lines that the memory has no room for; sockets that no kernel shares. After the sinks.
void check_line_listeners(const config_node& root, const settings& made, config_issues& issues);

/// Of [http] and [[tcp]]: a certificate without its key, and the like.
void check_tls(const config_node& root, const settings& made, config_issues& issues);

/// What is wrong when `sink` delivers to one of the addresses of `http`; empty when it does not.
[[nodiscard]] std::string own_listener_fault(const sink_settings& sink, const http_settings& http,
                                             const machine_names& machine);

/// Of one [[user]]; `before` has those before it, and [http].
void check_user(const config_node& node, const user_settings& user, const settings& before,
                config_issues& issues);

void check_rule(const config_node& node, const rule_settings& rule, config_issues& issues);

}  // namespace weir
