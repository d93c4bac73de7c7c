// SPDX-License-Identifier: Apache-2.0
//
// What an InfluxDB 1 is asked about its databases and retention policies and told to do to them,
// and the reading of its answers. Pure; sends nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/http_reply.hpp"
#include "upstream/catalogue/server_catalogue.hpp"

namespace weir {

inline constexpr std::string_view databases_query = "SHOW DATABASES";
/// Of several databases, a statement for each.
[[nodiscard]] std::string policies_query(std::span<const std::string> databases);

/// The names in the server's order. Fails on the server's own error and on what is no such answer.
[[nodiscard]] result<std::vector<std::string>> read_databases(std::string_view body);

/// What a server says of one database's policies.
struct policies_answer {
  enum class kind : std::uint8_t {
    known,
    missing,  // there is no such database
    unknown,  // not told: this user may not ask, or an error stood before it
  };
  kind is = kind::unknown;
  std::vector<known_policy> policies{};
};
/// Of the answer to `policies_query` of so many databases. Fails as `read_databases` does.
[[nodiscard]] result<std::vector<policies_answer>> read_policies(std::string_view body,
                                                                 std::size_t count);

/// What came of a statement that was sent.
struct statement_answer {
  enum class kind : std::uint8_t {
    done,
    refused,      // for good: `words` are the server's
    unanswered,   // it is down, or has no time now; it may have carried it out
    no_influxdb,  // something answers that does not know InfluxQL
  };
  kind is = kind::unanswered;
  std::string words{};
};
[[nodiscard]] statement_answer read_statement_answer(const http_reply& reply);

}  // namespace weir
