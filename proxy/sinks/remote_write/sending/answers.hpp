// SPDX-License-Identifier: Apache-2.0
//
// What the answers of a remote write receiver mean: Prometheus, Mimir, VictoriaMetrics, InfluxDB's
// own receiver, and what may stand before them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_reply.hpp"
#include "sinks/attempt_result.hpp"

namespace weir {

/// What one request came to.
struct remote_write_answer {
  enum class kind : std::uint8_t {
    stored,     // any 2xx, as the specification says
    refused,    // some samples of the request, or all, will never pass
    too_large,  // fewer samples may pass
    not_now,    // `result` says what follows for the whole batch: retry or hold
  };
  kind what = kind::not_now;
  /// The server's own message, or its status in words.
  std::string message;
  int status = 0;
  /// Of refused: the receiver keeps what is good of the request.
  bool rest_is_stored = false;
  /// Of refused: how many samples the receiver says that it stored; nothing: it does not say.
  std::optional<std::uint64_t> written;
  /// Of stored: the answer is a page (HTML), which a receiver does not send.
  bool page = false;
  attempt_result result;
};

/// The reply to a request of version 2 looks as that of somebody who does not know it, and stored
/// nothing of it.
[[nodiscard]] bool knows_no_version_2(const http_reply& reply);

/// Of such a reply: it may be that of a receiver that stored what it took, and whose headers
/// something between keeps back.
[[nodiscard]] bool may_be_stored(const http_reply& reply);

/// Total: every reply, also none, has a meaning.
[[nodiscard]] remote_write_answer read_remote_write_answer(const http_reply& reply);

/// Why a receiver refuses samples, by its message: out_of_order, duplicate, too_old, future, or
/// refused where it says nothing known.
[[nodiscard]] discard_reason refusal_reason(std::string_view message);

/// The message speaks of a bound for all series alike, unlike `too old sample`, which is about one.
[[nodiscard]] bool names_bound_for_all(std::string_view message);

}  // namespace weir
