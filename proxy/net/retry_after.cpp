// SPDX-License-Identifier: Apache-2.0
//
// Retry-After. Pure.
#include "net/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <string>

#include "base/text/ascii.hpp"

namespace weir {
namespace {

/// For strptime, which is more careful than curl_getdate: that one takes half a date, and other
/// zones, too. weir sets no locale, so names are English.
constexpr std::array<const char*, 5> date_forms{
    "%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S UTC", "%a, %d-%b-%y %H:%M:%S GMT",
    "%a, %d-%b-%y %H:%M:%S UTC", "%a %b %d %H:%M:%S %Y"};
constexpr std::string_view blanks = " \t\r";
/// Longer waits say the same: ten years.
constexpr std::int64_t seconds_most = std::int64_t{10} * 366 * 86'400;

bool take(std::string_view& text, char letter) {
  if (text.empty() || text.front() != letter) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  const std::string date(trimmed(text, blanks));
  for (const char* form : date_forms) {
    std::tm read{};
    const char* end = ::strptime(date.c_str(), form, &read);
    if (end == nullptr || *end != '\0') {
      continue;
    }
    using namespace std::chrono;
    const year_month_day day{year(read.tm_year + 1900),
                             month(static_cast<unsigned>(read.tm_mon) + 1),
                             std::chrono::day(static_cast<unsigned>(read.tm_mday))};
    if (!day.ok()) {
      return std::nullopt;
    }
    return sys_days(day).time_since_epoch().count() * std::int64_t{86'400} +
           read.tm_hour * std::int64_t{3600} + read.tm_min * std::int64_t{60} + read.tm_sec;
  }
  return std::nullopt;
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
  const auto at = parse_http_date(value);
  if (!at) {
    return std::nullopt;
  }
  const std::int64_t from = parse_http_date(date).value_or(now_s);
  return std::chrono::seconds(std::clamp(*at - from, std::int64_t{0}, seconds_most));
}

}  // namespace weir
