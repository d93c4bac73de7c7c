// SPDX-License-Identifier: Apache-2.0
//
// What must not stand in a journal or a bug report: which keys, headers and parts of a url may be
// secrets, and texts without them. When in doubt, hidden. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config_node.hpp"
#include "config/settings.hpp"

namespace weir {

/// What stands in a secret's place.
inline constexpr std::string_view hidden = "***";

/// Of a key, a header or a url's parameter: its name says that its value may be a secret.
[[nodiscard]] bool may_be_secret(std::string_view name);

/// "X-Scope-OrgID: team" as it is, "X-Api-Key: ***": only values of headers that are known to hold
/// no secret are shown.
[[nodiscard]] std::string header_without_secret(std::string_view header);

/// "sasl.password=***" of a property of librdkafka; others as they are.
[[nodiscard]] std::string property_without_secret(std::string_view property);

/// The url without its user and without the values of parameters that may be secrets.
[[nodiscard]] std::string url_without_secret(std::string_view url);

/// A --set argument as messages name it: "--set log.keep=much", "--set sink.a.password=***".
[[nodiscard]] std::string shown_argument(std::string_view argument);

/// Passwords, tokens and the values of headers of a configuration, the longest first, to be hidden
/// in every line of the journal. Short ones, and those that are a name of the sink too, are left
/// out: they would take harmless words with them, and so be told.
[[nodiscard]] std::vector<std::string> secrets_of(const settings& from);

/// The same of a configuration with mistakes, whose messages repeat values.
[[nodiscard]] std::vector<std::string> secrets_in(const config_node& root);

/// Each of `secrets` in `text` becomes "***".
[[nodiscard]] std::string without_secrets(std::string text,
                                          const std::vector<std::string>& secrets);

}  // namespace weir
