// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/bucket_exchange.hpp"

#include <algorithm>
#include <utility>

#include "server/access/visible_databases.hpp"
#include "users/access_answers.hpp"

namespace weir {
namespace {

// A name and a few options.
constexpr std::size_t text_bytes_max = std::size_t{64} << 10;

}  // namespace

bucket_exchange::bucket_exchange(exchange_home& home, http::connection& on, opened_request request,
                                 const http::request_head& head)
    : statement_exchange(home, on, std::move(request)),
      method_(head.method),
      path_(head.path),
      query_(head.query),
      text_(text_bytes_max, home.services().writes.memory, on.peer().share) {}

http::response bucket_exchange::too_long() const {
  return family().error(413, "a request about a bucket is not so long");
}

void bucket_exchange::complete() {
  visible_databases shown(home_.services().databases, request().by);
  step_ = api::answer_buckets(
      {.method = method_, .path = path_, .query = query_, .body = text_.text()}, shown);
  const bool may_all =
      std::all_of(step_.to_do.begin(), step_.to_do.end(),
                  [&shown](const api::statement& each) { return shown.may_change(each.database); });
  if (shown.refused() || !may_all) {
    home_.services().doors->forbidden.add_shared();
    answer(needs_administrator(path_, request().by->name()));
    return;
  }
  go_on_with_statements();
}

void bucket_exchange::go_on_with_statements() {
  if (done_ < step_.to_do.size()) {
    carry_out(step_.to_do[done_]);
  } else {
    answer(std::move(step_.answer));
  }
}

void bucket_exchange::carried_out(const api::statement_result& result) {
  if (!result.error.empty()) {
    answer(api::answer_failed(result));
    return;
  }
  ++done_;
  go_on_with_statements();
}

}  // namespace weir
