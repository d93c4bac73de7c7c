// SPDX-License-Identifier: Apache-2.0
//
// /api/weir/v1/tap: lines as they pass, until the client leaves, a reload or the end of weir.
// Thread: the intake loop's.
#pragma once

#include <string_view>

#include "server/exchanges/answering_exchange.hpp"

namespace weir {

class tap_desk;

/// 400 where `query` asks for what there is not, 503 where too many tap.
[[nodiscard]] http::response tap_answer(exchange_home& home, http::connection& on, tap_desk& desk,
                                        std::string_view query);

}  // namespace weir
