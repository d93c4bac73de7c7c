// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/query_exchange.hpp"

#include <utility>

#include "base/text/ascii.hpp"
#include "server/access/statement_rights.hpp"
#include "server/passing/passed_headers.hpp"

namespace weir {
namespace {

// A query's form is read up to this size; usual ones have some hundred bytes.
constexpr std::size_t form_bytes_max = std::size_t{1} << 20;

}  // namespace

query_exchange::query_exchange(exchange_home& home, http::connection& on, opened_request request,
                               const http::request_head& head)
    : statement_exchange(home, on, std::move(request)),
      method_(head.method),
      format_(api::format_of(head.header("accept").value_or(""))),
      query_(head.query),
      content_type_(head.header("content-type").value_or("")),
      form_(form_bytes_max, home.services().writes.memory, on.peer().share),
      passed_(passed_request(head)) {}

void query_exchange::complete() {
  shown_.emplace(home_.services().databases, request().by);
  run_.emplace(api::query_request{.method = method_,
                                  .query = query_,
                                  .content_type = content_type_,
                                  .body = form_.text(),
                                  .format = format_},
               *shown_);
  const query_server* const server = home_.services().queries != nullptr && run_->asks_for_points()
                                         ? server_with(home_.terms().queried, run_->database())
                                         : nullptr;
  if (request().by != nullptr) {
    if (auto refused = refuse_statements(*request().by, {.all = run_->statements(),
                                                         .database = run_->database(),
                                                         .passed_on = server != nullptr})) {
      home_.services().doors->forbidden.add_shared();
      answer(std::move(*refused));
      return;
    }
  }
  // What weir cannot read may be anything: with the sink's credentials it does not go on.
  if (server != nullptr && (request().by == nullptr || !run_->statements().empty())) {
    pass_to(*server);
  } else {
    run();
  }
}

void query_exchange::pass_to(const query_server& server) {
  if (request().by == nullptr) {
    address_to(server, "/query", query_, passed_);
    passed_.body = form_.take();
  } else {
    address_as_user(server);
  }
  passed_query_.emplace(home_, on_, server.sink, family().error,
                        [this](http::response reply) { answer(std::move(reply)); });
  passed_query_->begin(std::move(passed_));
}

/// The server gets what was looked at, in the one spelling that cannot be read otherwise.
void query_exchange::address_as_user(const query_server& server) {
  const std::string form = run_->as_form();
  sign_as_sink(server, passed_);
  if (method_ != http::method::post) {
    address_to(server, "/query", form, passed_);
    return;
  }
  address_to(server, "/query", "", passed_);
  std::erase_if(passed_.headers, [](const std::string& header) {
    return equal_ignoring_case(std::string_view(header).substr(0, header.find(':')),
                               "Content-Type");
  });
  passed_.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
  passed_.body = form;
}

void query_exchange::run() {
  if (const api::statement* asked = run_->next()) {
    carry_out(*asked);
  } else {
    answer(run_->answer());
  }
}

void query_exchange::carried_out(const api::statement_result& result) {
  run_->give(result);
  run();
}

}  // namespace weir
