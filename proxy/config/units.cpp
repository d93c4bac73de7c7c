// SPDX-License-Identifier: Apache-2.0
//
// Sizes and durations in text: two small tables of units and one number scanner, all of it checked
// for overflow, because a limit that wraps around is no limit.
#include "config/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "base/assert.hpp"
#include "base/text/ascii.hpp"
#include "config/checks/likely_units.hpp"
#include "config/checks/suggest.hpp"

namespace weir {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

// The first spelling of a factor is the one that format_size writes.
constexpr std::array<unit, 10> size_units{{{"TiB", std::uint64_t{1} << 40},
                                           {"TB", 1'000'000'000'000},
                                           {"GiB", std::uint64_t{1} << 30},
                                           {"GB", 1'000'000'000},
                                           {"MiB", std::uint64_t{1} << 20},
                                           {"MB", 1'000'000},
                                           {"KiB", std::uint64_t{1} << 10},
                                           {"kB", 1'000},
                                           {"KB", 1'000},
                                           {"B", 1}}};

constexpr std::array<unit, 9> duration_units{{{"w", 604'800'000'000'000},
                                              {"d", 86'400'000'000'000},
                                              {"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"µs", 1'000},
                                              {"ns", 1}}};

template <std::size_t N>
const unit* find_unit(const std::array<unit, N>& units, std::string_view name) {
  for (const unit& candidate : units) {
    if (candidate.name == name) {
      return &candidate;
    }
  }
  return nullptr;
}

struct scanned {
  std::uint64_t number = 0;
  bool overflow = false;
};

// Takes the digits off the front of `text`. Requires: at least one.
scanned take_number(std::string_view& text) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  WEIR_ASSERT(!text.empty() && is_digit(text.front()));
  scanned digits;
  while (!text.empty() && is_digit(text.front())) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    if (digits.number > (most - digit) / 10) {
      digits.overflow = true;
    } else {
      digits.number = digits.number * 10 + digit;
    }
    text.remove_prefix(1);
  }
  return digits;
}

// Takes everything up to the next digit off the front of `text`.
std::string_view take_unit(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && !is_digit(text[length])) {
    ++length;
  }
  const std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  return name;
}

failure reason(std::string_view why) {
  return {std::string(why)};
}

// Without the words around the reason.
result<std::uint64_t> read_size(std::string_view text) {
  std::string_view rest = text;
  if (rest.empty()) {
    return reason("it is empty");
  }
  if (!is_digit(rest.front())) {
    return reason("it does not start with a digit");
  }
  const scanned digits = take_number(rest);
  if (!rest.empty() && rest.front() == ' ') {
    rest.remove_prefix(1);
  }
  if (!rest.empty() && (rest.front() == '.' || rest.front() == ',')) {
    return reason("only whole numbers are read, so use the next smaller unit");
  }
  const unit* scale = rest.empty() ? &size_units.back() : find_unit(size_units, rest);
  if (scale == nullptr) {
    return reason(
        fmt::format("\"{}\" is not one of the units B, kB, MB, GB, TB (powers of "
                    "1000), KiB, MiB, GiB, TiB (powers of 1024)",
                    rest));
  }
  if (digits.overflow ||
      digits.number > std::numeric_limits<std::uint64_t>::max() / scale->factor) {
    return reason("it is larger than 2^64 bytes");
  }
  return digits.number * scale->factor;
}

result<std::optional<std::chrono::nanoseconds>> read_duration(std::string_view text) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (text == "inf") {
    return std::optional<std::chrono::nanoseconds>{};
  }
  if (text.empty()) {
    return reason("it is empty");
  }
  std::string_view rest = text;
  std::uint64_t total = 0;
  while (!rest.empty()) {
    if (!is_digit(rest.front())) {
      return reason("it does not start with a digit");
    }
    const scanned digits = take_number(rest);
    const std::string_view name = take_unit(rest);
    if (name.empty()) {
      return reason("a number has no unit");
    }
    const unit* scale = find_unit(duration_units, name);
    if (scale == nullptr) {
      return reason(fmt::format("\"{}\" is not one of the units ns, us, ms, s, m, h, d, w",
                                name.substr(std::min(name.find_first_not_of(' '), name.size()))));
    }
    if (digits.overflow || digits.number > (most - total) / scale->factor) {
      return reason("it is longer than 292 years; \"inf\" means no limit");
    }
    total += digits.number * scale->factor;
  }
  return std::optional{std::chrono::nanoseconds{static_cast<std::int64_t>(total)}};
}

failure bad_size(std::string_view text, std::string_view why) {
  return {fmt::format(
      "\"{}\" is not a size: {}; write for example \"512KiB\", \"25MB\", \"4GiB\" or plain "
      "bytes{}",
      text, why, did_you_mean(likely_size(text)))};
}

failure bad_duration(std::string_view text, std::string_view why) {
  return {fmt::format(
      "\"{}\" is not a duration: {}; write for example \"500ms\", \"10s\", \"1h30m\", \"7d\" or "
      "\"inf\"{}",
      text, why, did_you_mean(likely_duration(text)))};
}

}  // namespace

result<std::uint64_t> parse_size(std::string_view text) {
  auto read = read_size(text);
  return read ? read : bad_size(text, read.error().message);
}

std::optional<std::uint64_t> plain_size(std::string_view text) {
  const auto read = read_size(text);
  return read ? std::optional(read.value()) : std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  std::string best = std::to_string(bytes);
  if (bytes == 0) {
    return best;
  }
  std::uint64_t least = bytes;
  for (const unit& scale : size_units) {
    if (scale.factor > 1 && bytes % scale.factor == 0 && bytes / scale.factor < least) {
      least = bytes / scale.factor;
      best = fmt::format("{}{}", least, scale.name);
    }
  }
  return best;
}

result<std::optional<std::chrono::nanoseconds>> parse_duration(std::string_view text) {
  auto read = read_duration(text);
  return read ? read : bad_duration(text, read.error().message);
}

std::optional<std::chrono::nanoseconds> plain_duration(std::string_view text) {
  const auto read = read_duration(text);
  return read ? read.value() : std::nullopt;
}

std::string format_duration(std::optional<std::chrono::nanoseconds> duration) {
  if (!duration) {
    return "inf";
  }
  WEIR_ASSERT(duration->count() >= 0);
  auto rest = static_cast<std::uint64_t>(duration->count());
  if (rest == 0) {
    return "0s";
  }

  std::string written;
  for (const unit& scale : duration_units) {
    if (rest >= scale.factor) {
      written += fmt::format("{}{}", rest / scale.factor, scale.name);
      rest %= scale.factor;
    }
  }
  return written;
}

result<std::chrono::nanoseconds> parse_offset(std::string_view text) {
  using std::chrono::nanoseconds;
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) {
    rest.remove_prefix(1);
  }
  std::string in_days;
  if (rest.ends_with('y')) {
    std::string_view years = rest.substr(0, rest.size() - 1);
    if (years.empty() || !std::all_of(years.begin(), years.end(), is_digit)) {
      return bad_duration(text, "years stand alone, as in \"-10y\"");
    }
    const scanned digits = take_number(years);
    in_days =
        fmt::format("{}d", digits.overflow || digits.number > 1000 ? 365'000 : digits.number * 365);
    rest = in_days;
  }
  const auto parsed = parse_duration(rest);
  if (!parsed) {
    return parsed.error();
  }
  if (!parsed.value()) {
    return negative ? nanoseconds::min() : nanoseconds::max();
  }
  return negative ? -*parsed.value() : *parsed.value();
}

std::string format_offset(std::chrono::nanoseconds offset) {
  using std::chrono::nanoseconds;
  if (offset == nanoseconds::min() || offset == nanoseconds::max()) {
    return offset == nanoseconds::min() ? "-inf" : "+inf";
  }
  constexpr nanoseconds year = std::chrono::hours(365 * 24);
  const nanoseconds distance = offset < nanoseconds{0} ? -offset : offset;
  const std::string_view sign = offset < nanoseconds{0} ? "-" : "+";
  if (distance >= year && distance % year == nanoseconds{0}) {
    return fmt::format("{}{}y", sign, distance / year);
  }
  return fmt::format("{}{}", sign, format_duration(distance));
}

}  // namespace weir
