// SPDX-License-Identifier: Apache-2.0
#include "tools/screen/screen_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text/terminal_text.hpp"

namespace weir {
namespace {

constexpr screen_colours plain{};
constexpr screen_colours coloured_{"\x1b[1m",    "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;32m",
                                   "\x1b[1;36m", "\x1b[2m",    "\x1b[0m"};
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// Three digits that count: 1.23, 12.3, 123.
std::string three_digits(double value) {
  return fmt::format("{:.{}f}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

std::uint64_t whole(double value) {
  return value > 0 ? static_cast<std::uint64_t>(std::llround(value)) : 0;
}

}  // namespace

const screen_colours& colours_of(bool coloured) noexcept {
  return coloured ? coloured_ : plain;
}

void append_wrapped_words(std::string_view text, std::string_view indent, std::size_t used,
                          std::size_t columns, std::string& out) {
  std::size_t column = used;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t width = columns_of(word);
    if (!first && column + 1 + width > columns) {
      out.append("\n").append(indent);
      column = indent.size();
      first = true;
    }
    if (!word.empty()) {
      out.append(first ? "" : " ").append(word);
      column += width + (first ? 0 : 1);
      first = false;
    }
    if (end < text.size() && text[end] == '\n') {
      out.append("\n").append(indent);
      column = indent.size();
      first = true;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (fits(text, columns)) {
    return std::string(text);
  }
  std::string out;
  std::size_t used = 0;
  while (columns > 0 && !text.empty()) {
    const glyph next = first_glyph(text);
    if (used + next.columns > columns - 1) {
      return out.append(ellipsis);
    }
    used += next.columns;
    append_visible(text.substr(0, next.bytes), next, out);
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string out = cut_to(text, columns);
  out.append(columns - std::min(columns, columns_of(out)), ' ');
  return out;
}

std::string short_count(double value) {
  if (!(value > 0)) {
    return "0";
  }
  if (value < 9.95 && std::abs(value - std::round(value)) > 0.05) {
    return fmt::format("{:.1f}", value);
  }
  constexpr std::array<std::string_view, 5> units{"", "k", "M", "G", "T"};
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return (unit == 0 ? fmt::format("{:.0f}", value) : three_digits(value)) +
         std::string(units[unit]);
}

std::string short_bytes(double bytes) {
  constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  double value = std::max(0.0, bytes);
  while (value >= 1023.5 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  const bool is_whole = unit == 0 || value >= 9.95;
  return fmt::format("{:.{}f} {}", value, is_whole ? 0 : 1, units[unit]);
}

std::string short_duration(double seconds) {
  if (!(seconds > 0)) {
    return "0 s";
  }
  if (seconds < 9.95) {
    return fmt::format("{:.1f} s", seconds);
  }
  struct unit {
    std::uint64_t seconds;
    std::string_view name;
  };
  constexpr std::array<unit, 4> units{unit{86'400, "d"}, unit{3'600, "h"}, unit{60, "min"},
                                      unit{1, "s"}};
  constexpr double longest = 1e12;  // beyond it nobody counts any more
  const std::uint64_t all = whole(std::min(seconds, longest));
  constexpr std::uint64_t year = std::uint64_t{365} * 86'400;
  if (all >= 2 * year) {
    return fmt::format("{} years", all / year);
  }
  for (std::size_t i = 0; i + 1 < units.size(); ++i) {
    if (all >= units[i].seconds) {
      const std::uint64_t rest = all % units[i].seconds / units[i + 1].seconds;
      return fmt::format("{} {}", all / units[i].seconds, units[i].name) +
             (rest > 0 ? fmt::format(" {} {}", rest, units[i + 1].name) : std::string());
    }
  }
  return fmt::format("{} s", all);
}

std::string percent(std::optional<double> share) {
  if (!share) {
    return "-";
  }
  const double value = 100 * std::max(0.0, *share);
  return value > 0 && value < 1 ? "<1%" : fmt::format("{:.0f}%", value);
}

}  // namespace weir
