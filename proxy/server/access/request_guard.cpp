// SPDX-License-Identifier: Apache-2.0
#include "server/access/request_guard.hpp"

#include <utility>

#include "users/access_answers.hpp"

namespace weir {
namespace {

bool tells_or_changes_weir(const api::route& row) {
  return row.needs == api::right::administer || row.needs == api::right::inspect ||
         row.needs == api::right::read_metrics;
}

bool needs_nobody(const api::route& row, bool admin_listener) {
  return row.needs == api::right::none || row.served_by == api::handler::push_ready ||
         (tells_or_changes_weir(row) && admin_listener);
}

}  // namespace

request_guard::admission request_guard::admit(const http::request_head& head,
                                              const http::connection& on, const http_terms& terms,
                                              opened_request& request,
                                              const std::function<void()>& wake) {
  if (terms.users == nullptr || terms.users->empty() ||
      request.routing.outcome != api::routing::answer::served ||
      needs_nobody(*request.routing.row, terms.listeners.at(on.peer().listener).admin)) {
    return {};
  }
  doorkeeper::answer asked = keeper_.ask(terms.users, head, on.peer().address, request.began, wake);
  if (asked.who == nullptr) {
    return {.refused = std::move(asked.refused), .open = std::move(asked.open)};
  }
  request.by = std::move(asked.who);
  return {.refused = refuse_by_route(head, request)};
}

std::optional<http::response> request_guard::proved(const open_proof& proof,
                                                    const http::request_head& head,
                                                    const moment& now, opened_request& request) {
  doorkeeper::answer found = keeper_.finish(proof, head.path, now);
  if (found.who == nullptr) {
    return std::move(found.refused);
  }
  request.by = std::move(found.who);
  return refuse_by_route(head, request);
}

std::optional<http::response> request_guard::refuse_write(std::string_view path, const user& by,
                                                          const std::string& database) {
  return by.may_write(database) ? std::nullopt : counted(may_not_write(path, by.name(), database));
}

std::optional<http::response> request_guard::counted(std::optional<http::response> refused) {
  if (refused) {
    shared_.forbidden.add_shared();
  }
  return refused;
}

std::optional<http::response> request_guard::refuse_by_route(const http::request_head& head,
                                                             const opened_request& request) {
  return tells_or_changes_weir(*request.routing.row) && !request.by->is_admin()
             ? counted(needs_administrator(head.path, request.by->name()))
             : std::nullopt;
}

}  // namespace weir
