// SPDX-License-Identifier: Apache-2.0
#include "server/page/explain_exchange.hpp"

#include <optional>
#include <utility>

#include "api/context.hpp"
#include "base/time_unit.hpp"
#include "server/page/asset_answers.hpp"
#include "server/page/page_service.hpp"

namespace weir {
namespace {

constexpr std::size_t text_bytes_max = std::size_t{64} << 10;

}  // namespace

explain_exchange::explain_exchange(exchange_home& home, http::connection& on,
                                   opened_request request, const http::request_head& head)
    : answering_exchange(home, on, std::move(request)),
      query_(head.query),
      text_(text_bytes_max, home.services().writes.memory, on.peer().share) {}

void explain_exchange::complete() {
  const auto form = http::decode_form(query_);
  const auto value = [&form](std::string_view name, std::string_view otherwise) {
    const std::string_view given = http::find_value(form, name).value_or("");
    return given.empty() ? otherwise : given;
  };
  const std::string_view precision = value("precision", "ns");
  const auto unit_ns =
      precision == "auto" ? std::optional(automatic_unit_ns) : unit_named(precision);
  if (!unit_ns) {
    answer(api::error_response(400, "precision: it must be one of ns, us, ms, s, m, h, auto"));
    return;
  }
  http::response reply = fresh_answer("application/json");
  reply.source = home_.services().page->explain(text_.take(),
                                                {.database = std::string(value("db", "mydb")),
                                                 .retention_policy = std::string(value("rp", "")),
                                                 .unit_ns = *unit_ns});
  answer(std::move(reply));
}

http::response explain_exchange::too_long() const {
  return api::error_response(
      413, "lines to be explained may have 64 KiB at most; `weir lint` reads more");
}

}  // namespace weir
