// SPDX-License-Identifier: Apache-2.0
//
// Finds a server's own words in the body of its answer, whatever the generation: 1.x's `error`, the
// `error` inside /query's results, 2.x's `message`, or plain text. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// The message of an error answer; the trimmed body itself where it is not JSON; empty if none.
[[nodiscard]] std::string server_words(std::string_view body);

/// The error inside an answer of /query, which comes with status 200; empty if there is none.
[[nodiscard]] std::string query_error(std::string_view body);

}  // namespace weir
