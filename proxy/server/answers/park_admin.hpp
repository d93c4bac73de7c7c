// SPDX-License-Identifier: Apache-2.0
//
// What /-/park/retry and /-/park/drop do and say: they pass on to the sinks what a person asks of
// parked points. Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "api/routes.hpp"
#include "http/message.hpp"
#include "sinks/parking/parked_filter.hpp"

namespace weir {

/// Each is called with a sink's name (empty: all) and the lanes that are meant, and returns how
/// many sinks were asked.
struct park_requests {
  using request = std::function<std::size_t(std::string_view, const parked_filter&)>;
  request retry = nullptr;
  request drop = nullptr;
};

/// `by` is one of the two; `query` may name `sink`, `db` and `rp`.
[[nodiscard]] http::response park_answer(api::handler by, std::string_view query,
                                         const park_requests& requests);

}  // namespace weir
