// SPDX-License-Identifier: Apache-2.0
//
// The write half of InfluxDB's v1 dialect: parameters in, answers out, in InfluxDB's own phrases
// where clients match on them. Pure. /query is query.hpp's part, /ping health.hpp's.
#pragma once

#include <string_view>

#include "api/write_dialect.hpp"
#include "base/result.hpp"
#include "http/connection.hpp"
#include "http/message.hpp"

namespace weir::api {

/// Reads the query part of `/write?db=...`. The error is the answer to give.
[[nodiscard]] result<write_target, http::response> parse_write_target(std::string_view query);

/// The answer to a write of which everything is known.
[[nodiscard]] http::response write_response(const write_verdict& verdict);

/// The answer to an incomplete body (to `cut_off` too, though its client is gone).
[[nodiscard]] http::response body_failure_response(http::body_failure why);

/// 503: try again later, nothing of this request was kept. `why` must not hold any of the phrases
/// that clients take for "drop it" (`holds_final_phrase`); if it does, it is left out.
[[nodiscard]] http::response overloaded(std::string_view why);

/// The three above and `parse_write_target`, as the routes use them.
[[nodiscard]] const write_dialect& influx_v1() noexcept;

/// A write to what is not there, as `write_dialect::missing`: 404, or 500 for a retention policy.
[[nodiscard]] http::response not_there(const write_target& target, const std::string* policy);

/// 404 with InfluxDB's message: Telegraf answers it with CREATE DATABASE and tries again.
[[nodiscard]] http::response database_not_found(std::string_view database);

}  // namespace weir::api
