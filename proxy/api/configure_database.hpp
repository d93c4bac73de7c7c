// SPDX-License-Identifier: Apache-2.0
//
// InfluxDB 3's /api/v3/configure/database, as its command line and scripts call it before they
// write: databases are listed, created and dropped. It does no more than CREATE DATABASE and DROP
// DATABASE of /query do, in this dialect's words: servers behind weir carry them out where there
// are such. Pure but for the catalogue it is given.
#pragma once

#include <optional>
#include <string_view>

#include "api/catalogue.hpp"
#include "api/query/result_format.hpp"
#include "api/query/statement.hpp"
#include "http/message.hpp"

namespace weir::api {

struct configure_request {
  http::method method = http::method::get;
  /// The query part of the request's target.
  std::string_view query;
  std::string_view body;
};

/// What a request comes to: its answer, or what servers are to do before it has one.
struct configure_step {
  http::response answer{};
  /// Where it is set, `answer_carried_out` says what came of it.
  std::optional<statement> to_do{};
};

/// GET `?format=json|jsonl|csv|pretty` lists. POST `{"db":"name"}` creates: 200, or 409 if it
/// exists; a `retention_period` ("30d") is that of its first retention policy, and is refused where
/// no server carries it out. DELETE `?db=name` drops: 200, or 404 if it is unknown. Requires:
/// method is one of the three.
[[nodiscard]] configure_step configure_database(const configure_request& request,
                                                catalogue& databases);
[[nodiscard]] http::response answer_carried_out(const statement& what,
                                                const statement_result& result);

}  // namespace weir::api
