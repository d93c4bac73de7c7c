// SPDX-License-Identifier: Apache-2.0
//
// JSON as Go's encoding/json, CSV as its encoding/csv, MessagePack as tinylib/msgp write them, with
// what InfluxDB leaves out in each. Pure; any thread.
#include "api/query/result_format.hpp"

#include <fmt/format.h>

#include "base/text/csv_text.hpp"
#include "base/text/json_text.hpp"
#include "http/message.hpp"

namespace weir::api {
namespace {

// ---- JSON

// A listing may be megabytes: everything is appended, nothing is put together twice.
void append_json(std::string_view text, std::string& out) {
  append_json_string(text, out);
}

void append_json(const result_value& value, std::string& out) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    append_json(std::string_view{*text}, out);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*number);
  } else {
    out += std::get<bool>(value) ? "true" : "false";
  }
}

// `[a,b]` of anything that `one` appends.
template <class List, class Append>
void append_json_list(const List& list, std::string& out, Append one) {
  out += '[';
  bool first = true;
  for (const auto& each : list) {
    if (!first) {
      out += ',';
    }
    first = false;
    one(each);
  }
  out += ']';
}

void append_json(const result_series& series, std::string& out) {
  out += '{';
  if (!series.name.empty()) {
    out += "\"name\":";
    append_json(std::string_view{series.name}, out);
    out += ',';
  }
  out += "\"columns\":";
  append_json_list(series.columns, out,
                   [&out](const std::string& each) { append_json(std::string_view{each}, out); });
  if (!series.rows.empty()) {
    out += ",\"values\":";
    append_json_list(series.rows, out, [&out](const auto& row) {
      append_json_list(row, out, [&out](const result_value& value) { append_json(value, out); });
    });
  }
  out += '}';
}

void append_json(const statement_result& result, std::size_t statement, std::string& out) {
  out += fmt::format("{{\"statement_id\":{}", statement);
  if (!result.series.empty()) {
    out += ",\"series\":";
    append_json_list(result.series, out,
                     [&out](const result_series& each) { append_json(each, out); });
  }
  if (!result.warnings.empty()) {
    out += ",\"messages\":";
    append_json_list(result.warnings, out, [&out](const std::string& each) {
      out += "{\"level\":\"warning\",\"text\":";
      append_json(std::string_view{each}, out);
      out += '}';
    });
  }
  if (!result.error.empty()) {
    out += ",\"error\":";
    append_json(std::string_view{result.error}, out);
  }
  out += '}';
}

// As Go's json.MarshalIndent with four spaces, from compact JSON.
std::string indented(std::string_view compact) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto line = [&] { out.append("\n").append(depth * 4, ' '); };
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (in_string || c == '"') {
      out.push_back(c);
      if (in_string && c == '\\') {
        out.push_back(compact[++i]);
      } else if (c == '"') {
        in_string = !in_string;
      }
      continue;
    }
    const bool opens = c == '{' || c == '[';
    const bool closes = c == '}' || c == ']';
    if (closes && compact[i - 1] != '{' && compact[i - 1] != '[') {
      --depth;
      line();
    } else if (closes) {
      --depth;
      out.resize(out.find_last_of("{[") + 1);  // empty: no line between the brackets
    }
    out.push_back(c);
    depth += opens ? 1 : 0;
    if (opens || c == ',') {
      line();
    } else if (c == ':') {
      out.push_back(' ');
    }
  }
  return out;
}

constexpr std::string_view document_begin = "{\"results\":[";

// What stands in `out` since `begin` is a document but for its end.
void end_document(std::size_t begin, bool pretty, std::string& out) {
  out += "]}";
  if (pretty) {
    out.replace(begin, std::string::npos, indented(std::string_view{out}.substr(begin)));
  }
  out += '\n';
}

std::string json_results(const std::vector<statement_result>& results, const spelling& how) {
  std::string out(document_begin);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i > 0 && how.chunked) {
      end_document(begin, how.pretty, out);
      begin = out.size();
      out += document_begin;
    } else if (i > 0) {
      out += ',';
    }
    append_json(results[i], i, out);
  }
  end_document(begin, how.pretty, out);
  return out;
}

// ---- CSV

// Whether a field begins with what Unicode counts as white space.
bool begins_blank(std::string_view text) noexcept {
  if (text.find_first_of(" \t\n\v\f\r") == 0) {
    return true;
  }
  for (const std::string_view space :
       {"\u0085", "\u00a0", "\u1680", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"}) {
    if (text.starts_with(space)) {
      return true;
    }
  }
  // U+2000 to U+200A
  return text.starts_with("\xe2\x80") && text.size() > 2 &&
         static_cast<unsigned char>(text[2]) >= 0x80 && static_cast<unsigned char>(text[2]) <= 0x8a;
}

void append_csv(std::string_view field, std::string& out) {
  const bool quoted = field == "\\." || field.find_first_of(",\"\r\n") != std::string_view::npos ||
                      begins_blank(field);
  if (!quoted) {
    out.append(field);
    return;
  }
  append_csv_quoted(field, out);
}

// One record: `name` and `tags`, which no result here has, stand before the columns.
template <class Fields, class Text>
void append_record(std::string_view name, std::string_view tags, const Fields& fields, Text text,
                   std::string& out) {
  append_csv(name, out);
  out.push_back(',');
  append_csv(tags, out);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    out.push_back(',');
    append_csv(text(i), out);
  }
  out.push_back('\n');
}

// Warnings and errors of statements have no place in CSV, nor has a statement without series.
std::string csv_results(const std::vector<statement_result>& results) {
  std::string out;
  for (const statement_result& result : results) {
    if (result.series.empty()) {
      continue;
    }
    if (!out.empty()) {
      out.push_back('\n');
    }
    for (const result_series& series : result.series) {
      append_record(
          "name", "tags", series.columns,
          [&](std::size_t i) { return std::string_view(series.columns[i]); }, out);
      for (const auto& row : series.rows) {
        append_record(
            series.name, "", row,
            [&](std::size_t i) -> std::string_view {
              if (const auto* text = std::get_if<std::string>(&row[i])) {
                return *text;
              }
              if (const auto* flag = std::get_if<bool>(&row[i])) {
                return *flag ? "true" : "false";
              }
              // InfluxDB's writer does not know Go's int, of which replicaN is one, and leaves what
              // stands there: the column's own name.
              return series.columns[i];
            },
            out);
      }
    }
  }
  return out;
}

// ---- MessagePack

void append_bytes(std::uint64_t value, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xFFU));
  }
}

void append_tagged(unsigned tag, std::uint64_t value, int bytes, std::string& out) {
  out.push_back(static_cast<char>(tag));
  append_bytes(value, bytes, out);
}

void pack_map(std::size_t pairs, std::string& out) {
  out.push_back(static_cast<char>(0x80U | pairs));  // never more than a handful
}

void pack_array(std::size_t count, std::string& out) {
  if (count < 16) {
    out.push_back(static_cast<char>(0x90U | count));
  } else if (count <= 0xFFFF) {
    append_tagged(0xdc, count, 2, out);
  } else {
    append_tagged(0xdd, count, 4, out);
  }
}

void pack_text(std::string_view text, std::string& out) {
  if (text.size() < 32) {
    out.push_back(static_cast<char>(0xa0U | text.size()));
  } else if (text.size() <= 0xFF) {
    append_tagged(0xd9, text.size(), 1, out);
  } else if (text.size() <= 0xFFFF) {
    append_tagged(0xda, text.size(), 2, out);
  } else {
    append_tagged(0xdb, text.size(), 4, out);
  }
  out.append(text);
}

// As short as it goes: a signed form for positive numbers, too.
void pack_number(std::int64_t number, std::string& out) {
  const auto bits = static_cast<std::uint64_t>(number);
  if (number >= -32 && number <= 127) {
    out.push_back(static_cast<char>(bits & 0xFFU));
  } else if (number >= -0x80 && number <= 0x7F) {
    append_tagged(0xd0, bits, 1, out);
  } else if (number >= -0x8000 && number <= 0x7FFF) {
    append_tagged(0xd1, bits, 2, out);
  } else if (number >= -0x80000000LL && number <= 0x7FFFFFFFLL) {
    append_tagged(0xd2, bits, 4, out);
  } else {
    append_tagged(0xd3, bits, 8, out);
  }
}

void pack_value(const result_value& value, std::string& out) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    pack_text(*text, out);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    pack_number(*number, out);
  } else {
    out.push_back(static_cast<char>(std::get<bool>(value) ? 0xc3 : 0xc2));
  }
}

void pack(const result_series& series, std::string& out) {
  pack_map(series.name.empty() ? 2 : 3, out);
  if (!series.name.empty()) {
    pack_text("name", out);
    pack_text(series.name, out);
  }
  pack_text("columns", out);
  pack_array(series.columns.size(), out);
  for (const std::string& column : series.columns) {
    pack_text(column, out);
  }
  pack_text("values", out);
  pack_array(series.rows.size(), out);
  for (const auto& row : series.rows) {
    pack_array(row.size(), out);
    for (const result_value& value : row) {
      pack_value(value, out);
    }
  }
}

void pack(const statement_result& result, std::size_t statement, std::string& out) {
  if (!result.error.empty()) {
    pack_map(1, out);  // without its number
    pack_text("error", out);
    pack_text(result.error, out);
    return;
  }
  pack_map(result.warnings.empty() ? 2 : 3, out);
  pack_text("statement_id", out);
  pack_number(static_cast<std::int64_t>(statement), out);
  if (!result.warnings.empty()) {
    pack_text("messages", out);
    pack_array(result.warnings.size(), out);
    for (const std::string& warning : result.warnings) {
      pack_map(2, out);
      pack_text("level", out);
      pack_text("warning", out);
      pack_text("text", out);
      pack_text(warning, out);
    }
  }
  pack_text("series", out);
  pack_array(result.series.size(), out);
  for (const result_series& series : result.series) {
    pack(series, out);
  }
}

std::string packed_results(const std::vector<statement_result>& results, bool chunked) {
  std::string out;
  const auto begin = [&out](std::size_t count) {
    pack_map(1, out);
    pack_text("results", out);
    pack_array(count, out);
  };
  if (!chunked || results.empty()) {
    begin(results.size());
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (chunked) {
      begin(1);
    }
    pack(results[i], i, out);
  }
  return out;
}

}  // namespace

result_format format_of(std::string_view accept) noexcept {
  if (accept == "application/csv" || accept == "text/csv") {
    return result_format::csv;
  }
  return accept == "application/x-msgpack" ? result_format::msgpack : result_format::json;
}

std::string_view content_type_of(result_format format) noexcept {
  switch (format) {
    case result_format::json:
      break;
    case result_format::csv:
      return "text/csv";
    case result_format::msgpack:
      return "application/x-msgpack";
  }
  return "application/json";
}

std::string spell_results(const std::vector<statement_result>& results, const spelling& how) {
  switch (how.format) {
    case result_format::json:
      break;
    case result_format::csv:
      return csv_results(results);
    case result_format::msgpack:
      return packed_results(results, how.chunked);
  }
  return json_results(results, how);
}

std::string spell_error(std::string_view message, result_format format) {
  std::string out;
  switch (format) {
    case result_format::json:
      out = "{\"error\":";
      append_json_string(message, out);
      out.append("}\n");
      break;
    case result_format::csv:
      out = "error\n";
      append_csv(message, out);
      out.push_back('\n');
      break;
    case result_format::msgpack:
      pack_map(1, out);
      pack_text("error", out);
      pack_text(message, out);
      break;
  }
  return out;
}

}  // namespace weir::api
