// SPDX-License-Identifier: Apache-2.0
#include "server/passing/passing_exchange.hpp"

#include <utility>

#include "api/context.hpp"
#include "server/passing/passed_headers.hpp"

namespace weir {
namespace {

// Queries and lists of buckets have some kilobytes.
constexpr std::size_t text_bytes_max = std::size_t{4} << 20;

}  // namespace

passing_exchange::passing_exchange(exchange_home& home, http::connection& on,
                                   opened_request request, const http::request_head& head,
                                   const query_server& to)
    : answering_exchange(home, on, std::move(request)),
      sink_(to.sink),
      failed_(no_answer_of(head.path)),
      passed_(passed_request(head)),
      text_(text_bytes_max, home.services().writes.memory, on.peer().share) {
  address_to(to, head.path, head.query, passed_);
}

void passing_exchange::body(std::string_view piece) {
  switch (text_.add(piece)) {
    case gathered_text::status::kept:
      return;
    case gathered_text::status::too_long:
      answer(api::error_response(413, "Request Entity Too Large"));
      return;
    case gathered_text::status::overloaded:
      answer(failed_("the memory for requests in flight is used up"));
      return;
  }
}

void passing_exchange::complete() {
  passed_.body = text_.take();
  passed_query_.emplace(home_, on_, sink_, failed_,
                        [this](http::response reply) { answer(std::move(reply)); });
  passed_query_->begin(std::move(passed_));
}

}  // namespace weir
