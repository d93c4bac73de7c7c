// SPDX-License-Identifier: Apache-2.0
#include "tools/load/bad_lines.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace weir {
namespace {

constexpr std::size_t digits_below_seconds = 9;

/// A line's places, as offsets. Names of fields have no escapes here, as the generator makes none.
struct line_parts {
  std::size_t first_comma = 0;
  /// The space before the fields.
  std::size_t key_end = 0;
  /// The first field's value.
  std::size_t value = 0;
  std::size_t value_end = 0;
  /// The time's first digit, and the line feed.
  std::size_t time = 0;
  std::size_t end = 0;
};

std::size_t find_unescaped(std::string_view text, std::size_t from, std::string_view wanted) {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (wanted.find(text[at]) != std::string_view::npos) {
      return at;
    }
  }
  return text.size();
}

std::size_t end_of_value(std::string_view text, std::size_t from) {
  if (text[from] != '"') {
    return text.find_first_of(", ", from);
  }
  return find_unescaped(text, from + 1, "\"") + 1;
}

line_parts parts_of(std::string_view line) {
  line_parts out;
  out.first_comma = find_unescaped(line, 0, ",");
  out.key_end = find_unescaped(line, 0, " ");
  out.value = line.find('=', out.key_end) + 1;
  out.value_end = end_of_value(line, out.value);
  out.end = line.size() - 1;
  out.time = line.rfind(' ') + 1;
  WEIR_ASSERT(out.first_comma < out.key_end && out.value_end < out.time &&
              out.end - out.time > digits_below_seconds && line[out.end] == '\n');
  return out;
}

}  // namespace

std::string_view name_of(bad_kind kind) noexcept {
  switch (kind) {
    case bad_kind::space:
      return "space";
    case bad_kind::tag:
      return "tag";
    case bad_kind::field:
      return "field";
    case bad_kind::number:
      return "number";
    case bad_kind::type:
      return "type";
    case bad_kind::seconds:
      return "seconds";
    case bad_kind::time:
      return "time";
  }
  return "";
}

std::optional<bad_kind> find_bad_kind(std::string_view name) noexcept {
  const auto* const found = std::find_if(bad_kinds.begin(), bad_kinds.end(),
                                         [name](bad_kind each) { return name_of(each) == name; });
  return found == bad_kinds.end() ? std::nullopt : std::optional(*found);
}

void append_bad_line(bad_kind kind, std::string_view good, std::string& out) {
  const line_parts at = parts_of(good);
  const auto with_value = [&](std::string_view value) {
    out.append(good.substr(0, at.value)).append(value).append(good.substr(at.value_end));
  };
  switch (kind) {
    case bad_kind::space:
      out.append(good.substr(0, at.first_comma + 1)).append(" ");
      out.append(good.substr(at.first_comma + 1));
      return;
    case bad_kind::tag:
      out.append(good.substr(0, good.rfind('=', at.key_end) + 1)).append(good.substr(at.key_end));
      return;
    case bad_kind::field:
      out.append(good.substr(0, at.key_end + 1)).append(good.substr(at.time));
      return;
    case bad_kind::number:
      return with_value("1.2.3");
    case bad_kind::type:
      return with_value(good[at.value] == '"' ? "1" : "\"text\"");
    case bad_kind::seconds:
      out.append(good.substr(0, at.end - digits_below_seconds)).append("\n");
      return;
    case bad_kind::time:
      out.append(good.substr(0, at.end)).append(".5\n");
      return;
  }
}

}  // namespace weir
