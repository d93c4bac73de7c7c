// SPDX-License-Identifier: Apache-2.0
#include "tools/log/log_lines.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "base/one_line.hpp"

namespace weir {
namespace {

constexpr std::size_t name_bytes_max = 4096;

}  // namespace

std::size_t first_line_bytes(std::string_view lines) {
  bool quoted = false;
  bool fields = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    switch (lines[i]) {
      case '\\':
        ++i;
        break;
      case ' ':
        fields = fields || !quoted;
        break;
      case '"':
        quoted = fields && !quoted;
        break;
      case '\n':
        if (!quoted) {
          return i + 1;
        }
        break;
      default:
        break;
    }
  }
  return lines.size();
}

std::string measurement_of(std::string_view line) {
  std::string name;
  for (std::size_t i = 0; i < line.size() && line[i] != ',' && line[i] != ' '; ++i) {
    const bool escape =
        line[i] == '\\' && i + 1 < line.size() && (line[i + 1] == ',' || line[i + 1] == ' ');
    i += escape ? 1 : 0;
    name += line[i];
  }
  return name;
}

std::size_t append_matching_lines(std::string_view lines, std::string_view pattern,
                                  std::string& out) {
  std::size_t count = 0;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, first_line_bytes(lines));
    if (pattern.empty() || matches_pattern(pattern, measurement_of(line))) {
      out += line;
      ++count;
    }
    lines.remove_prefix(line.size());
  }
  return count;
}

std::string import_heading(std::string_view database, std::string_view retention_policy) {
  return "# DML\n# CONTEXT-DATABASE: " + one_line(database, name_bytes_max) +
         "\n# CONTEXT-RETENTION-POLICY: " +
         (retention_policy.empty() ? "autogen" : one_line(retention_policy, name_bytes_max)) + "\n";
}

}  // namespace weir
