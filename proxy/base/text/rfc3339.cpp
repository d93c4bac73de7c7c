// SPDX-License-Identifier: Apache-2.0
#include "base/text/rfc3339.hpp"

#include <chrono>
#include <cstddef>

namespace weir {
namespace {

/// `value` with leading zeros; `digits` is enough for it.
void append_number(std::uint64_t value, std::size_t digits, std::string& out) {
  out.append(digits, '0');
  for (std::size_t at = out.size(); value > 0; value /= 10) {
    out[--at] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

std::string rfc3339(std::int64_t time_ns, rfc3339_decimals decimals) {
  constexpr std::uint64_t second = 1'000'000'000;
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds{time_ns}};
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{midnight};
  // Taken apart in days and the rest, since midnight of the first day is out of reach in
  // nanoseconds.
  const auto days = midnight.time_since_epoch().count();
  const auto of_day = static_cast<std::uint64_t>(time_ns) -
                      static_cast<std::uint64_t>(days) * (std::uint64_t{86'400} * second);
  const std::uint64_t seconds = of_day / second;
  const std::uint64_t rest = of_day % second;

  std::string text;
  append_number(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4, text);
  text += '-';
  append_number(static_cast<unsigned>(date.month()), 2, text);
  text += '-';
  append_number(static_cast<unsigned>(date.day()), 2, text);
  text += 'T';
  append_number(seconds / 3600, 2, text);
  text += ':';
  append_number(seconds / 60 % 60, 2, text);
  text += ':';
  append_number(seconds % 60, 2, text);
  if (decimals == rfc3339_decimals::three) {
    text += '.';
    append_number(rest / 1'000'000, 3, text);
  } else if (decimals == rfc3339_decimals::nine || rest > 0) {
    text += '.';
    append_number(rest, 9, text);
    if (decimals == rfc3339_decimals::needed) {
      text.erase(text.find_last_not_of('0') + 1);
    }
  }
  return text + "Z";
}

}  // namespace weir
