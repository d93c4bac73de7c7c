// SPDX-License-Identifier: Apache-2.0
//
// Times as people read them: RFC 3339, always in UTC. Pure: the time is passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

enum class rfc3339_decimals : std::uint8_t {
  nine,    // "2026-01-02T03:04:05.000000001Z"
  three,   // "2026-01-02T03:04:05.000Z": milliseconds, rounded down
  needed,  // as many as the time has, none for whole seconds: "2026-01-02T03:04:05Z"
};

/// `time_ns`: nanoseconds since 1970, any (years 1677 to 2262).
[[nodiscard]] std::string rfc3339(std::int64_t time_ns,
                                  rfc3339_decimals decimals = rfc3339_decimals::nine);

/// "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.25+01:00": nanoseconds since 1970. Nothing where
/// `text` is no such time (no 30th of February, no leap second) or out of reach (before 1678, after
/// 2261).
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace weir
