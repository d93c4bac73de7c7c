// SPDX-License-Identifier: Apache-2.0
//
// The text of a password's hash, as the configuration has it. What it means is users/'s. Pure.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text/ascii.hpp"

namespace weir {

namespace hash_form {

struct bounds {
  std::string_view name;
  std::uint32_t least;
  std::uint32_t most;
};
// One that takes too long or too much memory would be a way to stop weir.
constexpr bounds parameters[] = {{"m=", 32, 1U << 18}, {",t=", 1, 16}, {",p=", 1, 4}};

/// Takes a base64 text of so many bytes and more from the front, behind a dollar sign.
inline bool take_base64(std::string_view& text, std::size_t least) {
  if (!text.starts_with('$')) {
    return false;
  }
  text.remove_prefix(1);
  const auto end = std::find_if(text.begin(), text.end(), [](char c) {
    return !is_letter_or_digit(c) && c != '+' && c != '/';
  });
  const auto length = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(length);
  return length >= least;
}

}  // namespace hash_form

/// What is wrong with it; empty: nothing, also where there is none.
[[nodiscard]] inline std::string check_password_hash(std::string_view hash) {
  constexpr std::string_view begin = "$argon2id$v=19$";
  constexpr const char* wrong = "it is no hash of argon2id; make one with `weir user hash`";
  // Bytes of base64 text: 8 of a salt, 16 of a hash.
  constexpr std::size_t salt_least = 11;
  constexpr std::size_t hash_least = 22;
  constexpr std::size_t bytes_most = 512;
  if (hash.empty()) {
    return "";
  }
  if (!hash.starts_with(begin) || hash.size() > bytes_most) {
    return wrong;
  }
  hash.remove_prefix(begin.size());
  for (const hash_form::bounds& each : hash_form::parameters) {
    std::uint32_t value = 0;
    if (!hash.starts_with(each.name)) {
      return wrong;
    }
    hash.remove_prefix(each.name.size());
    const auto read = std::from_chars(hash.data(), hash.data() + hash.size(), value);
    if (read.ec != std::errc{}) {
      return wrong;
    }
    if (value < each.least || value > each.most) {
      return "its parameters are out of range; weir takes m=32 to 262144, t=1 to 16 and p=1 to 4";
    }
    hash.remove_prefix(static_cast<std::size_t>(read.ptr - hash.data()));
  }
  const bool whole = hash_form::take_base64(hash, salt_least) &&
                     hash_form::take_base64(hash, hash_least) && hash.empty();
  return whole ? "" : wrong;
}

}  // namespace weir
