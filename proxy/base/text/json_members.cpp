// SPDX-License-Identifier: Apache-2.0
#include "base/text/json_members.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/text/json_text.hpp"

namespace weir {
namespace {

constexpr std::int64_t ns_in_ms = 1'000'000;
constexpr std::int64_t ms_in_second = 1'000;

}  // namespace

/// No value ends in one of these: strings end in a quote. What stands before an object may be a
/// line feed or a space.
void json_members::comma() {
  if (!out_.empty() && std::string_view("{[:, \n").find(out_.back()) == std::string_view::npos) {
    out_ += ',';
  }
}

json_members& json_members::name(std::string_view name) {
  comma();
  append_json_string(name, out_);
  out_ += ':';
  return *this;
}

json_members& json_members::text(std::string_view value) {
  comma();
  append_json_string(value, out_);
  return *this;
}

json_members& json_members::flag(bool value) {
  comma();
  out_.append(value ? "true" : "false");
  return *this;
}

json_members& json_members::null() {
  comma();
  out_.append("null");
  return *this;
}

json_members& json_members::count(std::uint64_t value) {
  comma();
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}

json_members& json_members::seconds(std::int64_t ns) {
  comma();
  const std::int64_t ms = ns / ns_in_ms;
  const std::int64_t part = ms % ms_in_second;
  fmt::format_to(std::back_inserter(out_), "{}{}.{:03}", ms < 0 ? "-" : "",
                 (ms < 0 ? -1 : 1) * (ms / ms_in_second), part < 0 ? -part : part);
  return *this;
}

}  // namespace weir
