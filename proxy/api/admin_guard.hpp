// SPDX-License-Identifier: Apache-2.0
//
// Whether a client may use the routes that administer weir (`right::administer`). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/admin_access.hpp"
#include "http/message.hpp"

namespace weir::api {

/// Of "127.0.0.1:4711", "[::1]:4711" or "unix", as `http::connection_peer::address` spells it.
[[nodiscard]] bool is_local(std::string_view peer_address) noexcept;

/// Its Origin is the address that it was sent to: a page of this server sent it, or one of another
/// whose name leads here for a while.
[[nodiscard]] bool comes_from_own_origin(const http::request_head& head);

/// Did the status page send this, and no other page? Its Origin is then the request's own Host. A
/// page of another site can have that, too, if its name leads to this machine for a while: only an
/// address or `localhost` in the place of a name is believed.
[[nodiscard]] bool is_own_page(const http::request_head& head);

/// Which pages in a browser may ask for something.
enum class pages_allowed : std::uint8_t {
  none,
  own,  // the status page
};

/// The answer to a request that is refused; nothing where it may go on. A request with an Origin
/// comes from a page in a browser, which speaks for whoever wrote the page.
[[nodiscard]] std::optional<http::response> refuse_admin(const http::request_head& head,
                                                         std::string_view peer_address,
                                                         admin_access allowed, pages_allowed pages);

}  // namespace weir::api
