// SPDX-License-Identifier: Apache-2.0
//
// Reads expositions from its input and prints what weir makes of each, so that a test in another
// language can compare it with what the official client makes of the same.
//
// Input, a line a body:    text|openmetrics|protobuf HEX      (HEX may be empty)
// Output, a line a body:   {"error":"..."} or {"samples":[[FAMILY, TYPE, NAME, [[LABEL, VALUE]...],
//   NUMBER, TIME or null]...]}. A number is its 64 bits in hexadecimal (every NaN the same), a time
//   is milliseconds.
#include <bit>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "base/text/ascii.hpp"
#include "base/text/json_text.hpp"
#include "exposition/open_metrics.hpp"
#include "exposition/protobuf.hpp"
#include "exposition/text_reader.hpp"

namespace {

using namespace weir::exposition;

std::string bits_of(double value) {
  if (std::isnan(value)) {
    value = std::numeric_limits<double>::quiet_NaN();
  }
  char text[24];
  std::snprintf(text, sizeof text, "%016" PRIx64, std::bit_cast<std::uint64_t>(value));
  return text;
}

std::optional<mistake> read(std::string_view format, std::string_view body, document& into) {
  if (format == "openmetrics") {
    return read_open_metrics(body, into);
  }
  return format == "protobuf" ? read_protobuf(body, into) : read_text(body, into);
}

void append_sample_json(const document& all, const sample& one, std::string& out) {
  const family& of = all.families()[one.family];
  out += out.back() == '[' ? "[" : ",[";
  weir::append_json_string(of.name, out);
  out.append(",\"").append(name_of(of.type)).append("\",");
  weir::append_json_string(one.name, out);
  out += ",[";
  for (const label& each : all.labels_of(one)) {
    out += out.back() == '[' ? "[" : ",[";
    weir::append_json_string(each.name, out);
    out += ',';
    weir::append_json_string(each.value, out);
    out += ']';
  }
  out += "],\"" + bits_of(one.value) + "\",";
  out += (one.time_ms ? std::to_string(*one.time_ms) : "null") + "]";
}

std::string answer(std::string_view format, std::string_view body) {
  document all;
  std::string out;
  if (const auto wrong = read(format, body, all)) {
    out = "{\"error\":";
    weir::append_json_string(wrong->text(), out);
    return out + "}";
  }
  out = "{\"samples\":[";
  for (const sample& each : all.samples()) {
    append_sample_json(all, each, out);
  }
  return out + "]}";
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string format;
    std::string hex;
    words >> format >> hex;
    std::string body;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      body += static_cast<char>(weir::hex_value(hex[i]) * 16 + weir::hex_value(hex[i + 1]));
    }
    std::cout << answer(format, body) << '\n';
  }
  return 0;
}
