// SPDX-License-Identifier: Apache-2.0
#include "api/admin_guard.hpp"

#include "api/context.hpp"

namespace weir::api {

bool is_local(std::string_view peer_address) noexcept {
  return peer_address == "unix" || peer_address.starts_with("127.") ||
         peer_address.starts_with("[::1]:") || peer_address.starts_with("[::ffff:127.");
}

std::optional<http::response> refuse_admin(const http::request_head& head,
                                           std::string_view peer_address, admin_access allowed) {
  if (head.header("origin")) {
    return error_response(403, "forbidden: a page in a browser may not administer weir");
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
