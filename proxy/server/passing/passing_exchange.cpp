// SPDX-License-Identifier: Apache-2.0
#include "server/passing/passing_exchange.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "server/access/passed_rights.hpp"
#include "server/passing/passed_headers.hpp"

namespace weir {
namespace {

// Queries and lists of buckets have some kilobytes.
constexpr std::size_t text_bytes_max = std::size_t{4} << 20;

/// `404 page not found`: the server has no such API, and says it in words that tell a client's user
/// nothing.
bool lacks_the_api(const http::response& answer, std::string_view path) {
  return answer.status == 404 && path.starts_with("/api/") &&
         answer.content_type.starts_with("text/plain");
}

}  // namespace

passing_exchange::passing_exchange(exchange_home& home, http::connection& on,
                                   opened_request request, const http::request_head& head,
                                   const query_server& to)
    : answering_exchange(home, on, std::move(request)),
      sink_(to.sink),
      path_(head.path),
      passed_(passed_request(head)),
      text_(text_bytes_max, home.services().writes.memory, on.peer().share) {
  if (this->request().by == nullptr) {
    address_to(to, head.path, head.query, passed_);
  } else {
    address_to(to, head.path, passed_query_of(*this->request().by, head, to), passed_);
    sign_as_sink(to, passed_);
  }
}

void passing_exchange::complete() {
  if (request().by != nullptr) {
    if (auto refused = refuse_passing_body(*request().by, path_, text_.text())) {
      home_.services().doors->forbidden.add_shared();
      answer(std::move(*refused));
      return;
    }
  }
  passed_.body = text_.take();
  passed_query_.emplace(home_, on_, sink_, family().error, [this](http::response reply) {
    if (lacks_the_api(reply, path_)) {
      reply = family().error(
          404, fmt::format(
                   "sink {}: its server has no {}: an InfluxDB 1 is asked in InfluxQL, at /query",
                   sink_, path_));
    }
    answer(std::move(reply));
  });
  passed_query_->begin(std::move(passed_));
}

}  // namespace weir
