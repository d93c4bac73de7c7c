// SPDX-License-Identifier: Apache-2.0
//
// Receives Prometheus' remote write: `/api/v1/write`, with answers as Prometheus gives them, and
// `/api/v1/prom/write?db=`, as InfluxDB 1 has it. Versions 1 and 2 of the protocol on both, by the
// Content-Type. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/write_dialect.hpp"

namespace weir::api {

[[nodiscard]] const write_dialect& prometheus_write() noexcept;
[[nodiscard]] const write_dialect& influx_prometheus_write() noexcept;

/// The version that a Content-Type asks for, 1 or 2; nothing: neither.
[[nodiscard]] std::optional<int> remote_write_version(std::string_view content_type) noexcept;

/// How long a snappy block says that what it holds is; nothing: it is none.
[[nodiscard]] std::optional<std::uint64_t> declared_bytes(std::string_view block) noexcept;

}  // namespace weir::api
