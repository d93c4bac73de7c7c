// SPDX-License-Identifier: Apache-2.0
//
// /query of InfluxDB's v1 dialect, answered here and now: clients create and list databases before
// they write, also while every database behind weir is down. Pure but for the catalogue it is
// given.
#pragma once

#include <string_view>

#include "api/catalogue.hpp"
#include "api/query/result_format.hpp"
#include "http/message.hpp"

namespace weir::api {

struct query_request {
  http::method method = http::method::get;
  /// The query part of the request's target.
  std::string_view query;
  std::string_view content_type;
  std::string_view body;
  result_format format = result_format::json;
};

[[nodiscard]] http::response answer_query(const query_request& request, catalogue& databases);

}  // namespace weir::api
