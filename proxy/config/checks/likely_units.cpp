// SPDX-License-Identifier: Apache-2.0
#include "config/checks/likely_units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/text/ascii.hpp"
#include "config/units.hpp"

namespace weir {
namespace {

struct spelling {
  std::string_view word;  // in small letters
  std::string_view unit;
};

constexpr std::array size_words{
    spelling{"b", "B"},          spelling{"byte", "B"},       spelling{"k", "KiB"},
    spelling{"kb", "kB"},        spelling{"ki", "KiB"},       spelling{"kib", "KiB"},
    spelling{"kilobyte", "kB"},  spelling{"kibibyte", "KiB"}, spelling{"m", "MiB"},
    spelling{"mb", "MB"},        spelling{"mi", "MiB"},       spelling{"mib", "MiB"},
    spelling{"meg", "MiB"},      spelling{"megabyte", "MB"},  spelling{"mebibyte", "MiB"},
    spelling{"g", "GiB"},        spelling{"gb", "GB"},        spelling{"gi", "GiB"},
    spelling{"gib", "GiB"},      spelling{"gig", "GiB"},      spelling{"gigabyte", "GB"},
    spelling{"gibibyte", "GiB"}, spelling{"t", "TiB"},        spelling{"tb", "TB"},
    spelling{"ti", "TiB"},       spelling{"tib", "TiB"},      spelling{"terabyte", "TB"},
    spelling{"tebibyte", "TiB"}};

constexpr std::array duration_words{spelling{"ns", "ns"},        spelling{"nsec", "ns"},
                                    spelling{"nano", "ns"},      spelling{"nanosecond", "ns"},
                                    spelling{"us", "us"},        spelling{"usec", "us"},
                                    spelling{"\xc2\xb5s", "us"}, spelling{"\xce\xbcs", "us"},
                                    spelling{"micro", "us"},     spelling{"microsecond", "us"},
                                    spelling{"ms", "ms"},        spelling{"msec", "ms"},
                                    spelling{"milli", "ms"},     spelling{"millisecond", "ms"},
                                    spelling{"s", "s"},          spelling{"sec", "s"},
                                    spelling{"second", "s"},     spelling{"m", "m"},
                                    spelling{"min", "m"},        spelling{"minute", "m"},
                                    spelling{"h", "h"},          spelling{"hr", "h"},
                                    spelling{"hour", "h"},       spelling{"d", "d"},
                                    spelling{"day", "d"},        spelling{"w", "w"},
                                    spelling{"wk", "w"},         spelling{"week", "w"}};

constexpr std::array without_limit{std::string_view{"infinite"}, std::string_view{"infinity"},
                                   std::string_view{"forever"},  std::string_view{"never"},
                                   std::string_view{"none"},     std::string_view{"unlimited"},
                                   std::string_view{"off"},      std::string_view{"-1"}};

// Longer than any real one; what is longer is no slip of the pen.
constexpr std::size_t text_bytes_max = 64;
// Whole digits of a number, so that a thousand times as much still fits.
constexpr std::size_t digits_max = 15;
constexpr std::size_t decimals_max = 3;
constexpr std::uint64_t thousandths = 1'000;

std::string tidy(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '_') {
      out += to_lower(c);
    }
  }
  return out;
}

/// A number with its decimals, in thousandths, and the word behind it.
struct part {
  std::uint64_t milli = 0;
  bool decimals = false;
  std::string_view word;
};

std::optional<part> take_part(std::string_view& text) {
  part out;
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) {
    out.milli = out.milli * 10 + static_cast<std::uint64_t>(text[at++] - '0');
    if (at > digits_max) {
      return std::nullopt;
    }
  }
  if (at == 0) {
    return std::nullopt;
  }
  out.milli *= thousandths;
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
    out.decimals = true;
    std::uint64_t worth = thousandths / 10;
    const std::size_t begin = ++at;
    for (; at < text.size() && is_digit(text[at]); ++at, worth /= 10) {
      out.milli += worth * static_cast<std::uint64_t>(text[at] - '0');
    }
    if (at == begin || at - begin > decimals_max) {
      return std::nullopt;
    }
  }
  const std::size_t word = at;
  while (at < text.size() && !is_digit(text[at])) {
    ++at;
  }
  out.word = text.substr(word, at - word);
  text.remove_prefix(at);
  return out;
}

template <std::size_t N>
std::string_view unit_of(const std::array<spelling, N>& words, std::string_view word) {
  for (const spelling& each : words) {
    const bool plural =
        word.size() > 2 && word.ends_with('s') && word.substr(0, word.size() - 1) == each.word;
    if (each.word == word || plural) {
      return each.unit;
    }
  }
  return {};
}

/// Months and years as days, since neither has a length of its own.
std::uint64_t days_of(std::string_view word) {
  for (const std::string_view month : {"mo", "mon", "month", "months"}) {
    if (word == month) {
      return 30;
    }
  }
  for (const std::string_view year : {"y", "yr", "yrs", "year", "years"}) {
    if (word == year) {
      return 365;
    }
  }
  return 0;
}

}  // namespace

std::string likely_size(std::string_view text) {
  if (text.size() > text_bytes_max) {
    return {};
  }
  const std::string tidied = tidy(text);
  std::string_view rest = tidied;
  const auto number = take_part(rest);
  const std::string_view unit = number ? unit_of(size_words, number->word) : std::string_view{};
  if (unit.empty() || !rest.empty()) {
    return {};
  }
  const auto one = plain_size(fmt::format("1{}", unit));
  const auto whole = plain_size(fmt::format("{}{}", number->milli / thousandths, unit));
  if (!one || !whole) {
    return {};
  }
  if (!number->decimals) {
    return fmt::format("{}{}", number->milli / thousandths, unit);
  }
  // Beside `whole` there is room for the part of one unit.
  const std::uint64_t decimals = number->milli % thousandths;
  return format_size(*whole + *one / thousandths * decimals +
                     *one % thousandths * decimals / thousandths);
}

std::string likely_duration(std::string_view text) {
  if (text.size() > text_bytes_max) {
    return {};
  }
  const std::string tidied = tidy(text);
  if (std::find(without_limit.begin(), without_limit.end(), tidied) != without_limit.end()) {
    return "inf";
  }
  std::string out;
  std::string_view rest = tidied;
  while (!rest.empty()) {
    const bool first = out.empty();
    const auto number = take_part(rest);
    if (!number) {
      return {};
    }
    const bool alone = first && rest.empty();
    const std::uint64_t whole = number->milli / thousandths;
    if (const std::uint64_t days = days_of(number->word); days > 0 && alone && !number->decimals) {
      return whole <= std::uint64_t{292} * 365 / days ? fmt::format("{}d", whole * days)
                                                      : std::string{};
    }
    const std::string_view unit =
        number->word.empty() && alone ? "s" : unit_of(duration_words, number->word);
    const auto one = plain_duration(fmt::format("1{}", unit));
    if (!one) {
      return {};
    }
    if (!number->decimals) {
      out += fmt::format("{}{}", whole, unit);
      continue;
    }
    const std::chrono::nanoseconds decimals =
        *one * static_cast<std::int64_t>(number->milli % thousandths) /
        static_cast<std::int64_t>(thousandths);
    out += whole > 0 ? fmt::format("{}{}", whole, unit) : "";
    out += decimals.count() > 0 ? format_duration(decimals) : "";
  }
  // What is too long is no better for being spelled well.
  return plain_duration(out) ? out : std::string{};
}

}  // namespace weir
