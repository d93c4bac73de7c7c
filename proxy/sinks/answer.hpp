// SPDX-License-Identifier: Apache-2.0
//
// What came of one attempt to hand something to the other side: the one form in which servers,
// networks and disks report to `delivery`. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "net/http_reply.hpp"
#include "sinks/discard.hpp"

namespace weir {

struct answer : http_reply {
  answer() = default;
  explicit answer(http_reply reply) : http_reply(std::move(reply)) {}

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
