// SPDX-License-Identifier: Apache-2.0
//
// The requests of the status page: its files, and its API under /api/weir/v1/. Nothing here changes
// anything but who watches. Thread: the intake loop's.
#pragma once

#include <memory>

#include "server/exchanges/answering_exchange.hpp"

namespace weir {

[[nodiscard]] bool is_page(api::handler served_by) noexcept;

/// Requires: `is_page` of the request's row.
[[nodiscard]] std::unique_ptr<http::exchange> open_page(exchange_home& home, http::connection& on,
                                                        opened_request request,
                                                        const http::request_head& head);

/// A page of another server sent the request: it may not speak for whoever looks at it.
[[nodiscard]] bool is_cross_site(const http::request_head& head);

}  // namespace weir
