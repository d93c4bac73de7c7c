// SPDX-License-Identifier: Apache-2.0
//
// Texts as names.
#include "sinks/mapping/name_text.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "base/text/ascii.hpp"
#include "base/text/utf8.hpp"

namespace weir {
namespace {

constexpr std::string_view escape_prefix = "U__";
constexpr std::size_t hash_digits_max = 16;

bool is_ascii(char c) {
  return (static_cast<unsigned char>(c) & 0x80U) == 0;
}
bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}
bool may_stand(char c, name_kind kind) {
  return is_letter_or_digit(c) || c == '_' || (kind == name_kind::of_series && c == ':');
}

void append_underscored(std::string_view text, name_kind kind, std::string& out) {
  bool in_character = false;
  for (const char c : text) {
    if (may_stand(c, kind)) {
      out += c;
      in_character = false;
    } else if (!in_character || !continues_character(c)) {
      out += '_';
      in_character = !is_ascii(c);
    }
  }
}

/// What Telegraf's serialiser makes of a name; empty where nothing is left.
std::string trimmed_name(std::string_view text, name_kind kind) {
  std::string name = underscored_name(text, kind);
  if (name == text) {
    return name;
  }
  const std::size_t begin = name.find_first_not_of('_');
  if (begin == std::string::npos) {
    return {};
  }
  name = name.substr(begin, name.find_last_not_of('_') - begin + 1);
  if (is_digit(text.front())) {
    name.erase(0, 1);  // Telegraf takes the first character away, and only that one
  }
  return !name.empty() && is_digit(name.front()) ? "_" + name : name;
}

}  // namespace

std::string underscored_name(std::string_view text, name_kind kind) {
  std::string name;
  name.reserve(text.size() + 1);
  if (text.empty() || is_digit(text.front())) {
    name += '_';
  }
  append_underscored(text, kind, name);
  return name;
}

std::string filtered_value(std::string_view text) {
  std::string value;
  append_underscored(text, name_kind::of_series, value);
  return value;
}

bool is_filtered_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return may_stand(c, name_kind::of_series); });
}

std::string escaped_name(std::string_view text, name_kind kind) {
  std::string name(escape_prefix);
  const std::size_t whole = text.size();
  while (!text.empty()) {
    const char c = text.front();
    if (c == '_') {
      name += "__";
      text.remove_prefix(1);
    } else if (may_stand(c, kind) && !(is_digit(c) && text.size() == whole)) {
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

std::string written_name(std::string_view text, name_kind kind, name_letters letters) {
  switch (letters) {
    case name_letters::kept:
      return text.empty() ? "_" : valid_utf8(text);
    case name_letters::escaped:
      return std::all_of(text.begin(), text.end(), is_ascii) ? underscored_name(text, kind)
                                                             : escaped_name(text, kind);
    case name_letters::trimmed:
      if (std::string name = trimmed_name(text, kind); !name.empty()) {
        return name;
      }
      break;
    case name_letters::underscored:
      break;
  }
  return underscored_name(text, kind);
}

bool is_escaped_name(std::string_view name) noexcept {
  return name.starts_with(escape_prefix);
}

std::string hash_digits(std::string_view text, std::size_t digits) {
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()))
      .substr(hash_digits_max - digits);
}

std::string cut_with_hash(std::string_view text, std::size_t bytes_max) {
  std::size_t kept = bytes_max - hash_digits_max - 1;
  while (kept > 0 && continues_character(text[kept])) {
    --kept;
  }
  return std::string(text.substr(0, kept)) + "_" + hash_digits(text, hash_digits_max);
}

}  // namespace weir
