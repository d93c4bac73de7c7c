// SPDX-License-Identifier: Apache-2.0
//
// Requests to an InfluxDB 1.x or 2.x server as a sink's settings describe them: address, path and
// credentials, for everything that asks or writes there. Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/settings.hpp"
#include "log/frame_log.hpp"
#include "net/transfer.hpp"

namespace weir {

/// A request without a body to `path` (with its query) below the sink's url, with its credentials
/// and its timeout.
[[nodiscard]] transfer_request influxdb_request(const sink_settings& sink, std::string_view path);

/// Where points of a lane are written, timestamps in nanoseconds: `/write?db=...`, or version 2's
/// `/api/v2/write?org=...`.
[[nodiscard]] std::string influxdb_write_path(const sink_settings& sink, const lane_key& lane);

/// The bucket that a lane's points go to: `pattern` with its placeholders filled in, or, when that
/// is empty, what InfluxDB 2 calls a database and its retention policy.
[[nodiscard]] std::string bucket_of(std::string_view pattern, const lane_key& lane);

}  // namespace weir
