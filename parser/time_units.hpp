// SPDX-License-Identifier: Apache-2.0
//
// Which unit a timestamp is probably in. Needs no clock: between 1990 and 2100 the units' numbers
// do not overlap.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

/// Whether nanoseconds since 1970 lie in the years 1990 to 2100.
[[nodiscard]] bool is_plausible_time(std::int64_t time_ns) noexcept;

/// "seconds" for 1'000'000'000 and so on; "" for what is no unit.
[[nodiscard]] std::string_view name_of_unit(std::int64_t unit_ns) noexcept;

/// The unit, other than `unit_ns`, in which `number` lies in those years; "" if there is none.
[[nodiscard]] std::string_view find_plausible_unit(std::int64_t number,
                                                   std::int64_t unit_ns) noexcept;

}  // namespace weir
