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

constexpr std::size_t hash_digits_max = 16;

bool is_ascii(char c) {
  return (static_cast<unsigned char>(c) & 0x80U) == 0;
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

std::string filtered_value(std::string_view text) {
  std::string value;
  append_underscored(text, name_kind::of_series, value);
  return value;
}

bool is_filtered_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return may_stand_in_name(c, name_kind::of_series); });
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
