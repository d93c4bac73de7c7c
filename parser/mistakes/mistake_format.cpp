// SPDX-License-Identifier: Apache-2.0
//
// Lines that are not line protocol at all: other formats sent to the wrong address, and bytes
// before the text.
#include <algorithm>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"

namespace weir {
namespace {

maybe_mistake whole(mistake kind, const mistaken_line& line) {
  return mistake_finding{kind, 0, word_at(line.text, 0).size()};
}

bool is_json(std::string_view text) noexcept {
  const bool has_member = text.find("\":") != std::string_view::npos ||
                          text.find("':") != std::string_view::npos ||
                          text.find("\" :") != std::string_view::npos;
  switch (text.front()) {
    case '{':
    case '[':
    case '}':
    case ']':
      return has_member || text.find_first_not_of("{}[], \t") == std::string_view::npos;
    case '"':
      return has_member;
    default:
      return false;
  }
}

// host:a behind the first comma: pairs with colons, so that it is no CSV.
bool has_named_item(std::string_view text) noexcept {
  const std::size_t comma = text.find(',');
  const std::string_view item = text.substr(std::min(comma, text.size() - 1) + 1);
  const std::size_t colon = item.find_first_of(":, ;\t");
  return colon != item.npos && colon > 0 && item[colon] == ':' && !is_decimal(item[0]);
}

bool is_csv(std::string_view text) noexcept {
  // `name: value` is no row of values.
  if (text.find('=') != std::string_view::npos || text.find(": ") != std::string_view::npos ||
      has_named_item(text)) {
    return false;
  }
  constexpr std::string_view separators = ",;\t";
  return std::any_of(separators.begin(), separators.end(), [&](char separator) {
    return std::count(text.begin(), text.end(), separator) >= 2;
  });
}

}  // namespace

maybe_mistake find_format_mistake(const mistaken_line& line) {
  std::string_view text = line.text;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return mistake_finding{mistake::utf16, 0, 2};
  }
  if (text.starts_with("\x1F\x8B")) {
    return mistake_finding{mistake::compressed, 0, 2};
  }
  if (text.starts_with(byte_order_mark_utf8)) {
    text.remove_prefix(byte_order_mark_utf8.size());
    if (text.find_first_not_of(' ') == std::string_view::npos ||
        text[text.find_first_not_of(' ')] == '#') {
      return mistake_finding{mistake::byte_order_mark, 0, byte_order_mark_utf8.size()};
    }
  }
  if (text.empty()) {
    return std::nullopt;
  }
  if (is_json(text)) {
    mistake_finding finding = *whole(mistake::json, line);
    add_json_readings(finding, line);
    return finding;
  }
  if (auto finding = find_foreign_format(line)) {
    return finding;
  }
  if (is_csv(text)) {
    return whole(mistake::csv, line);
  }
  return std::nullopt;
}

}  // namespace weir
