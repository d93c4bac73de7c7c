// SPDX-License-Identifier: Apache-2.0
//
// The table of paths. Pure; any thread.
#include "api/routes.hpp"

#include <array>

#include "api/context.hpp"

namespace weir::api {
namespace {

struct entry {
  std::string_view path;
  route what;
  bool get;  // GET and HEAD; of /query GET alone
  bool post;
  std::string_view allow;
};

constexpr std::array<entry, 8> table{{
    {"/write", route::write_v1, false, true, "OPTIONS, POST"},
    {"/api/v2/write", route::write_v2, false, true, "OPTIONS, POST"},
    {"/query", route::query, true, true, "GET, OPTIONS, POST"},
    {"/ping", route::ping, true, false, "GET, HEAD, OPTIONS"},
    {"/status", route::ping, true, false, "GET, HEAD, OPTIONS"},
    {"/health", route::health, true, false, "GET, HEAD, OPTIONS"},
    {"/ready", route::ready, true, false, "GET, HEAD, OPTIONS"},
    {"/metrics", route::metrics, true, false, "GET, HEAD, OPTIONS"},
}};

const entry* find(std::string_view path) noexcept {
  for (const entry& known : table) {
    if (known.path == path) {
      return &known;
    }
  }
  return nullptr;
}

}  // namespace

route classify(const http::request_head& head) noexcept {
  const entry* known = find(head.path);
  if (known == nullptr) {
    return route::not_found;
  }
  switch (head.method) {
    case http::method::head:
      if (known->what == route::query) {
        return route::method_not_allowed;  // as in InfluxDB: a query may change something
      }
      [[fallthrough]];
    case http::method::get:
      return known->get ? known->what : route::method_not_allowed;
    case http::method::post:
      return known->post ? known->what : route::method_not_allowed;
    case http::method::options:
      return route::options;
    case http::method::put:
    case http::method::del:
    case http::method::other:
      break;
  }
  return route::method_not_allowed;
}

std::string_view allowed_methods(std::string_view path) noexcept {
  const entry* known = find(path);
  return known == nullptr ? std::string_view{} : known->allow;
}

http::response not_found_response() {
  return text_response(404, "404 page not found\n");
}

http::response method_not_allowed_response(const http::request_head& head) {
  http::response answer = text_response(405, "Method Not Allowed\n");
  answer.headers.emplace_back("Allow", allowed_methods(head.path));
  return answer;
}

http::response options_response(const http::request_head& head) {
  http::response answer;
  answer.headers.emplace_back("Allow", allowed_methods(head.path));
  return answer;
}

}  // namespace weir::api
