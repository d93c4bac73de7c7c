// SPDX-License-Identifier: Apache-2.0
//
// Writes dates, fractions, exponents and suffixes as timestamps of the reader's unit.
#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"
#include "parser/mistakes/time_units.hpp"
#include "parser/number.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// The time in units of `unit_ns`; empty if it is no multiple of the unit.
std::string in_unit(std::int64_t time_ns, std::int64_t unit_ns) {
  return time_ns % unit_ns == 0 ? std::to_string(time_ns / unit_ns) : std::string{};
}

// A decimal number of `unit` as nanoseconds. False: it does not fit.
bool scaled(std::string_view whole, std::string_view fraction, std::int64_t unit,
            std::int64_t& time_ns) {
  std::int64_t number = 0;
  if (parse_int64(whole, number) != number_error::none ||
      __builtin_mul_overflow(number, unit, &time_ns)) {
    return false;
  }
  std::int64_t place = unit;
  for (const char digit : fraction) {
    place /= 10;
    time_ns += (digit - '0') * place;
  }
  return true;
}

// The number that the `count` digits at `at` make; -1: they are not all digits.
int number_at(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || !is_decimal(text[i])) {
      return -1;
    }
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

struct clock_time {
  std::int64_t time_ns = 0;
  bool names_zone = false;
};

// "+02:00", "+0200", "Z" or nothing. False: something else.
bool read_zone(std::string_view text, clock_time& time) {
  if (text.empty() || text == "Z" || text == "z" || text == "UTC" || text == "GMT") {
    time.names_zone = !text.empty();
    return true;
  }
  const bool has_colon = text.size() == 6 && text[3] == ':';
  const int hours = number_at(text, 1, 2);
  const int minutes = text.size() == 3 ? 0 : number_at(text, has_colon ? 4 : 3, 2);
  const bool has_length = has_colon || text.size() == 5 || text.size() == 3;
  if ((text[0] != '+' && text[0] != '-') || !has_length || hours < 0 || minutes < 0) {
    return false;
  }
  const std::int64_t offset = (std::int64_t{hours} * 60 + minutes) * 60 * second_ns;
  time.time_ns -= text[0] == '+' ? offset : -offset;
  time.names_zone = true;
  return true;
}

// 2020-04-14, 2020-04-14T06:01:21.5+02:00 and the like.
std::optional<clock_time> read_date(std::string_view text) {
  using namespace std::chrono;
  const int year = number_at(text, 0, 4);
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  constexpr int year_first = 1678;
  constexpr int year_last = 2261;
  if (text.size() < 10 || text[4] != text[7] || (text[4] != '-' && text[4] != '/') ||
      year < year_first || year > year_last || month < 1 || day < 1) {
    return std::nullopt;
  }
  const year_month_day date{std::chrono::year{year},
                            std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) {
    return std::nullopt;
  }
  clock_time time{duration_cast<nanoseconds>(sys_days{date}.time_since_epoch()).count(), false};
  if (text.size() == 10) {
    return time;
  }
  const int hour = number_at(text, 11, 2);
  const int minute = number_at(text, 14, 2);
  const bool has_second = text.size() > 16 && text[16] == ':';
  const int second = has_second ? number_at(text, 17, 2) : 0;
  if ((text[10] != 'T' && text[10] != 't' && text[10] != ' ') || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59 || second < 0 || second > 59 || text[13] != ':') {
    return std::nullopt;
  }
  time.time_ns += ((hour * 60 + minute) * 60 + second) * second_ns;
  std::size_t at = has_second ? 19 : 16;
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
    std::int64_t place = second_ns;
    for (++at; number_at(text, at, 1) >= 0; ++at) {
      place /= 10;
      time.time_ns += number_at(text, at, 1) * place;
    }
  }
  return read_zone(text.substr(std::min(at, text.size())), time) ? std::optional{time}
                                                                 : std::nullopt;
}

void set(mistake_finding& finding, std::size_t length, std::string digits, std::string condition) {
  if (!digits.empty()) {
    finding.readings.push_back({std::move(condition), {{finding.at, length, std::move(digits)}}});
  }
}

void read_date_words(mistake_finding& finding, const mistaken_line& line) {
  const std::string_view text = line.text;
  const std::string_view word = text.substr(finding.at, finding.length);
  if (word.starts_with("now")) {
    // A line without timestamp gets the time of its arrival.
    const std::size_t end = text.find_last_not_of(' ', finding.at - 1) + 1;
    finding.readings.push_back({{}, {{end, text.size() - end, ""}}});
    return;
  }
  const std::size_t last = text.find_last_not_of(' ') + 1;
  for (const std::size_t end : {last, finding.at + finding.length}) {
    const auto date = read_date(text.substr(finding.at, end - finding.at));
    if (date && end == last) {
      set(finding, end - finding.at, in_unit(date->time_ns, line.unit_ns),
          date->names_zone ? "" : "the date is one of UTC");
      return;
    }
  }
}

void read_fraction(mistake_finding& finding, const mistaken_line& line) {
  const std::string_view word = line.text.substr(finding.at, finding.length);
  const std::size_t point = std::min(word.find_first_of(".,"), word.size());
  const std::string_view fraction = word.substr(std::min(point + 1, word.size()));
  std::int64_t number = 0;
  std::int64_t time = 0;
  if (parse_int64(word.substr(0, point), number) != number_error::none ||
      fraction.find_first_not_of("0123456789") != fraction.npos) {
    return;
  }
  const std::int64_t unit = find_plausible_unit(number, 0);
  if (unit == 0 || !scaled(word.substr(0, point), fraction, unit, time)) {
    return;
  }
  const std::int64_t rest = time % line.unit_ns;
  set(finding, word.size(), std::to_string((time - rest) / line.unit_ns),
      rest == 0 ? "" : "what is smaller than the unit may be cut off");
}

// 1.586844081e+18: the decimal point is moved, which loses nothing.
void read_exponent(mistake_finding& finding, const mistaken_line& line) {
  const std::string_view word = line.text.substr(finding.at, finding.length);
  const std::size_t mark = std::min(word.find_first_of("eE"), word.size());
  std::string_view exponent = word.substr(std::min(mark + 1, word.size()));
  exponent.remove_prefix(exponent.starts_with('+') ? 1 : 0);
  std::int64_t places = 0;
  const std::size_t point = std::min(word.find('.'), mark);
  std::string digits{word.substr(0, point)};
  const std::string_view fraction =
      point < mark ? word.substr(point + 1, mark - point - 1) : std::string_view{};
  constexpr std::int64_t places_max = 18;
  if (parse_int64(exponent, places) != number_error::none || places > places_max ||
      places < static_cast<std::int64_t>(fraction.size())) {
    return;
  }
  digits += fraction;
  digits.append(static_cast<std::size_t>(places) - fraction.size(), '0');
  std::int64_t number = 0;
  if (parse_int64(digits, number) == number_error::none) {
    set(finding, word.size(), digits, "the number has kept all its digits");
  }
}

void read_suffix(mistake_finding& finding, const mistaken_line& line) {
  struct suffix {
    std::string_view text;
    std::int64_t unit_ns;  // 0: the suffix of an integer
  };
  constexpr std::array<suffix, 18> suffixes = {{{"\"", 0},
                                                {"'", 0},
                                                {"ns", 1},
                                                {"us", 1'000},
                                                {"\xC2\xB5s", 1'000},
                                                {"\xCE\xBCs", 1'000},
                                                {"ms", 1'000'000},
                                                {"s", second_ns},
                                                {"sec", second_ns},
                                                {"m", 60 * second_ns},
                                                {"min", 60 * second_ns},
                                                {"h", 3600 * second_ns},
                                                {"i", 0},
                                                {"u", 0},
                                                {"L", 0},
                                                {"l", 0},
                                                {"n", 0},
                                                {"U", 0}}};
  const std::string_view word = line.text.substr(finding.at, finding.length);
  const std::size_t length = std::min(word.find_first_not_of("-0123456789"), word.size());
  for (const suffix& each : suffixes) {
    std::int64_t time = 0;
    if (word.substr(length) != each.text) {
      continue;
    }
    if (each.unit_ns == 0) {
      set(finding, word.size(), std::string{word.substr(0, length)}, "");
    } else if (scaled(word.substr(0, length), {}, each.unit_ns, time)) {
      set(finding, word.size(), in_unit(time, line.unit_ns), "");
    }
  }
  std::string joined{word};
  joined.erase(std::remove_if(joined.begin(), joined.end(),
                              [](char byte) { return byte == '_' || byte == '\'' || byte == ','; }),
               joined.end());
  if (finding.readings.empty() && is_timestamp_like(joined)) {
    set(finding, word.size(), joined, "");
  }
}

void read_other_unit(mistake_finding& finding, const mistaken_line& line) {
  const std::string_view word = line.text.substr(finding.at, finding.length);
  std::int64_t number = 0;
  std::int64_t time = 0;
  if (parse_int64(word, number) != number_error::none) {
    return;
  }
  const std::int64_t unit = find_plausible_unit(number, 0);
  if (unit != 0 && !__builtin_mul_overflow(number, unit, &time)) {
    set(finding, word.size(), in_unit(time, line.unit_ns),
        "the timestamp counts " + std::string{name_of_unit(unit)});
  }
}

}  // namespace

void add_time_readings(mistake_finding& finding, const mistaken_line& line) {
  const std::string_view word = line.text.substr(finding.at, finding.length);
  if (finding.kind == mistake::timestamp_date) {
    read_date_words(finding, line);
  } else if (finding.kind == mistake::timestamp_fraction) {
    read_fraction(finding, line);
  } else if (finding.kind == mistake::timestamp_exponent) {
    read_exponent(finding, line);
  } else if (finding.kind == mistake::timestamp_suffix || finding.kind == mistake::grouped_digits) {
    read_suffix(finding, line);
  } else if (finding.kind == mistake::timestamp_unit) {
    read_other_unit(finding, line);
  } else if (finding.kind == mistake::timestamp_quoted && word.size() > 2) {
    set(finding, word.size(), std::string{word.substr(1, word.size() - 2)}, "");
  } else if (finding.kind == mistake::number_with_plus) {
    set(finding, word.size(), std::string{word.substr(1)}, "");
  } else if (finding.kind == mistake::timestamp_null) {
    const std::size_t end = line.text.find_last_not_of(' ', finding.at - 1) + 1;
    finding.readings.push_back({{}, {{end, line.text.size() - end, ""}}});
  }
}

}  // namespace weir
