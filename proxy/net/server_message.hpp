// SPDX-License-Identifier: Apache-2.0
//
// Finds a server's own message in the body of its answer, whatever the generation: 1.x's `error`,
// the `error` inside /query's results, 2.x's `message`, the title of a page, or plain text. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// The message of an error answer; of a page (HTML) its title; the trimmed body itself where it is
/// neither; empty if none.
[[nodiscard]] std::string server_message(std::string_view body);

/// The error inside an answer of /query, which comes with status 200; empty if there is none. An
/// answer without results is an error: it is not /query's.
[[nodiscard]] std::string query_error(std::string_view body);

/// `answered 200, not 204: is the url right?`, and where a redirect leads to: for an answer whose
/// status is no error but not the one that means success.
[[nodiscard]] std::string not_stored_message(int status, std::string_view success_status,
                                             std::string_view location = {});

/// HTML: what comes from a proxy or a web server, not from a database.
[[nodiscard]] bool is_page(std::string_view content_type, std::string_view body);

}  // namespace weir
