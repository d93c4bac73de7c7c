// SPDX-License-Identifier: Apache-2.0
//
// InfluxDB 3's /api/v3/configure/database, as its command line and scripts call it before they
// write: databases are listed, created and dropped. It does no more than CREATE DATABASE and DROP
// DATABASE of /query do, in this dialect's words. Pure but for the catalogue it is given.
#pragma once

#include <string_view>

#include "api/catalogue.hpp"
#include "http/message.hpp"

namespace weir::api {

struct configure_request {
  http::method method = http::method::get;
  /// The query part of the request's target.
  std::string_view query;
  std::string_view body;
};

/// GET `?format=json|jsonl|csv|pretty` lists. POST `{"db":"name"}` creates: 200, or 409 if it
/// exists. DELETE `?db=name` drops: 200, or 404 if it is unknown. A retention period is refused,
/// as nothing here could keep it. Requires: method is one of the three.
[[nodiscard]] http::response answer_configure_database(const configure_request& request,
                                                       catalogue& databases);

}  // namespace weir::api
