// SPDX-License-Identifier: Apache-2.0
//
// What clients of InfluxDB 2 ask before they write, answered from the catalogue where the server
// behind weir is an InfluxDB 1 and knows no such questions: buckets, the organization, who they
// are. A bucket is a database, or "database/retention policy". There is one organization, whose
// name is the one that a client asks for. Pure but for the catalogue.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/catalogue.hpp"
#include "api/query/result_format.hpp"
#include "api/query/statement.hpp"
#include "http/message.hpp"

namespace weir::api {

struct bucket_request {
  http::method method = http::method::get;
  std::string_view path;
  /// The query part of the request's target.
  std::string_view query;
  std::string_view body;
};

/// What a request comes to: its answer, which stands once servers have carried out the statements.
struct bucket_step {
  http::response answer{};
  /// One after the other. `answer_failed` takes the answer's place where one is refused.
  std::vector<statement> to_do{};
};

/// Whether this path is one of those: `/api/v2/buckets` and what is below it, `/orgs`, `/me`,
/// `/setup`, `/signin`, `/signout`.
[[nodiscard]] bool is_of_buckets(std::string_view path) noexcept;

/// Requires: is_of_buckets(request.path).
[[nodiscard]] bucket_step answer_buckets(const bucket_request& request, catalogue& databases);
[[nodiscard]] http::response answer_failed(const statement_result& result);

}  // namespace weir::api
