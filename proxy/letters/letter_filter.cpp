// SPDX-License-Identifier: Apache-2.0
#include "letters/letter_filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <limits>

#include "base/text/ascii.hpp"
#include "config/checks/likely_units.hpp"
#include "config/checks/suggest.hpp"
#include "config/units.hpp"

namespace weir {
namespace {

constexpr std::int64_t second = 1'000'000'000;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

std::optional<std::int64_t> parse_date(const std::string& text) {
  for (const char* format : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
                             "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), format, &parts);
    if (end != nullptr && *end == '\0') {
      const std::int64_t seconds = ::timegm(&parts);
      constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / second;
      return std::clamp(seconds, -most, most) * second;
    }
  }
  return std::nullopt;
}

}  // namespace

void id_set::add(std::uint64_t id) {
  add_range(id, id);
}

void id_set::add(const id_set& others) {
  for (const auto& [first, last] : others.ranges_) {
    add_range(first, last);
  }
}

void id_set::add_range(std::uint64_t first, std::uint64_t last) {
  auto next = ranges_.lower_bound(first);
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (before->second >= first || before->second + 1 == first) {
      first = before->first;
      last = std::max(last, before->second);
      next = ranges_.erase(before);
    }
  }
  while (next != ranges_.end() && (next->first <= last || next->first == last + 1)) {
    last = std::max(last, next->second);
    next = ranges_.erase(next);
  }
  ranges_[first] = last;
}

bool id_set::contains(std::uint64_t id) const noexcept {
  const auto after = ranges_.upper_bound(id);
  return after != ranges_.begin() && std::prev(after)->second >= id;
}

std::uint64_t id_set::size() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& [first, last] : ranges_) {
    sum += last - first + 1;
  }
  return sum;
}

void id_set::forget_below(std::uint64_t id) {
  while (!ranges_.empty() && ranges_.begin()->first < id) {
    const std::uint64_t last = ranges_.begin()->second;
    ranges_.erase(ranges_.begin());
    if (last >= id) {
      ranges_[id] = last;
    }
  }
}

std::string id_set::text() const {
  std::string out;
  for (const auto& [first, last] : ranges_) {
    out += std::to_string(first);
    if (last > first) {
      out += "-" + std::to_string(last);
    }
    out += "\n";
  }
  return out;
}

result<id_set> id_set::parse(std::string_view text) {
  id_set made;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t dash = line.find('-');
    const auto first = number(line.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(line.substr(dash + 1));
    if (!first || !last || *last < *first) {
      return failure{"\"" + std::string(line) + "\" is neither a number nor a range of numbers"};
    }
    made.add_range(*first, *last);
  }
  return made;
}

bool letter_filter::matches(const letter& each) const {
  const letter_header& header = each.header;
  if ((!database.empty() && header.database != database) ||
      (!code.empty() && each.what.code != code) || (since_ns && header.received_ns < *since_ns) ||
      (until_ns && header.received_ns >= *until_ns)) {
    return false;
  }
  if (!ids.empty() && std::find(ids.begin(), ids.end(), each.id) == ids.end()) {
    return false;
  }
  return source.empty() || contains_ignoring_case(header.listener, source) ||
         contains_ignoring_case(header.address, source) ||
         contains_ignoring_case(header.user, source) ||
         contains_ignoring_case(header.agent, source);
}

result<std::int64_t> parse_moment(std::string_view text, std::int64_t now_ns) {
  if (const auto date = parse_date(std::string(text))) {
    return *date;
  }
  if (auto ago = parse_duration(text); ago.ok() && ago.value()) {
    return now_ns - ago.value()->count();
  }
  return failure{"\"" + std::string(text) +
                 "\" is no time; write \"2h\" (ago), or \"2026-01-02T03:04:05Z\" (UTC)" +
                 did_you_mean(likely_duration(text))};
}

std::string source_of(const letter_header& header) {
  std::string out = header.listener;
  for (const std::string* each : {&header.address, &header.user, &header.agent}) {
    if (!each->empty()) {
      out.append(" ").append(*each);
    }
  }
  return out;
}

}  // namespace weir
