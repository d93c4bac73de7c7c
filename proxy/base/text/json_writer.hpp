// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON, a value at a time: commas, quotes and numbers are its work, order and nesting its
// caller's. It reads none. Pure.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

class json_writer {
 public:
  /// Appends to `out`, which outlives it. Another writer may go on where it stopped: whether a
  /// comma is due shows in what was written last.
  explicit json_writer(std::string& out) noexcept : out_(out) {}

  json_writer& begin_object() { return begin('{'); }
  json_writer& end_object() { return end('}'); }
  json_writer& begin_array() { return begin('['); }
  json_writer& end_array() { return end(']'); }
  /// The name of the member that follows.
  json_writer& key(std::string_view name);

  json_writer& text(std::string_view value);
  json_writer& boolean(bool value);
  json_writer& null();
  template <std::unsigned_integral T>
  json_writer& number(T value) {
    return count(value);
  }
  /// With three decimals at most; what is not finite is null.
  json_writer& number(double value);
  /// A time or a duration in nanoseconds, as seconds with three decimals.
  json_writer& seconds(std::int64_t ns);

  // Members: a name and its value.
  json_writer& member(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }
  json_writer& member(std::string_view name, const std::string& value) {
    return key(name).text(value);
  }
  json_writer& member(std::string_view name, const char* value) { return key(name).text(value); }
  json_writer& member(std::string_view name, bool value) { return key(name).boolean(value); }
  json_writer& member(std::string_view name, double value) { return key(name).number(value); }
  template <std::unsigned_integral T>
  json_writer& member(std::string_view name, T value) {
    return key(name).number(value);
  }
  /// What is not known is null.
  template <class T>
  json_writer& member(std::string_view name, const std::optional<T>& value) {
    return value ? member(name, *value) : key(name).null();
  }
  json_writer& seconds(std::string_view name, std::int64_t ns) { return key(name).seconds(ns); }
  /// An array of strings.
  template <class Texts>
  json_writer& texts(std::string_view name, const Texts& values) {
    key(name).begin_array();
    for (const auto& each : values) {
      text(each);
    }
    return end_array();
  }

 private:
  json_writer& begin(char bracket);
  json_writer& end(char bracket);
  json_writer& count(std::uint64_t value);
  /// A comma between this name or value and the one before, if there is one.
  void separate();

  std::string& out_;
};

}  // namespace weir
