// SPDX-License-Identifier: Apache-2.0
//
// What the status page is answered: its files (whole or, where the client has it already, 304;
// compressed for those who take that), and what every other answer to it has. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace weir {

/// `name`: of a file ("index.html"). 404 where there is none.
[[nodiscard]] http::response answer_asset(std::string_view name, const http::request_head& head);

/// `Accept-Encoding` names gzip, and not with q=0.
[[nodiscard]] bool takes_gzip(std::string_view accept_encoding);
/// `If-None-Match` names `etag`.
[[nodiscard]] bool has_etag(std::string_view if_none_match, std::string_view etag);

/// 200, for what is made when it is asked for: nobody may keep it.
[[nodiscard]] http::response fresh_answer(std::string content_type);
/// The same, of a body that goes on while it is read.
[[nodiscard]] http::response stream_answer(std::string content_type);
/// 503, as so many have such a stream already.
[[nodiscard]] http::response busy_answer(std::string_view why);

}  // namespace weir
