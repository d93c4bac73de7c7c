// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/configure_exchange.hpp"

#include <utility>

#include "server/access/visible_databases.hpp"
#include "users/access_answers.hpp"

namespace weir {
namespace {

// A name and a few options.
constexpr std::size_t text_bytes_max = std::size_t{64} << 10;

}  // namespace

configure_exchange::configure_exchange(exchange_home& home, http::connection& on,
                                       opened_request request, const http::request_head& head)
    : statement_exchange(home, on, std::move(request)),
      method_(head.method),
      query_(head.query),
      text_(text_bytes_max, home.services().writes.memory, on.peer().share) {}

void configure_exchange::complete() {
  visible_databases shown(home_.services().databases, request().by);
  step_ =
      api::configure_database({.method = method_, .query = query_, .body = text_.text()}, shown);
  if (shown.refused() || (step_.to_do && !shown.may_change(step_.to_do->database))) {
    home_.services().doors->forbidden.add_shared();
    answer(needs_administrator("/api/v3/configure/database", request().by->name()));
  } else if (step_.to_do) {
    carry_out(*step_.to_do);
  } else {
    answer(std::move(step_.answer));
  }
}

void configure_exchange::carried_out(const api::statement_result& result) {
  answer(api::answer_carried_out(*step_.to_do, result));
}

http::response configure_exchange::too_long() const {
  return family().error(413, "a request to configure a database is not so long");
}

}  // namespace weir
