// SPDX-License-Identifier: Apache-2.0
//
// Requests to an InfluxDB 1.x, 2.x or 3.x server as a sink's settings describe them: address, path
// and credentials, for everything that asks or writes there. Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/settings.hpp"
#include "log/frame_log.hpp"
#include "net/transfer.hpp"

namespace weir {

/// A request without a body to `path` (with its query) below the server's url, with its credentials
/// and its timeout.
[[nodiscard]] transfer_request influxdb_request(const influxdb_settings& server,
                                                std::string_view path);

/// Where points of a lane are written, timestamps in nanoseconds: `/write?db=...`, version 2's
/// `/api/v2/write?org=...`, or version 3's `/api/v3/write_lp?db=...`, which stores the good lines
/// of a body with bad ones.
[[nodiscard]] std::string influxdb_write_path(const influxdb_settings& server,
                                              const lane_key& lane);

/// The bucket that a lane's points go to: `pattern` with its placeholders filled in, or, when that
/// is empty, what InfluxDB 2 calls a database and its retention policy.
[[nodiscard]] std::string bucket_of(std::string_view pattern, const lane_key& lane);

/// The same of InfluxDB 3, which has no retention policies: its older paths make the database
/// "database/policy" of one, but for those that mean none ("autogen", "default").
[[nodiscard]] std::string database_of(std::string_view pattern, const lane_key& lane);

}  // namespace weir
