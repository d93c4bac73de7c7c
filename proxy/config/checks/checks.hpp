// SPDX-License-Identifier: Apache-2.0
//
// What is right and wrong in the texts of a configuration: addresses, urls, names. Pure; each
// answers what is wrong and what to write instead, or nothing.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// "HOST:PORT" or "[IPV6]:PORT"; whether the port may be left out is the caller's matter.
struct endpoint {
  std::string_view host;
  std::string_view port;
  bool bracketed = false;
  bool has_port = false;
};

/// Views into `text`; empty ones when it has a bracket that nothing may follow.
[[nodiscard]] endpoint split_endpoint(std::string_view text);

/// "HOST:PORT", "[IPV6]:PORT" or "unix:PATH".
[[nodiscard]] std::string check_listen_address(std::string_view text);

/// "database" or "database/retention_policy", each a name that InfluxDB can have; the second may
/// have slashes, as bucket names of InfluxDB 2.
[[nodiscard]] std::string check_udp_database(std::string_view text);

/// A bucket's name with {database} and {retention_policy} as its only placeholders; empty is good.
[[nodiscard]] std::string check_bucket(std::string_view text);

/// http:// or https:// with a host; no user, query or fragment.
[[nodiscard]] std::string check_url(std::string_view text);

/// All of the address that remote write goes to: it may have a query, though no secret in it.
[[nodiscard]] std::string check_receiver_url(std::string_view text);

/// Of a header that an operator adds: "Name: value", and none of those that the sink writes itself.
[[nodiscard]] std::string check_header(std::string_view text);

/// [A-Za-z0-9_-]{1,64}, and "@HOST:PORT" of one address of several: it becomes a file name and a
/// metric's label.
[[nodiscard]] std::string check_sink_name(std::string_view text);

/// The name of a directory: anything but nothing.
[[nodiscard]] std::string check_directory(std::string_view text);

/// A pattern of names, or "!" and one of those that are left out; of retention policies "" is the
/// name of the default one.
[[nodiscard]] std::string check_pattern(std::string_view text);
[[nodiscard]] std::string check_policy_pattern(std::string_view text);

/// "*", "database" or "database/retention_policy".
[[nodiscard]] std::string check_database_name(std::string_view text);

/// A regular expression as RE2 reads it; empty is good.
[[nodiscard]] std::string check_regex(std::string_view text);

/// What stands for a match of `pattern` in `to` (\1 for the first group) is there to be caught.
[[nodiscard]] std::string check_rewrite(const std::string& pattern, const std::string& to);

/// How many letters must be changed, put in or taken out to make one of the other.
[[nodiscard]] std::size_t edit_distance(std::string_view one, std::string_view other);

}  // namespace weir
