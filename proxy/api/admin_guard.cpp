// SPDX-License-Identifier: Apache-2.0
#include "api/admin_guard.hpp"

#include "api/context.hpp"

namespace weir::api {

bool is_local(std::string_view peer_address) noexcept {
  return peer_address == "unix" || peer_address.starts_with("127.") ||
         peer_address.starts_with("[::1]:") || peer_address.starts_with("[::ffff:127.");
}

bool comes_from_own_origin(const http::request_head& head) {
  const std::string_view host = head.header("host").value_or("");
  std::string_view origin = head.header("origin").value_or("");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) {
      origin.remove_prefix(scheme.size());
      return !host.empty() && origin == host;
    }
  }
  return false;
}

bool is_own_page(const http::request_head& head) {
  if (!comes_from_own_origin(head)) {
    return false;
  }
  const std::string_view host = head.header("host").value_or("");
  if (host.starts_with('[')) {
    return true;  // an address of IPv6: nothing else has brackets
  }
  const std::string_view name = host.substr(0, host.find(':'));
  return name == "localhost" ||
         (!name.empty() && name.find_first_not_of("0123456789.") == std::string_view::npos);
}

std::optional<http::response> refuse_admin(const http::request_head& head,
                                           std::string_view peer_address, admin_access allowed,
                                           pages_allowed pages) {
  if (head.header("origin") && (pages == pages_allowed::none || !is_own_page(head))) {
    return error_response(
        403, pages == pages_allowed::none
                 ? "forbidden: a page in a browser may not administer weir"
                 : "forbidden: only weir's own page may ask for this, opened by an address "
                   "(http://127.0.0.1:8086) or localhost");
  }
  switch (allowed) {
    case admin_access::any:
      return std::nullopt;
    case admin_access::loopback:
      if (is_local(peer_address)) {
        return std::nullopt;
      }
      return error_response(403,
                            "forbidden: weir is administered from its own machine, by a loopback "
                            "address or a Unix socket (http.admin = \"loopback\")");
    case admin_access::off:
      return error_response(403, "forbidden: http.admin = \"off\"");
  }
  return error_response(403, "forbidden");
}

}  // namespace weir::api
