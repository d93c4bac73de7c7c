// SPDX-License-Identifier: Apache-2.0
#include "base/text/rfc3339.hpp"

#include <array>
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

/// Takes exactly so many digits off the front of `text`.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t digits) {
  unsigned number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text.empty() || text.front() < '0' || text.front() > '9') {
      return std::nullopt;
    }
    number = number * 10 + static_cast<unsigned>(text.front() - '0');
    text.remove_prefix(1);
  }
  return number;
}

/// Takes numbers of these many digits, each but the first behind its separator.
template <std::size_t N>
std::optional<std::array<unsigned, N>> take_numbers(std::string_view& text,
                                                    const std::array<std::size_t, N>& digits,
                                                    std::string_view separators) {
  std::array<unsigned, N> numbers{};
  for (std::size_t i = 0; i < N; ++i) {
    if (i > 0) {
      if (text.empty() || text.front() != separators[i - 1]) {
        return std::nullopt;
      }
      text.remove_prefix(1);
    }
    const auto number = take_digits(text, digits[i]);
    if (!number) {
      return std::nullopt;
    }
    numbers[i] = *number;
  }
  return numbers;
}

/// ".5" as nanoseconds; 0 where there is none. What is finer than a nanosecond is cut off.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) {
    return 0;
  }
  text.remove_prefix(1);
  std::int64_t nanoseconds = 0;
  std::int64_t weight = 100'000'000;
  const std::size_t before = text.size();
  while (const auto digit = take_digits(text, 1)) {
    nanoseconds += *digit * weight;
    weight /= 10;
  }
  return text.size() == before ? std::nullopt : std::optional(nanoseconds);
}

/// "Z" or "+01:00" as minutes. It must be all that is left.
std::optional<int> take_zone(std::string_view text) {
  if (text == "Z" || text == "z") {
    return 0;
  }
  if (!text.starts_with('+') && !text.starts_with('-')) {
    return std::nullopt;
  }
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto zone = take_numbers<2>(text, {2, 2}, ":");
  if (!zone || !text.empty() || (*zone)[0] > 23 || (*zone)[1] > 59) {
    return std::nullopt;
  }
  return sign * static_cast<int>((*zone)[0] * 60 + (*zone)[1]);
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

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  const auto date = take_numbers<3>(text, {4, 2, 2}, "--");
  if (!date || text.empty() || (text.front() != 'T' && text.front() != 't')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const auto time = take_numbers<3>(text, {2, 2, 2}, "::");
  const auto fraction = time ? take_fraction(text) : std::nullopt;
  const auto zone = fraction ? take_zone(text) : std::nullopt;
  const auto [year, month, day_of_month] = *date;
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(year)),
                                        std::chrono::month(month), std::chrono::day(day_of_month)};
  if (!zone || !day.ok() || (*time)[0] > 23 || (*time)[1] > 59 || (*time)[2] > 59 || year < 1678 ||
      year > 2261) {
    return std::nullopt;
  }
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  const std::int64_t seconds = days * 86'400 + (*time)[0] * std::int64_t{3600} +
                               (*time)[1] * std::int64_t{60} + (*time)[2] -
                               *zone * std::int64_t{60};
  return seconds * 1'000'000'000 + *fraction;
}

}  // namespace weir
