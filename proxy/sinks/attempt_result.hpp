// SPDX-License-Identifier: Apache-2.0
//
// What came of one attempt to hand a batch to the other side, in the one form that `delivery`
// knows. No protocol shows in it: what a server's answer means is decided by its target. Plain
// data.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sinks/answers/hold_cause.hpp"
#include "sinks/discard.hpp"

namespace weir {

enum class attempt_verdict : std::uint8_t {
  delivered,          // all of it is stored, but for `discarded`
  delivered_in_part,  // the `discarded` points are not and will not be; the rest is stored
  refused,            // this batch will never pass
  too_large,          // a smaller batch may pass
  hold,               // nothing passes until a person has changed something
  retry,              // the same batch may pass later
};

/// Requests by what came back, as the metric weir_sink_requests_total has them. A target without
/// HTTP counts what it did as success or failure.
struct request_counts {
  static constexpr std::size_t kinds = 5;
  enum kind : std::uint8_t { success, redirect, client_error, server_error, no_answer };

  std::array<std::uint32_t, kinds> of{};

  void add(kind which) noexcept { ++of[which]; }
  void add(const request_counts& more) noexcept {
    for (std::size_t i = 0; i < kinds; ++i) {
      of[i] += more.of[i];
    }
  }
};

/// Lines that the other side refused for good with the same words, to be set aside.
struct refused_lines {
  std::string lines;
  std::string message;
  int code = 0;
};

struct attempt_result {
  attempt_verdict verdict = attempt_verdict::retry;
  /// Of retry: without waiting, because what stood in the batch's way is gone.
  bool at_once = false;
  /// Of hold: it is this lane that does not get on (its database is missing), whatever becomes of
  /// others.
  bool of_lane = false;
  /// The other side's own message, or why there was no answer, and what to do about it. Unbounded,
  /// because others wrote it: cut before use.
  std::string message;
  /// Of hold: why, in a word, and the other side's own words without what to do about it (empty:
  /// they are `message`).
  hold_cause cause = hold_cause::other;
  std::string said;
  /// Two messages that differ in their numbers alone are two reasons, not one.
  bool numbers_matter = false;
  /// How the other side calls its answer (a server's HTTP status), for what is set aside; 0: none.
  int code = 0;
  /// How long the other side asks to wait; how long that is believed is `delivery`'s decision.
  std::optional<std::chrono::seconds> retry_after;
  /// Of delivered and delivered_in_part: points that are not stored, by reason.
  discard_counts discarded;
  /// Of delivered: lines among those, where the target knows which were refused. Of
  /// delivered_in_part and refused it is not known, and the whole batch is set aside.
  std::vector<refused_lines> refused;
  /// Body bytes of all requests as they went over the wire.
  std::uint64_t sent_bytes = 0;
  request_counts requests;

  /// `bytes`: see sent_bytes.
  [[nodiscard]] static attempt_result done(std::uint64_t bytes) {
    attempt_result result;
    result.verdict = attempt_verdict::delivered;
    result.sent_bytes = bytes;
    result.requests.add(request_counts::success);
    return result;
  }
  /// The other side did not answer, or a disk did not take it: the same again later.
  [[nodiscard]] static attempt_result failed(std::string why) {
    attempt_result result;
    result.message = std::move(why);
    result.requests.add(request_counts::no_answer);
    return result;
  }
  /// It cannot be sent to anyone.
  [[nodiscard]] static attempt_result unsendable(std::string why) {
    attempt_result result;
    result.verdict = attempt_verdict::refused;
    result.message = std::move(why);
    result.requests.add(request_counts::client_error);
    return result;
  }
};

}  // namespace weir
