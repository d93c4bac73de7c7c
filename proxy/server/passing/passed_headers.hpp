// SPDX-License-Identifier: Apache-2.0
//
// What of a request's head goes on to the server that it is passed to, and what of the answer's
// head comes back. Pure.
#pragma once

#include <string_view>

#include "http/message.hpp"
#include "net/relay.hpp"
#include "server/passing/query_servers.hpp"

namespace weir {

/// Method and headers: all that are the client's own and the server's to read, credentials among
/// them. Left out are those of the connection, and of the body's length and coding: it is decoded
/// when it is passed on (but for snappy, which no one decodes here).
[[nodiscard]] relay_request passed_request(const http::request_head& head);
/// Where it goes: path and query as the client sent them, below each of the server's addresses.
void address_to(const query_server& server, std::string_view path, std::string_view query,
                relay_request& request);

/// Takes the client's credentials out and puts the sink's in their place.
void sign_as_sink(const query_server& server, relay_request& request);

/// Status and headers of the server's answer, without its body. What every answer of weir carries
/// (version, ids, CORS) stays weir's.
[[nodiscard]] http::response passed_answer(const relay_head& head);
/// The answer has a body, by its status.
[[nodiscard]] bool may_have_body(int status) noexcept;

}  // namespace weir
