// SPDX-License-Identifier: Apache-2.0
//
// The one place that reads credentials from requests, for the counts by source and for whatever
// asks for rights. It reads what a client claims and proves nothing. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace weir::api {

/// What a request carries of credentials. Cheap to find, and fit for the key of a cache.
struct offered_credentials {
  /// The Authorization header as it came; valid as long as the request's head.
  std::string_view authorization{};
  /// InfluxDB 1's `u=` and `p=`, decoded. `p=` alone is a token, as in InfluxDB 3.
  std::string user{};
  std::string password{};
};

[[nodiscard]] offered_credentials find_credentials(const http::request_head& head);

struct credentials {
  enum class scheme : std::uint8_t {
    none,        // nothing, or nothing that can be read
    parameters,  // u= and p=
    basic,       // Authorization: Basic base64(user:password)
    token,       // Authorization: Token user:password (InfluxDB 1), or Token SECRET (InfluxDB 2)
    bearer,      // Authorization: Bearer SECRET
  };
  scheme by = scheme::none;
  /// Empty for secrets that name no user.
  std::string user{};
  /// The password or the token. Never for the journal or an answer.
  std::string secret{};
};

/// Reads them: parameters come before the header, as in InfluxDB. Programs in Java that have no
/// credentials send "null:null" all the same (Flink's reporter): that is `none`.
[[nodiscard]] credentials read_credentials(const offered_credentials& offered);

/// Of a request's parameters, for a server that others are to be shown to: without these, and of
/// each name the first, so that no server takes another one.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> without_credentials(
    std::vector<std::pair<std::string, std::string>> parameters);

}  // namespace weir::api
