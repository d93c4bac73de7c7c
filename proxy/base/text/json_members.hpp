// SPDX-License-Identifier: Apache-2.0
//
// JSON written a member at a time: objects, arrays and values, with their commas. Whoever writes
// closes what was opened; nothing is checked. Pure.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

class json_members {
 public:
  /// Appends to `out`, which must outlive it.
  explicit json_members(std::string& out) noexcept : out_(out) {}

  json_members& open(char bracket) {
    comma();
    out_ += bracket;
    return *this;
  }
  json_members& close(char bracket) {
    out_ += bracket;
    return *this;
  }
  /// `{"name":` of the first member, `,"name":` of a further one; its value follows.
  json_members& name(std::string_view name);

  json_members& text(std::string_view value);
  json_members& flag(bool value);
  json_members& null();
  template <std::unsigned_integral T>
  json_members& number(T value) {
    return count(value);
  }
  /// null where it is not known.
  template <std::unsigned_integral T>
  json_members& number(std::optional<T> value) {
    return value ? count(*value) : null();
  }
  /// Seconds with three digits of a fraction, of a time or a duration in nanoseconds.
  json_members& seconds(std::int64_t ns);

  /// Named members.
  json_members& text(std::string_view of, std::string_view value) { return name(of).text(value); }
  json_members& flag(std::string_view of, bool value) { return name(of).flag(value); }
  json_members& seconds(std::string_view of, std::int64_t ns) { return name(of).seconds(ns); }
  template <class T>
  json_members& number(std::string_view of, T value) {
    return name(of).number(value);
  }

 private:
  json_members& count(std::uint64_t value);
  /// Between this value and the one before, unless it is the first or has a name.
  void comma();

  std::string& out_;
};

}  // namespace weir
