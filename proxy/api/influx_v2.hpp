// SPDX-License-Identifier: Apache-2.0
//
// The write half of InfluxDB 2's dialect, `/api/v2/write`, in its own form of answer. One
// difference is deliberate: where 2.x refuses a batch for one bad line, weir keeps the good ones
// and says so ("partial write: ..."), as it does for every dialect. Pure.
#pragma once

#include <string_view>

#include "api/write_dialect.hpp"
#include "http/message.hpp"

namespace weir::api {

/// `org`, `orgID` and `consistency` are taken and mean nothing here; `bucket` is "database" or
/// "database/retention_policy"; `precision` is one of ns, us, ms, s.
[[nodiscard]] const write_dialect& influx_v2() noexcept;

/// Seconds to wait after a 503, as Retry-After says them. Libraries try five times: with these they
/// hold on for two and a half minutes, as long as with their own pauses.
inline constexpr std::string_view retry_after_seconds = "30";
/// Whether the client is known to take Retry-After for seconds, by its User-Agent. JavaScript's
/// takes it for milliseconds, uses up its tries within a second and loses its batch.
[[nodiscard]] bool reads_retry_after(const http::request_head& head);

/// Whether InfluxDB 2 reads `name`, where it stands for a bucket, as the id of one, which may be
/// that of any: 16 hexadecimal digits. Only where no bucket has that id it takes it for a name.
[[nodiscard]] bool may_be_bucket_id(std::string_view name) noexcept;

/// `{"code":"not found","message":"path not found"}`
[[nodiscard]] http::response path_not_found_v2();
/// 405 with `Allow`.
[[nodiscard]] http::response wrong_method_v2(std::string_view allow);

/// `{"code":"...","message":"..."}` without a line feed, and the code in X-Platform-Error-Code.
/// `members`: more of the object, each with a comma before it.
[[nodiscard]] http::response error_response_v2(int status, std::string_view message,
                                               std::string_view members = {});
/// The answer to an incomplete body of what is no write.
[[nodiscard]] http::response body_failure_response_v2(http::body_failure why);

}  // namespace weir::api
