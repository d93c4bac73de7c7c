// SPDX-License-Identifier: Apache-2.0
//
// The table of units with the numbers that each has from 1990 to 2100, and dates as text.
#include "parser/mistakes/time_units.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace weir {
namespace {

constexpr std::int64_t first_plausible_s = 631'152'000;   // 1990-01-01
constexpr std::int64_t last_plausible_s = 4'102'444'800;  // 2100-01-01
constexpr std::int64_t second_ns = 1'000'000'000;

struct time_unit {
  std::string_view name;
  std::int64_t unit_ns;
  std::int64_t first;
  std::int64_t last;
};

constexpr time_unit unit_of(std::string_view name, std::int64_t unit_ns) {
  return unit_ns < second_ns ? time_unit{name, unit_ns, first_plausible_s * (second_ns / unit_ns),
                                         last_plausible_s * (second_ns / unit_ns)}
                             : time_unit{name, unit_ns, first_plausible_s / (unit_ns / second_ns),
                                         last_plausible_s / (unit_ns / second_ns)};
}

constexpr std::array<time_unit, 6> units = {
    unit_of("nanoseconds", 1),          unit_of("microseconds", 1'000),
    unit_of("milliseconds", 1'000'000), unit_of("seconds", second_ns),
    unit_of("minutes", 60 * second_ns), unit_of("hours", 3600 * second_ns)};

constexpr bool do_not_overlap() {
  for (std::size_t i = 1; i < units.size(); ++i) {
    if (units[i].last >= units[i - 1].first) {
      return false;
    }
  }
  return true;
}
static_assert(do_not_overlap());

std::string date_of(std::int64_t time_ns) {
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds{time_ns}};
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{floor<std::chrono::seconds>(time) - day};
  char text[64];
  const int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d UTC", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

std::string_view name_of_unit(std::int64_t unit_ns) noexcept {
  for (const time_unit& unit : units) {
    if (unit.unit_ns == unit_ns) {
      return unit.name;
    }
  }
  return "another unit";
}

bool is_plausible_time(std::int64_t time_ns) noexcept {
  return time_ns >= units[0].first && time_ns <= units[0].last;
}

std::int64_t find_plausible_unit(std::int64_t number, std::int64_t unit_ns) noexcept {
  for (const time_unit& unit : units) {
    if (unit.unit_ns != unit_ns && number >= unit.first && number <= unit.last) {
      return unit.unit_ns;
    }
  }
  return 0;
}

std::string describe_plausible(std::int64_t number, std::int64_t unit_ns) {
  std::string out{"As "};
  out.append(name_of_unit(unit_ns)).append(" it would mean ");
  return out.append(date_of(number * unit_ns)).append(".");
}

std::string describe_reading(std::int64_t time_ns, std::int64_t unit_ns) {
  std::string out{"Read as "};
  out.append(name_of_unit(unit_ns)).append(", this timestamp means ");
  return out.append(date_of(time_ns)).append(".");
}

}  // namespace weir
