// SPDX-License-Identifier: Apache-2.0
//
// Whether a client may use the routes that administer weir (`right::administer`). Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/admin_access.hpp"
#include "http/message.hpp"

namespace weir::api {

/// Of "127.0.0.1:4711", "[::1]:4711" or "unix", as `http::connection_peer::address` spells it.
[[nodiscard]] bool is_local(std::string_view peer_address) noexcept;

/// The answer to a request that is refused; nothing where it may go on. A request with an Origin
/// comes from a page in a browser, which speaks for whoever wrote the page: it is refused always.
[[nodiscard]] std::optional<http::response> refuse_admin(const http::request_head& head,
                                                         std::string_view peer_address,
                                                         admin_access allowed);

}  // namespace weir::api
