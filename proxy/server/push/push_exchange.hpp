// SPDX-License-Identifier: Apache-2.0
//
// The requests of a Pushgateway: pushes, whose samples go to the log and then make the group, and
// looks at the groups. Thread: the intake loop's.
#pragma once

#include <memory>

#include "server/exchanges/answering_exchange.hpp"

namespace weir {

[[nodiscard]] bool is_push(api::handler served_by) noexcept;

/// Requires: `is_push` of the request's row.
[[nodiscard]] std::unique_ptr<http::exchange> open_push(exchange_home& home, http::connection& on,
                                                        opened_request request,
                                                        const http::request_head& head);

}  // namespace weir
