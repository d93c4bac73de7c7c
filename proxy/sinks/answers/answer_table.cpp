// SPDX-License-Identifier: Apache-2.0
//
// What all targets that speak HTTP read in the same way. Pure.
#include "sinks/answers/answer_table.hpp"

#include <algorithm>

namespace weir {

readable_message readable(const http_reply& reply, std::string message) {
  const std::string status = std::to_string(reply.status);
  if (message.empty()) {
    return {"status " + status, true};
  }
  if (is_page(reply.content_type, reply.body)) {
    return {"answered " + status + " with " + message, false};
  }
  return {std::move(message), false};
}

attempt_result result_of_reply(const http_reply& reply) {
  attempt_result result;
  result.code = reply.status;
  result.retry_after = reply.retry_after;
  count_reply(reply, result.requests);
  return result;
}

void count_reply(const http_reply& reply, request_counts& counts) noexcept {
  if (!reply.answered) {
    counts.add(request_counts::no_answer);
    return;
  }
  // 1xx is no end of a request; what else is out of range counts with its neighbour.
  counts.add(static_cast<request_counts::kind>(std::clamp(reply.status / 100, 2, 5) - 2));
}

}  // namespace weir
