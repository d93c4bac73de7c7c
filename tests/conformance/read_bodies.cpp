// SPDX-License-Identifier: Apache-2.0
//
// Reads bodies of line protocol from its input and prints what weir's parser makes of each, so that
// a test in another language can compare it. Not `weir lint`: a case here is a whole body, of any
// bytes, and bytes that are not UTF-8 come out as they are.
//
// Input, a line a body:    UNIT_NS reject|pass HEX      (HEX may be empty)
// Output, a line a body:   a JSON list of its lines, each
//   ["point", TEXT, MEASUREMENT, [[KEY, VALUE]...], [[KEY, TYPE, VALUE]...], TIME or null]
//   ["error", TEXT, CODE, REASON, COLUMN]
// Strings hold one byte a character (U+0000 to U+00FF). Numbers are strings; a float is its 64 bits
// in hexadecimal. Every kernel that this machine can run reads every body; if one reads it
// otherwise than the first, that is said and the exit status is 3.
#include <bit>
#include <cinttypes>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include "weir/line_protocol.hpp"

namespace {

using unescaper = void (*)(std::string_view, std::string&);

void append_string(std::string& out, std::string_view bytes) {
  out += '"';
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    if (code >= 0x20 && code < 0x7f && byte != '"' && byte != '\\') {
      out += byte;
      continue;
    }
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(code));
    out += text;
  }
  out += '"';
}

void append_unescaped(std::string& out, std::string_view raw, unescaper unescape) {
  std::string plain;
  unescape(raw, plain);
  append_string(out, plain);
}

std::string value_of(const weir::field_view& field) {
  switch (field.type) {
    case weir::field_type::float64: {
      char text[24];
      std::snprintf(text, sizeof text, "%016" PRIx64,
                    std::bit_cast<std::uint64_t>(field.float_value));
      return text;
    }
    case weir::field_type::int64:
      return std::to_string(field.int_value);
    case weir::field_type::uint64:
      return std::to_string(field.uint_value);
    case weir::field_type::boolean:
      return field.bool_value ? "true" : "false";
    case weir::field_type::string: {
      std::string plain;
      weir::unescape_string(field.string_text(), plain);
      return plain;
    }
  }
  return {};
}

void append_point(std::string& out, const weir::point_view& point) {
  out += "[\"point\",";
  append_string(out, point.text);
  out += ',';
  append_unescaped(out, point.measurement, weir::unescape_measurement);
  out += ",[";
  for (const weir::tag_view& tag : point.tags) {
    out += &tag == point.tags.data() ? "[" : ",[";
    append_unescaped(out, tag.key, weir::unescape_tag);
    out += ',';
    append_unescaped(out, tag.value, weir::unescape_tag);
    out += ']';
  }
  out += "],[";
  for (const weir::field_view& field : point.fields) {
    out += &field == point.fields.data() ? "[" : ",[";
    append_unescaped(out, field.key, weir::unescape_field_key);
    out.append(",\"").append(weir::name_of(field.type)).append("\",");
    append_string(out, value_of(field));
    out += ']';
  }
  out += "],";
  out += point.time ? '"' + std::to_string(*point.time) + '"' : "null";
  out += ']';
}

void append_error(std::string& out, const weir::parse_error& error) {
  out += "[\"error\",";
  append_string(out, error.text);
  out.append(",\"").append(weir::name_of(error.code)).append("\",");
  append_string(out, weir::reason(error));
  out += ',';
  out += std::to_string(error.column);
  out += ']';
}

std::string read_body(std::string_view body, const weir::parse_options& options) {
  weir::line_reader reader{options};
  reader.feed(body);
  std::string out = "[";
  for (bool finished = false;;) {
    const weir::line_event event = reader.next();
    if (event == weir::line_event::more) {
      if (finished) {
        return out + ']';
      }
      reader.finish();
      finished = true;
      continue;
    }
    out += out.size() > 1 ? "," : "";
    if (event == weir::line_event::point) {
      append_point(out, reader.point());
    } else {
      append_error(out, reader.error());
    }
  }
}

bool from_hex(std::string_view hex, std::string& out) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int value =
        digit(hex[i]) < 0 || digit(hex[i + 1]) < 0 ? -1 : digit(hex[i]) * 16 + digit(hex[i + 1]);
    if (value < 0) {
      return false;
    }
    out += static_cast<char>(value);
  }
  return hex.size() % 2 == 0;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words{line};
    weir::parse_options options;
    std::string utf8;
    std::string hex;
    std::string body;
    words >> options.unit_ns >> utf8;
    const bool known = !words.fail() && (utf8 == "reject" || utf8 == "pass");
    words >> hex;
    if (!known || !from_hex(hex, body)) {
      std::cerr << "not `UNIT_NS reject|pass HEX`: " << line << '\n';
      return 2;
    }
    options.utf8 = utf8 == "pass" ? weir::utf8_policy::pass : weir::utf8_policy::reject;
    const std::string found = read_body(body, options);
    for (const std::string_view kernel : weir::kernel_names()) {
      options.kernel = kernel;
      if (const std::string other = read_body(body, options); other != found) {
        std::cerr << "kernel " << kernel << " differs: " << line << '\n'
                  << found << '\n'
                  << other << '\n';
        return 3;
      }
    }
    std::cout << found << '\n';
  }
  return 0;
}
