// SPDX-License-Identifier: Apache-2.0
//
// Times as people read them: RFC 3339, always in UTC. Pure: the time is passed in.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

enum class rfc3339_decimals : std::uint8_t {
  nine,    // "2026-01-02T03:04:05.000000001Z"
  three,   // "2026-01-02T03:04:05.000Z": milliseconds, rounded down
  needed,  // as many as the time has, none for whole seconds: "2026-01-02T03:04:05Z"
};

/// `time_ns`: nanoseconds since 1970, any (years 1677 to 2262).
[[nodiscard]] std::string rfc3339(std::int64_t time_ns,
                                  rfc3339_decimals decimals = rfc3339_decimals::nine);

}  // namespace weir
