// SPDX-License-Identifier: Apache-2.0
//
// What came back of one HTTP request: the server's answer, or why there was none. Plain data; what
// it means is decided by those who asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace weir {

struct http_reply {
  /// False: no answer came (refused, reset, timed out, too long); `detail` says why.
  bool answered = false;
  int status = 0;
  /// Cut at the bound that the request named.
  std::string body;
  /// The Content-Type header, and where a redirect points to; empty where there is none.
  std::string content_type;
  std::string location;
  std::string detail;
  /// Retry-After, as the server says it: how long to believe it is the reader's decision.
  std::optional<std::chrono::seconds> retry_after;
  /// What a receiver of remote write 2 says that it took; nothing: it does not know version 2.
  std::optional<std::uint64_t> samples_written;

  [[nodiscard]] static http_reply failed(std::string why) {
    http_reply reply;
    reply.detail = std::move(why);
    return reply;
  }
};

}  // namespace weir
