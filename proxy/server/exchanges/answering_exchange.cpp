// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/answering_exchange.hpp"

#include <utility>

#include "server/exchanges/gathered_text.hpp"

namespace weir {

void answering_exchange::finish(http::response& response) {
  const steady_time now = home_.services().clock().steady;
  home_.account().answered(request_.routing.label, response.status, now - request_.began.steady);
  api::complete(response, request_.context);
}

void answering_exchange::answer(http::response&& reply) {
  finish(reply);
  on_.answer(std::move(reply));
}

http::response answering_exchange::failed(http::body_failure why) const {
  return family().body_failed(why);
}

void answering_exchange::gather(std::string_view piece, gathered_text& into) {
  switch (into.add(piece)) {
    case gathered_text::status::kept:
      return;
    case gathered_text::status::too_long:
      answer(too_long());
      return;
    case gathered_text::status::overloaded:
      answer(failed(http::body_failure::overloaded));
      return;
  }
}

http::response answering_exchange::too_long() const {
  return family().error(413, "Request Entity Too Large");
}

const api::path_family& answering_exchange::family() const noexcept {
  const api::route* const row = routing().row;
  return api::family_of(row == nullptr ? std::string_view{} : row->path);
}

http::response answering_exchange::fail(http::body_failure why) {
  http::response reply = failed(why);
  finish(reply);
  return reply;
}

void answering_exchange::encoding_ignored() {
  home_.services().counters.encodings_ignored.add_shared();
}

}  // namespace weir
