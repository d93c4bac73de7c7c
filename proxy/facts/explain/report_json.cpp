// SPDX-License-Identifier: Apache-2.0
//
// Explained lines as JSON. What is in them is line_explainer.cpp's matter.
#include <fmt/format.h>

#include "base/text/json_writer.hpp"
#include "base/text/rfc3339.hpp"
#include "facts/explain/line_explainer.hpp"

namespace weir {
namespace {

void append_parts(const line_parts& parts, json_writer& json) {
  json.key("point")
      .begin_object()
      .member("measurement", parts.measurement)
      .key("tags")
      .begin_array();
  for (const auto& [key, value] : parts.tags) {
    json.begin_array().text(key).text(value).end_array();
  }
  json.end_array().key("fields").begin_array();
  for (const line_parts::field& each : parts.fields) {
    json.begin_array().text(each.key).text(each.type).text(each.text).end_array();
  }
  json.end_array().key("time_ns");
  if (parts.time_ns) {
    json.text(std::to_string(*parts.time_ns)).member("time", rfc3339(*parts.time_ns));
  } else {
    json.null().key("time").null();
  }
  json.end_object();
}

void append_becomes(const explained_line& line, json_writer& json) {
  json.key("becomes").begin_array();
  for (const sink_series& sink : line.becomes) {
    for (const field_series& each : sink.fields) {
      json.begin_object().member("sink", sink.sink).member("field", each.field);
      if (each.value) {
        json.member("series", each.series).member("value", fmt::format("{}", *each.value));
        json.member("exact", each.exact).member("name", name_of(each.form));
      } else {
        json.key("series").null().key("value").null();
      }
      json.end_object();
    }
  }
  json.end_array().key("not_taken_by").begin_array();
  for (const std::string& each : line.not_taken_by) {
    json.text(each);
  }
  json.end_array();
}

}  // namespace

void append_line(const explained_line& line, std::string& out) {
  json_writer json(out);
  json.begin_object().member("line", line.line).member("text", line.text);
  json.member("verdict", name_of(line.fate)).member("code", line.code).member("title", line.title);
  json.member("message", line.message).member("explanation", line.explanation);
  json.member("remedy", line.remedy).member("column", line.column).member("length", line.length);
  json.member("shown", line.shown).member("mark_column", line.mark_column);
  json.member("mark_columns", line.mark_columns).key("repaired").begin_array();
  for (const repaired_line& each : line.repaired) {
    json.text(each.text);
  }
  json.end_array().key("repaired_if").begin_array();
  for (const repaired_line& each : line.repaired) {
    json.text(each.condition);
  }
  json.end_array().key("notes").begin_array();
  for (const line_note& each : line.notes) {
    json.begin_object().member("code", each.code).member("title", each.title);
    json.member("explanation", each.explanation).member("remedy", each.remedy).end_object();
  }
  json.end_array();
  if (line.point) {
    append_parts(*line.point, json);
  } else {
    json.key("point").null();
  }
  if (line.canonical) {
    json.member("canonical", *line.canonical);
  } else {
    json.key("canonical").null();
  }
  append_becomes(line, json);
  json.end_object();
}

void begin_report(std::string& out) {
  json_writer(out).begin_object().key("lines").begin_array();
}

void end_report(const explanation_report& report, std::string& out) {
  json_writer json(out);
  json.end_array().member("accepted", report.accepted).member("rejected", report.rejected);
  json.member("dropped", report.dropped).member("truncated", report.truncated).end_object();
}

void append_report(const explanation_report& report, std::string& out) {
  begin_report(out);
  for (const explained_line& each : report.lines) {
    append_line(each, out);
  }
  end_report(report, out);
}

}  // namespace weir
