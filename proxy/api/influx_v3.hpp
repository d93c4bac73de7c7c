// SPDX-License-Identifier: Apache-2.0
//
// The write half of InfluxDB 3's dialect, `/api/v3/write_lp`, in its own form of answer. Queries
// are not: this dialect has none here. Pure.
#pragma once

#include <string_view>

#include "api/write_dialect.hpp"
#include "http/message.hpp"

namespace weir::api {

/// `db` is "database" or "database/retention_policy", as InfluxDB 3 itself spells the two for its
/// older endpoints; `precision` is one of auto (the default), second, s, millisecond, ms,
/// microsecond, us, u, nanosecond, ns, n; `accept_partial` is true by default. With `no_sync=true`
/// the answer does not wait for the disk where `[log] acknowledge` is `synced`.
/// As InfluxDB 3 does, what is wrong with single lines or a name is said in JSON, what is wrong
/// with the request in plain text. Source: influxdb3_server/src/http.rs and
/// influxdb3_types/src/write.rs, 3.x.
[[nodiscard]] const write_dialect& influx_v3() noexcept;

/// `{"error":"message"}`, with further members of the object, each with a comma before it.
[[nodiscard]] http::response error_response_v3(int status, std::string_view message,
                                               std::string_view members = {});

/// 400 in plain text, of a query that is not as it must be: InfluxDB 3 reads it with a library
/// called serde.
[[nodiscard]] http::response misread_query_v3(std::string_view what);
/// Of a database whose name is empty.
inline constexpr std::string_view empty_name_v3 = "db name cannot be empty";

/// 404 `{"error":"not found"}`, for paths under /api/v3/ that no route takes.
[[nodiscard]] http::response path_not_found_v3();
/// 405 with `Allow`.
[[nodiscard]] http::response wrong_method_v3(std::string_view allow);

}  // namespace weir::api
