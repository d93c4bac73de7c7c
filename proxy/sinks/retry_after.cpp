// SPDX-License-Identifier: Apache-2.0
//
// Retry-After. Pure.
#include "sinks/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view blanks = " \t\r";
/// Longer waits say the same: ten years.
constexpr std::int64_t seconds_most = std::int64_t{10} * 366 * 86'400;

/// Takes digits off the front, at most nine.
std::optional<int> take_number(std::string_view& text) {
  std::size_t count = 0;
  int value = 0;
  while (count < text.size() && count < 9 && is_digit(text[count])) {
    value = value * 10 + (text[count++] - '0');
  }
  text.remove_prefix(count);
  return count > 0 ? std::optional(value) : std::nullopt;
}

bool take(std::string_view& text, char letter) {
  if (text.empty() || text.front() != letter) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

void skip_blanks(std::string_view& text) {
  while (take(text, ' ')) {
  }
}

/// 1 to 12.
std::optional<int> take_month(std::string_view& text) {
  if (text.size() < 3) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (std::equal(months[i].begin(), months[i].end(), text.begin(),
                   [](char one, char other) { return one == to_lower(other); })) {
      text.remove_prefix(3);
      return static_cast<int>(i) + 1;
    }
  }
  return std::nullopt;
}

/// Seconds of the day, of `08:49:37`.
std::optional<std::int64_t> take_time(std::string_view& text) {
  const auto hour = take_number(text);
  const bool first = take(text, ':');
  const auto minute = take_number(text);
  const bool second = take(text, ':');
  const auto seconds = take_number(text);
  if (!hour || !first || !minute || !second || !seconds || *hour > 23 || *minute > 59 ||
      *seconds > 60) {
    return std::nullopt;
  }
  return *hour * 3600 + *minute * 60 + *seconds;
}

struct day {
  std::optional<int> year, month, number;
};

std::optional<std::int64_t> seconds_of(const day& on, std::optional<std::int64_t> time) {
  using namespace std::chrono;
  if (!on.year || !on.month || !on.number || !time || *on.year > 9999) {
    return std::nullopt;
  }
  const year_month_day date{year(*on.year), month(static_cast<unsigned>(*on.month)),
                            std::chrono::day(static_cast<unsigned>(*on.number))};
  if (!date.ok()) {
    return std::nullopt;
  }
  return sys_days(date).time_since_epoch().count() * std::int64_t{86'400} + *time;
}

/// A year of two digits that would lie more than fifty years ahead is of the past (RFC 9110).
int whole_year(int two_digits, std::int64_t now_s) {
  using namespace std::chrono;
  const year_month_day today{floor<days>(sys_seconds(seconds(now_s)))};
  const int now = static_cast<int>(today.year());
  const int guess = now / 100 * 100 + two_digits;
  return guess > now + 50 ? guess - 100 : guess;
}

/// `Nov  6 08:49:37 1994`
std::optional<std::int64_t> asctime_date(std::string_view text) {
  day on;
  on.month = take_month(text);
  skip_blanks(text);
  on.number = take_number(text);
  skip_blanks(text);
  const auto time = take_time(text);
  skip_blanks(text);
  on.year = take_number(text);
  return text.empty() ? seconds_of(on, time) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now_s) {
  text = trimmed(text, blanks);
  const std::size_t weekday = text.find_first_of(", ");
  if (weekday == std::string_view::npos || weekday == 0 || is_digit(text.front())) {
    return std::nullopt;
  }
  const bool comma = text[weekday] == ',';
  text.remove_prefix(weekday + 1);
  skip_blanks(text);
  if (!comma) {
    return asctime_date(text);
  }
  day on;
  on.number = take_number(text);
  const bool dashes = take(text, '-');
  skip_blanks(text);
  on.month = take_month(text);
  if (dashes && !take(text, '-')) {
    return std::nullopt;
  }
  skip_blanks(text);
  on.year = take_number(text);
  if (dashes && on.year && *on.year < 100) {
    on.year = whole_year(*on.year, now_s);
  }
  skip_blanks(text);
  const auto time = take_time(text);
  skip_blanks(text);
  return text == "GMT" || text == "UTC" ? seconds_of(on, time) : std::nullopt;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::string_view date,
                                                      std::int64_t now_s) {
  value = trimmed(value, blanks);
  if (value.empty()) {
    return std::nullopt;
  }
  if (is_digit(value.front())) {
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), whole);
    std::string_view rest = value.substr(static_cast<std::size_t>(end - value.data()));
    whole = error == std::errc::result_out_of_range ? seconds_most : std::min(whole, seconds_most);
    const bool fraction = take(rest, '.');
    if (!std::all_of(rest.begin(), rest.end(), is_digit)) {
      return std::nullopt;
    }
    const bool more = fraction && rest.find_first_not_of('0') != std::string_view::npos;
    return std::chrono::seconds(std::min(whole + (more ? 1 : 0), seconds_most));
  }
  const auto at = parse_http_date(value, now_s);
  if (!at) {
    return std::nullopt;
  }
  const std::int64_t from = parse_http_date(date, now_s).value_or(now_s);
  return std::chrono::seconds(std::clamp(*at - from, std::int64_t{0}, seconds_most));
}

}  // namespace weir
