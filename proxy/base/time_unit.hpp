// SPDX-License-Identifier: Apache-2.0
//
// The units of timestamps, named as dialects, configuration and gate share them. Each dialect
// decides which spellings it accepts. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

struct time_unit {
  std::string_view name;
  std::int64_t ns;
};

/// The finest first.
inline constexpr std::array<time_unit, 6> time_units{{{"ns", 1},
                                                      {"us", 1'000},
                                                      {"ms", 1'000'000},
                                                      {"s", 1'000'000'000},
                                                      {"m", 60'000'000'000},
                                                      {"h", 3'600'000'000'000}}};

/// Instead of a unit's nanoseconds: the unit of each timestamp follows from its size ("auto").
inline constexpr std::int64_t automatic_unit_ns = 0;

/// In the configuration of a database: the unit is the listener's.
inline constexpr std::int64_t listener_unit_ns = -1;

/// "ns" for 1, "s" for 1'000'000'000; "auto" for a number that is no unit.
[[nodiscard]] constexpr std::string_view unit_name(std::int64_t ns) noexcept {
  for (const time_unit& unit : time_units) {
    if (unit.ns == ns) {
      return unit.name;
    }
  }
  return "auto";
}

/// The nanoseconds of the unit of that name; nothing where it is none of them.
[[nodiscard]] constexpr std::optional<std::int64_t> unit_named(std::string_view name) noexcept {
  for (const time_unit& unit : time_units) {
    if (unit.name == name) {
      return unit.ns;
    }
  }
  return std::nullopt;
}

}  // namespace weir
