// SPDX-License-Identifier: Apache-2.0
#include "tools/lint/lint_json.hpp"

#include <charconv>

#include "base/assert.hpp"
#include "base/text/json_text.hpp"

namespace weir {
namespace {

template <class Integer>
void append_integer(Integer value, std::string& out) {
  char text[24];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  WEIR_ASSERT(error == std::errc{});
  out.append(text, end);
}

template <class Integer>
void append_quoted(Integer value, std::string& out) {
  out += '"';
  append_integer(value, out);
  out += '"';
}

// The shortest digits that read as the same float. What would read as an integer gets a fraction,
// which also keeps the sign of -0.0.
void append_float(double value, std::string& out) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  WEIR_ASSERT(error == std::errc{});
  const std::string_view digits{text, static_cast<std::size_t>(end - text)};
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) {
    out += ".0";
  }
}

using unescape = void (*)(std::string_view, std::string&);

void append_name(std::string_view raw, unescape undo, std::string& out) {
  if (raw.find('\\') == std::string_view::npos) {
    append_json_string(raw, out);
    return;
  }
  std::string name;
  undo(raw, name);
  append_json_string(name, out);
}

void append_value(const field_view& field, std::string& out) {
  switch (field.type) {
    case field_type::float64:
      append_float(field.float_value, out);
      return;
    case field_type::int64:
      append_quoted(field.int_value, out);
      return;
    case field_type::uint64:
      append_quoted(field.uint_value, out);
      return;
    case field_type::boolean:
      out += field.bool_value ? "true" : "false";
      return;
    case field_type::string:
      append_name(field.string_text(), unescape_string, out);
      return;
  }
}

void append_tags(const point_view& point, std::string& out) {
  out += ",\"tags\":[";
  bool first = true;
  for (const tag_view& tag : point.tags) {
    out += first ? "[" : ",[";
    first = false;
    append_name(tag.key, unescape_tag, out);
    out += ',';
    append_name(tag.value, unescape_tag, out);
    out += ']';
  }
  out += ']';
}

void append_fields(const point_view& point, std::string& out) {
  out += ",\"fields\":[";
  bool first = true;
  for (const field_view& field : point.fields) {
    out += first ? "[" : ",[";
    first = false;
    append_name(field.key, unescape_field_key, out);
    out.append(",\"").append(name_of(field.type)).append("\",");
    append_value(field, out);
    out += ']';
  }
  out += ']';
}

void append_member(std::string_view name, std::string_view text, std::string& out) {
  out.append(",\"").append(name).append("\":");
  append_json_string(text, out);
}

void append_repaired(const std::vector<repaired_line>& repaired, std::string& out) {
  out += ",\"repaired\":[";
  bool first = true;
  for (const repaired_line& each : repaired) {
    out += first ? "{\"if\":" : ",{\"if\":";
    first = false;
    append_json_string(each.condition, out);
    append_member("text", each.text, out);
    out += '}';
  }
  out += ']';
}

void append_warnings(std::span<const diagnosis> warnings, std::string& out) {
  out += ",\"warnings\":[";
  bool first = true;
  for (const diagnosis& warning : warnings) {
    out += first ? "{\"kind\":" : ",{\"kind\":";
    first = false;
    append_json_string(warning.kind, out);
    out += ",\"column\":";
    append_integer(warning.column, out);
    append_member("explanation", warning.explanation, out);
    append_member("remedy", warning.remedy, out);
    out += '}';
  }
  out += ']';
}

}  // namespace

void append_point_json(const point_view& point, std::span<const diagnosis> warnings,
                       std::string& out) {
  out += "{\"line\":";
  append_integer(point.line, out);
  out += ",\"ok\":true,\"measurement\":";
  append_name(point.measurement, unescape_measurement, out);
  append_tags(point, out);
  append_fields(point, out);
  out += ",\"time\":";
  if (point.time) {
    append_quoted(*point.time, out);
  } else {
    out += "null";
  }
  if (!warnings.empty()) {
    append_warnings(warnings, out);
  }
  out += "}\n";
}

void append_error_json(const parse_error& error, const diagnosis& told,
                       const std::vector<repaired_line>& repaired, std::string& out) {
  out += "{\"line\":";
  append_integer(error.line, out);
  out += ",\"ok\":false";
  append_member("code", name_of(error.code), out);
  out += ",\"column\":";
  append_integer(error.column, out);
  append_member("message", told.message, out);
  append_member("explanation", told.explanation, out);
  append_member("remedy", told.remedy, out);
  append_member("kind", told.kind, out);
  if (!repaired.empty()) {
    append_repaired(repaired, out);
  }
  out += "}\n";
}

}  // namespace weir
