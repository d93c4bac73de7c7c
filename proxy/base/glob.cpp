// SPDX-License-Identifier: Apache-2.0
#include "base/glob.hpp"

#include <algorithm>
#include <cstddef>

namespace weir {

bool matches_pattern(std::string_view pattern, std::string_view name) noexcept {
  std::size_t p = 0;
  std::size_t n = 0;
  // Where to take up again when a guess about the last star was wrong.
  std::size_t star = std::string_view::npos;
  std::size_t star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

bool matches_patterns(const std::vector<std::string>& patterns, std::string_view name) noexcept {
  bool named = false;
  bool any_names = false;
  for (const std::string_view pattern : patterns) {
    if (pattern.starts_with('!')) {
      if (matches_pattern(pattern.substr(1), name)) {
        return false;
      }
      continue;
    }
    any_names = true;
    named = named || matches_pattern(pattern, name);
  }
  return named || (!any_names && !patterns.empty());
}

bool matches_everything(const std::vector<std::string>& patterns) noexcept {
  const auto stars = [](const std::string& one) {
    return !one.empty() && one.find_first_not_of('*') == std::string::npos;
  };
  const auto excludes = [](const std::string& one) { return one.starts_with('!'); };
  return std::any_of(patterns.begin(), patterns.end(), stars) &&
         std::none_of(patterns.begin(), patterns.end(), excludes);
}

}  // namespace weir
