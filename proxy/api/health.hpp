// SPDX-License-Identifier: Apache-2.0
//
// /ping, /health and /ready. What "healthy" means is decided elsewhere; this spells it as InfluxDB
// 1.8 does. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace weir::api {

/// 204, or with `verbose=true` 200 and the version. `query` is the request's query part.
[[nodiscard]] http::response ping_response(std::string_view query);

/// A part of weir that was looked at. One that fails need not make all of it fail.
struct health_check {
  std::string name{};
  bool passed = true;
  std::string message{};
};

/// 200 "pass" or 503 "fail". An empty message of a healthy weir is InfluxDB's own.
[[nodiscard]] http::response health_response(bool healthy, std::string_view message,
                                             const std::vector<health_check>& checks);

/// 200 when requests are taken, otherwise 503 and why not.
[[nodiscard]] http::response ready_response(bool ready, std::string_view message);

}  // namespace weir::api
