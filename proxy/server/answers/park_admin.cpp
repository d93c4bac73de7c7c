// SPDX-License-Identifier: Apache-2.0
#include "server/answers/park_admin.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "api/context.hpp"

namespace weir {

http::response park_answer(api::handler by, std::string_view query, const park_requests& requests) {
  const auto form = http::decode_form(query);
  const auto value = [&form](std::string_view name) {
    const auto found = http::find_value(form, name);
    return found ? std::optional<std::string>(*found) : std::nullopt;
  };
  const std::string sink = value("sink").value_or("");
  const parked_filter which{.database = value("db"), .retention_policy = value("rp")};
  const bool drops = by == api::handler::park_drop;
  if (drops && sink.empty() && !which.database) {
    return api::error_response(400, "name what is to be dropped: db, or sink for all of it");
  }
  const park_requests::request& pass_on = drops ? requests.drop : requests.retry;
  const std::size_t asked = pass_on ? pass_on(sink, which) : 0;
  if (asked == 0) {
    return api::error_response(404, "there is no such sink");
  }
  http::response reply;
  reply.status = 202;
  reply.content_type = "application/json";
  reply.body = fmt::format("{{\"sinks\":{}}}\n", asked);
  return reply;
}

}  // namespace weir
