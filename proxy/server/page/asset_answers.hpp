// SPDX-License-Identifier: Apache-2.0
//
// The status page's files as answers: whole or, where the client has it already, 304; compressed
// for those who take that. Any thread.
#pragma once

#include <string_view>

#include "http/message.hpp"

namespace weir {

/// `name`: of a file ("index.html"). 404 where there is none.
[[nodiscard]] http::response answer_asset(std::string_view name, const http::request_head& head);

/// `Accept-Encoding` names gzip, and not with q=0.
[[nodiscard]] bool takes_gzip(std::string_view accept_encoding);
/// `If-None-Match` names `etag`.
[[nodiscard]] bool has_etag(std::string_view if_none_match, std::string_view etag);

/// What every answer to a browser carries.
void add_browser_headers(http::response& answer);

}  // namespace weir
