// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/configure_exchange.hpp"

#include <utility>

#include "api/configure_database.hpp"
#include "api/influx_v3.hpp"

namespace weir {
namespace {

// A name and a few options.
constexpr std::size_t text_bytes_max = std::size_t{64} << 10;

}  // namespace

configure_exchange::configure_exchange(exchange_home& home, http::connection& on,
                                       opened_request request, const http::request_head& head)
    : answering_exchange(home, on, std::move(request)),
      method_(head.method),
      query_(head.query),
      lease_(home.services().writes.memory, on.peer().share) {}

void configure_exchange::body(std::string_view piece) {
  if (text_.size() + piece.size() > text_bytes_max) {
    answer(api::influx_v3().too_large("a request to configure a database is not so long"));
    return;
  }
  text_.append(piece);
  if (!lease_.grow_to(text_.capacity())) {
    answer(api::influx_v3().body_failed(http::body_failure::overloaded));
  }
}

void configure_exchange::complete() {
  answer(api::answer_configure_database({.method = method_, .query = query_, .body = text_},
                                        home_.services().databases));
}

http::response configure_exchange::failed(http::body_failure why) const {
  return api::influx_v3().body_failed(why);
}

}  // namespace weir
