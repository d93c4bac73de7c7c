// SPDX-License-Identifier: Apache-2.0
//
// Which unit a timestamp is probably in. Needs no clock: between 1990 and 2100 the units' numbers
// do not overlap.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// Whether nanoseconds since 1970 lie in the years 1990 to 2100.
[[nodiscard]] bool is_plausible_time(std::int64_t time_ns) noexcept;

/// The unit, other than `unit_ns`, in which `number` lies in those years; 0 if there is none.
[[nodiscard]] std::int64_t find_plausible_unit(std::int64_t number, std::int64_t unit_ns) noexcept;

/// "seconds".
[[nodiscard]] std::string_view name_of_unit(std::int64_t unit_ns) noexcept;

/// "As seconds it would mean 2020-04-14 06:01:21 UTC." Requires: a unit that was found plausible.
[[nodiscard]] std::string describe_plausible(std::int64_t number, std::int64_t unit_ns);

/// "Read as nanoseconds, this timestamp means 1970-01-01 00:00:01 UTC." for a time in `unit_ns`.
[[nodiscard]] std::string describe_reading(std::int64_t time_ns, std::int64_t unit_ns);

}  // namespace weir
