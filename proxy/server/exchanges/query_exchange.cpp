// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/query_exchange.hpp"

#include <utility>

#include "api/influx_v1.hpp"

namespace weir {
namespace {

// A query's form is read up to this size; usual ones have some hundred bytes.
constexpr std::size_t form_bytes_max = std::size_t{1} << 20;

}  // namespace

query_exchange::query_exchange(exchange_home& home, http::connection& on, opened_request request,
                               const http::request_head& head)
    : answering_exchange(home, on, std::move(request)),
      method_(head.method),
      format_(api::format_of(head.header("accept").value_or(""))),
      query_(head.query),
      content_type_(head.header("content-type").value_or("")),
      form_(form_bytes_max, home.services().writes.memory, on.peer().share) {}

query_exchange::~query_exchange() {
  stop_waiting();
}

void query_exchange::stop_waiting() {
  if (ticket_ != nullptr) {
    ticket_->abandon();
    home_.forget(*this);
    ticket_.reset();
  }
}

void query_exchange::body(std::string_view piece) {
  switch (form_.add(piece)) {
    case gathered_text::status::kept:
      return;
    case gathered_text::status::too_long:
      answer(api::error_response(413, "Request Entity Too Large"));
      return;
    case gathered_text::status::overloaded:
      answer(api::body_failure_response(http::body_failure::overloaded));
      return;
  }
}

void query_exchange::complete() {
  run_.emplace(api::query_request{.method = method_,
                                  .query = query_,
                                  .content_type = content_type_,
                                  .body = form_.text(),
                                  .format = format_},
               home_.services().databases);
  run();
}

void query_exchange::run() {
  server_catalogues* const servers = home_.services().administered;
  while (const api::statement* asked = run_->next()) {
    if (servers == nullptr) {
      run_->give({.error = "no server carries this out"});
      continue;
    }
    ticket_ = servers->carry_out(*asked, home_.wake());
    home_.wait_for(*this);
    return;
  }
  answer(run_->answer());
}

void query_exchange::go_on() {
  if (!settled()) {
    return;
  }
  run_->give(ticket_->answer());
  stop_waiting();
  run();
}

}  // namespace weir
