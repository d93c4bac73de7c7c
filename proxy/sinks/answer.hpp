// SPDX-License-Identifier: Apache-2.0
//
// What came of one attempt to hand something to the other side: the one form in which servers,
// networks and disks report to `delivery`. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "sinks/discard.hpp"

namespace weir {

struct answer {
  /// False: no answer came (refused, reset, timed out, disk error); `detail` says why.
  bool answered = false;
  /// HTTP status; a deliverer without HTTP says 204 for done.
  int status = 0;
  /// The answer's body, cut at the bound that the request named.
  std::string body;
  /// The Content-Type header, and where a redirect points to; empty where there is none.
  std::string content_type;
  std::string location;
  std::string detail;
  /// Retry-After, as the server says it: how long it is believed is `delivery`'s part.
  std::optional<std::chrono::seconds> retry_after;
  /// Body bytes of the request as they went over the wire.
  std::uint64_t sent_bytes = 0;
  /// Of a success: points that are not stored all the same, where the deliverer found them itself,
  /// and the lines among them that the server refused, with its words.
  discard_counts discarded;
  std::string refused_lines;
  std::string refused_words;
  int refused_status = 0;

  [[nodiscard]] static answer done(std::uint64_t bytes) {
    answer a;
    a.answered = true;
    a.status = 204;
    a.sent_bytes = bytes;
    return a;
  }
  [[nodiscard]] static answer failed(std::string why) {
    answer a;
    a.detail = std::move(why);
    return a;
  }
};

}  // namespace weir
