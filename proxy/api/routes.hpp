// SPDX-License-Identifier: Apache-2.0
//
// Which question a request is, by its path and method. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message.hpp"

namespace weir::api {

enum class route : std::uint8_t {
  write_v1,
  write_v2,
  query,
  ping,  // /ping, and /status as 1.x once called it
  health,
  ready,
  metrics,
  options,  // OPTIONS of a known path
  method_not_allowed,
  not_found,
};

[[nodiscard]] route classify(const http::request_head& head) noexcept;

/// What `Allow` says for a path, such as "OPTIONS, POST"; empty for an unknown path.
[[nodiscard]] std::string_view allowed_methods(std::string_view path) noexcept;

/// 404 in Go's words.
[[nodiscard]] http::response not_found_response();
/// 405 with `Allow`.
[[nodiscard]] http::response method_not_allowed_response(const http::request_head& head);
/// 204 with `Allow`: the answer to OPTIONS, also as a browser's preflight.
[[nodiscard]] http::response options_response(const http::request_head& head);

}  // namespace weir::api
