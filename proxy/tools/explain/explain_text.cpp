// SPDX-License-Identifier: Apache-2.0
//
// Lines explained as series.
#include "tools/explain/explain_text.hpp"

#include <fmt/format.h>

#include <utility>

namespace weir {
namespace {

constexpr std::int64_t ns_in_ms = 1'000'000;

std::string canonical_line(const point_view& point) {
  std::string line;
  append_canonical(point, line);
  if (point.time) {
    line += " " + std::to_string(*point.time);
  }
  return line;
}

/// What a person should know of the name, or nothing.
std::string_view remark(name_form form) {
  switch (form) {
    case name_form::plain:
      break;
    case name_form::escaped:
      return "  (escaped: letters that a Prometheus before 3 does not know)";
    case name_form::suffixed:
      return "  (with a suffix: another name of the database is written so without it)";
    case name_form::unremembered:
      return "  (with a suffix: limits.names is used up)";
  }
  return {};
}

}  // namespace

explainer::explainer(const std::vector<sink_settings>& sinks,
                     const std::shared_ptr<name_book>& names, explain_options options)
    : options_(std::move(options)),
      series_(sinks, names, options_.database, options_.retention_policy) {}

std::string explainer::explain(std::string_view text) {
  parse_options options;
  options.unit_ns = options_.unit_ns;
  options.utf8 = utf8_policy::pass;
  line_reader reader(options);
  reader.feed(text);
  reader.finish();
  std::string out;
  for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
    if (event == line_event::error) {
      ++mistakes_;
      out += fmt::format("{}\n  is no point: {}; `weir lint` has more\n", reader.error().text,
                         reason(reader.error()));
      continue;
    }
    out.append(reader.point().text).append("\n");
    explain_canonical(canonical_line(reader.point()), out);
  }
  return out;
}

/// As sinks get it: its tags are sorted, and names that are new are given in that order.
void explainer::explain_canonical(const std::string& line, std::string& out) {
  parse_options options;
  options.utf8 = utf8_policy::pass;
  line_reader reader(options);
  reader.feed(line);
  reader.finish();
  if (reader.next() == line_event::point) {
    explain_point(reader.point(), out);
  }
}

void explainer::explain_point(const point_view& point, std::string& out) {
  std::string time;
  if (point.time) {
    time = fmt::format(" @{}ms", *point.time / ns_in_ms - (*point.time % ns_in_ms < 0 ? 1 : 0));
  }
  for (const sink_series& each : series_.series(point)) {
    out += fmt::format("  sink {}:{}\n", each.sink, each.takes ? "" : " does not take it");
    for (const field_series& field : each.fields) {
      if (!field.value) {
        out += fmt::format("    field {}: a string makes no sample\n", field.field);
        continue;
      }
      out += fmt::format("    {} {}{}{}{}\n", field.series, *field.value, time,
                         field.exact ? "" : "  (rounded: a sample holds integers up to 2^53)",
                         remark(field.form));
    }
  }
}

}  // namespace weir
