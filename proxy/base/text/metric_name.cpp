// SPDX-License-Identifier: Apache-2.0
#include "base/text/metric_name.hpp"

#include <fmt/format.h>

#include "base/text/ascii.hpp"
#include "base/text/utf8.hpp"

namespace weir {
namespace {

constexpr std::string_view escape_prefix = "U__";

}  // namespace

bool may_stand_in_name(char c, name_kind kind) noexcept {
  return is_letter_or_digit(c) || c == '_' || (kind == name_kind::of_series && c == ':');
}

void append_underscored(std::string_view text, name_kind kind, std::string& out) {
  bool in_character = false;
  for (const char c : text) {
    if (may_stand_in_name(c, kind)) {
      out += c;
      in_character = false;
    } else if (!in_character || !continues_character(c)) {
      out += '_';
      in_character = (static_cast<unsigned char>(c) & 0x80U) != 0;
    }
  }
}

std::string underscored_name(std::string_view text, name_kind kind) {
  std::string name;
  name.reserve(text.size() + 1);
  if (text.empty() || is_digit(text.front())) {
    name += '_';
  }
  append_underscored(text, kind, name);
  return name;
}

std::string escaped_name(std::string_view text, name_kind kind) {
  std::string name(escape_prefix);
  const std::size_t whole = text.size();
  while (!text.empty()) {
    const char c = text.front();
    if (c == '_') {
      name += "__";
      text.remove_prefix(1);
    } else if (may_stand_in_name(c, kind) && !(is_digit(c) && text.size() == whole)) {
      name += c;
      text.remove_prefix(1);
    } else if (const utf8_character found = first_character(text); found.bytes > 0) {
      name += fmt::format("_{:x}_", found.code);
      text.remove_prefix(found.bytes);
    } else {
      name += "_FFFD_";
      text.remove_prefix(1);
    }
  }
  return name;
}

bool is_escaped_name(std::string_view name) noexcept {
  return name.starts_with(escape_prefix);
}

}  // namespace weir
