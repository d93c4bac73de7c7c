// SPDX-License-Identifier: Apache-2.0
//
// What became of one write request's lines: the gate fills it, a dialect's api turns it into that
// dialect's answer. Pure data; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir {

/// A refused line in the words of the answer: "unable to parse 'cpu v=': missing field value".
struct rejected_line {
  std::string message;
};

struct write_verdict {
  /// What an answer may carry of refusals; further ones are only counted.
  static constexpr std::size_t message_bytes_max = 64 * 1024;
  static constexpr std::size_t messages_max = 100;

  std::uint64_t lines = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  /// Points that were older than their retention policy keeps them (not part of `rejected`).
  std::uint64_t beyond_retention = 0;
  /// Of `rejected`: those that InfluxDB's storage would refuse, which it counts in `dropped=`.
  std::uint64_t dropped = 0;
  /// Optional words on those points; stands between the phrase that clients match and the count.
  std::string retention_detail;
  /// The first refusals, bounded as above; kept by `reject`.
  std::vector<rejected_line> refusals;
  std::size_t refusal_bytes = 0;

  /// Whether `reject` would still keep a message: if not, nobody needs to spell one.
  [[nodiscard]] bool wants_message() const noexcept {
    return refusals.size() < messages_max && refusal_bytes < message_bytes_max;
  }
  /// Counts a refused line and keeps its message if there is room.
  void reject(std::string message) {
    ++rejected;
    if (wants_message() && message.size() <= message_bytes_max - refusal_bytes) {
      refusal_bytes += message.size();
      refusals.push_back({std::move(message)});
    } else {
      refusal_bytes = message_bytes_max;  // the first that is left out is the last looked at
    }
  }
};

}  // namespace weir
