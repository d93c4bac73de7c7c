// SPDX-License-Identifier: Apache-2.0
//
// Finds a server's own message in the body of its answer, whatever the generation: 1.x's `error`,
// the `error` inside /query's results, 2.x's `message`, the title of a page, or plain text. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_reply.hpp"

namespace weir {

/// What InfluxDB 3 says of one line of a write.
struct numbered_refusal {
  /// 1-based, among the lines of the request.
  std::uint64_t line = 0;
  std::string words;
  /// The line's beginning; newer servers cut it after 20 bytes. Empty where it is not told.
  std::string original;
};

struct server_words {
  /// The message of an error answer, also where it is cut off or not UTF-8; of a page (HTML) its
  /// title; the trimmed body itself where it is neither; empty if none.
  std::string message;
  /// The lines in its `data`, an array or one object; none in other answers.
  std::vector<numbered_refusal> listed{};
};
/// All that an answer says, read once.
[[nodiscard]] server_words read_server_words(std::string_view body);

/// Its message alone.
[[nodiscard]] std::string server_message(std::string_view body);

/// What is told of an answer that is not the one that was wanted: its status and message, or why
/// there is none.
[[nodiscard]] std::string words_of(const http_reply& reply);

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
