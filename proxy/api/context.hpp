// SPDX-License-Identifier: Apache-2.0
//
// What every answer of the InfluxDB dialects carries, whatever the question was: version and build,
// request ids, CORS. Pure; time and randomness are passed in.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/query/result_format.hpp"
#include "http/message.hpp"

namespace weir::api {

/// What X-Influxdb-Version says. "1.8.10" first, because clients split at dots and compare the
/// first two numbers (influxdb-java asks for MessagePack from 1.4 on only where it is set up to,
/// Go's v1 client wants any version at all, Chronograf wants a semantic version); the rest, a
/// semantic version's pre-release part, tells a person who is really answering.
[[nodiscard]] std::string_view version() noexcept;

/// Makes ids that look like InfluxDB's time-based UUIDs. One per intake loop, not thread-safe.
class request_ids {
 public:
  /// `node`: random, to tell processes and loops apart.
  explicit request_ids(std::uint64_t node) noexcept;
  [[nodiscard]] http::request_id next(std::int64_t now_ns) noexcept;

 private:
  /// With the node's digits, which no id changes.
  std::array<char, 36> spelled_;
  std::uint16_t count_ = 0;
};

/// Of one request, what its answer repeats.
struct request_context {
  http::request_id request_id{};
  /// The Origin header; empty if none was sent.
  std::string origin{};
  /// What a browser's preflight asks to send; empty where that is no list of names.
  std::string requested_headers{};
  /// In which form InfluxDB 1.x would answer.
  result_format format = result_format::json;
};

/// The client's X-Request-Id, else its Request-Id, else a new one. Foreign ids are bounded.
[[nodiscard]] request_context context_of(const http::request_head& head, request_ids& ids,
                                         std::int64_t now_ns);

/// Adds the common headers, and the format's `Content-Type` where none is set: InfluxDB 1.x sends
/// that even with a 204. Puts an `error_response` into the format.
void complete(http::response& answer, const request_context& context);

/// `{"error":"message"}` and a line feed, with the message in X-Influxdb-Error too, where Go's v2
/// client looks for it. `complete` may spell it in another format.
[[nodiscard]] http::response error_response(int status, std::string_view message);

/// The same with more members of the object, each with a comma before it; JSON is its only format.
[[nodiscard]] http::response error_response_with(int status, std::string_view message,
                                                 std::string_view members);

/// `text/plain`, such as Go's own 404.
[[nodiscard]] http::response text_response(int status, std::string_view text);

}  // namespace weir::api
