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
#include "server/passing/query_servers.hpp"
#include "users/user_book.hpp"

namespace weir {

/// By its head: 401 to 404, or nothing where it may be passed on to this server as far as that
/// tells. Which database an id means only the server knows: it needs a right on all.
[[nodiscard]] std::optional<http::response> refuse_passing(const user& by,
                                                           const http::request_head& head,
                                                           const query_server& to);

/// By its body.
[[nodiscard]] std::optional<http::response> refuse_passing_body(const user& by,
                                                                std::string_view path,
                                                                std::string_view body);

/// The query without credentials, each parameter once. What names a bucket, and no organization, is
/// about the sink's.
[[nodiscard]] std::string passed_query_of(const user& by, const http::request_head& head,
                                          const query_server& to);

}  // namespace weir
