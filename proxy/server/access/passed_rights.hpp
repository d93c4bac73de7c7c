// SPDX-License-Identifier: Apache-2.0
//
// What a user may have passed on to the server behind, which does it with the sink's credentials:
// paths and bodies of which weir knows little. What is not known to be harmless needs an
// administrator, and the server's own users, tokens and sessions are nobody's. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "users/user_book.hpp"

namespace weir {

/// By its head: 401 to 404, or nothing where it may be passed on as far as that tells.
[[nodiscard]] std::optional<http::response> refuse_passing(const user& by,
                                                           const http::request_head& head);

/// By its body.
[[nodiscard]] std::optional<http::response> refuse_passing_body(const user& by,
                                                                std::string_view path,
                                                                std::string_view body);

/// The query without credentials, each parameter once.
[[nodiscard]] std::string passed_query_of(std::string_view query);

}  // namespace weir
