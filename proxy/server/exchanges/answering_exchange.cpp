// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/answering_exchange.hpp"

#include <utility>

#include "api/influx_v1.hpp"

namespace weir {

void answering_exchange::finish(http::response& response) {
  const steady_time now = home_.services().clock().steady;
  home_.account().answered(request_.routing.label, response.status, now - request_.began.steady);
  api::complete(response, request_.context);
}

void answering_exchange::answer(http::response reply) {
  finish(reply);
  on_.answer(std::move(reply));
}

http::response answering_exchange::failed(http::body_failure why) const {
  return api::body_failure_response(why);
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
