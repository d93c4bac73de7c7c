// SPDX-License-Identifier: Apache-2.0
#include "server/passing/passed_headers.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/text/ascii.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, 12> of_the_connection{
    "Host",   "Connection",    "Keep-Alive",        "Proxy-Connection", "Proxy-Authorization",
    "TE",     "Trailer",       "Transfer-Encoding", "Upgrade",          "Content-Length",
    "Expect", "HTTP2-Settings"};

constexpr std::array<std::string_view, 2> of_credentials{"Authorization", "Cookie"};

// Of answers. Their names are the literals that a response wants.
constexpr std::array<std::string_view, 12> come_back{"Cache-Control",
                                                     "Content-Disposition",
                                                     "Content-Encoding",
                                                     "Location",
                                                     "Retry-After",
                                                     "Set-Cookie",
                                                     "Trace-Id",
                                                     "Vary",
                                                     "WWW-Authenticate",
                                                     "X-Influxdb-Error",
                                                     "X-Platform-Error-Code",
                                                     "cluster-uuid"};

template <class Names>
auto find_name(const Names& names, std::string_view name) {
  return std::find_if(names.begin(), names.end(),
                      [name](std::string_view each) { return equal_ignoring_case(each, name); });
}

/// Whether the Connection header names it: then it is the connection's, too.
bool named_by(std::string_view connection, std::string_view name) {
  while (!connection.empty()) {
    const std::size_t end = std::min(connection.find(','), connection.size());
    std::string_view one = connection.substr(0, end);
    one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
    one = one.substr(0, one.find_last_not_of(" \t") + 1);
    if (equal_ignoring_case(one, name)) {
      return true;
    }
    connection.remove_prefix(std::min(end + 1, connection.size()));
  }
  return false;
}

}  // namespace

relay_request passed_request(const http::request_head& head) {
  const std::string_view connection = head.header("Connection").value_or("");
  const bool as_coded = equal_ignoring_case(head.header("Content-Encoding").value_or(""), "snappy");
  relay_request out{.method = std::string(http::name_of(head.method))};
  for (const http::header_field& each : head.headers) {
    const bool left_out = find_name(of_the_connection, each.name) != of_the_connection.end() ||
                          (!as_coded && equal_ignoring_case(each.name, "Content-Encoding")) ||
                          named_by(connection, each.name);
    if (!left_out) {
      out.headers.push_back(std::string(each.name) + ": " + std::string(each.value));
    }
  }
  return out;
}

void address_to(const query_server& server, std::string_view path, std::string_view query,
                relay_request& request) {
  std::string target(path);
  if (!query.empty()) {
    target.append("?").append(query);
  }
  request.urls.clear();
  for (const std::string& url : server.urls) {
    request.urls.push_back(url + target);
  }
  request.connect_timeout = server.connect_timeout;
}

void sign_as_sink(const query_server& server, relay_request& request) {
  std::erase_if(request.headers, [](const std::string& header) {
    const std::string_view name = std::string_view(header).substr(0, header.find(':'));
    return find_name(of_credentials, name) != of_credentials.end();
  });
  if (!server.authorization.empty()) {
    request.headers.push_back("Authorization: " + server.authorization);
  }
}

http::response passed_answer(const relay_head& head) {
  http::response answer;
  answer.status = head.status;
  for (const auto& [name, value] : head.headers) {
    if (equal_ignoring_case(name, "Content-Type")) {
      answer.content_type = value;
    } else if (const auto* const known = find_name(come_back, name); known != come_back.end()) {
      answer.headers.emplace_back(*known, value);
    }
  }
  return answer;
}

bool may_have_body(int status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace weir
