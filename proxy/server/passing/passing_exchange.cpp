// SPDX-License-Identifier: Apache-2.0
#include "server/passing/passing_exchange.hpp"

#include <utility>

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
      passed_(passed_request(head)),
      text_(text_bytes_max, home.services().writes.memory, on.peer().share) {
  address_to(to, head.path, head.query, passed_);
}

void passing_exchange::complete() {
  passed_.body = text_.take();
  passed_query_.emplace(home_, on_, sink_, family().error,
                        [this](http::response reply) { answer(std::move(reply)); });
  passed_query_->begin(std::move(passed_));
}

}  // namespace weir
