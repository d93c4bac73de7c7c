// SPDX-License-Identifier: Apache-2.0
//
// Explained lines as JSON. What is in them is line_explainer.cpp's matter.
#include <fmt/format.h>

#include "base/text/json_members.hpp"
#include "base/text/rfc3339.hpp"
#include "facts/explain/line_explainer.hpp"

namespace weir {
namespace {

void append_parts(const line_parts& parts, json_members& json) {
  json.name("point").open('{').text("measurement", parts.measurement).name("tags").open('[');
  for (const auto& [key, value] : parts.tags) {
    json.open('[').text(key).text(value).close(']');
  }
  json.close(']').name("fields").open('[');
  for (const line_parts::field& each : parts.fields) {
    json.open('[').text(each.key).text(each.type).text(each.text).close(']');
  }
  json.close(']').name("time_ns");
  if (parts.time_ns) {
    json.text(std::to_string(*parts.time_ns)).text("time", rfc3339(*parts.time_ns));
  } else {
    json.null().name("time").null();
  }
  json.close('}');
}

void append_becomes(const explained_line& line, json_members& json) {
  json.name("becomes").open('[');
  for (const sink_series& sink : line.becomes) {
    for (const field_series& each : sink.fields) {
      json.open('{').text("sink", sink.sink).text("field", each.field);
      if (each.value) {
        json.text("series", each.series).text("value", fmt::format("{}", *each.value));
        json.flag("exact", each.exact).text("name", name_of(each.form));
      } else {
        json.name("series").null().name("value").null();
      }
      json.close('}');
    }
  }
  json.close(']').name("not_taken_by").open('[');
  for (const std::string& each : line.not_taken_by) {
    json.text(each);
  }
  json.close(']');
}

}  // namespace

void append_line(const explained_line& line, std::string& out) {
  json_members json(out);
  json.open('{').number("line", line.line).text("text", line.text);
  json.text("verdict", name_of(line.fate)).text("code", line.code).text("title", line.title);
  json.text("message", line.message).text("explanation", line.explanation);
  json.text("remedy", line.remedy).number("column", line.column).number("length", line.length);
  json.text("shown", line.shown).number("mark_column", line.mark_column);
  json.number("mark_columns", line.mark_columns).name("repaired").open('[');
  for (const repaired_line& each : line.repaired) {
    json.text(each.text);
  }
  json.close(']').name("repaired_if").open('[');
  for (const repaired_line& each : line.repaired) {
    json.text(each.condition);
  }
  json.close(']').name("notes").open('[');
  for (const line_note& each : line.notes) {
    json.open('{').text("code", each.code).text("title", each.title);
    json.text("explanation", each.explanation).text("remedy", each.remedy).close('}');
  }
  json.close(']');
  if (line.point) {
    append_parts(*line.point, json);
  } else {
    json.name("point").null();
  }
  if (line.canonical) {
    json.text("canonical", *line.canonical);
  } else {
    json.name("canonical").null();
  }
  append_becomes(line, json);
  json.close('}');
}

void begin_report(std::string& out) {
  json_members(out).open('{').name("lines").open('[');
}

void end_report(const explanation_report& report, std::string& out) {
  json_members json(out);
  json.close(']').number("accepted", report.accepted).number("rejected", report.rejected);
  json.number("dropped", report.dropped).flag("truncated", report.truncated).close('}');
}

void append_report(const explanation_report& report, std::string& out) {
  begin_report(out);
  for (const explained_line& each : report.lines) {
    append_line(each, out);
  }
  end_report(report, out);
}

}  // namespace weir
