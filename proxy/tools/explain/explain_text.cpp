// SPDX-License-Identifier: Apache-2.0
//
// Lines explained as series.
#include "tools/explain/explain_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/glob.hpp"

namespace weir {
namespace {

constexpr std::int64_t ns_in_ms = 1'000'000;

bool is_name(std::string_view text, name_kind kind) {
  return underscored_name(text, kind) == text;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

std::string canonical_line(const point_view& point) {
  std::string line;
  append_canonical(point, line);
  if (point.time) {
    line += " " + std::to_string(*point.time);
  }
  return line;
}

bool takes(const sink_settings& sink, const explain_options& options,
           std::string_view measurement) {
  return matches_patterns(sink.databases, options.database) &&
         matches_patterns(sink.retention_policies, options.retention_policy) &&
         matches_patterns(sink.measurements, measurement);
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

std::string series_text(std::string_view name, std::span<const label_view> labels) {
  const bool plain = is_name(name, name_kind::of_series);
  std::string inner = plain ? std::string{} : in_quotes(name);
  for (const label_view& each : labels) {
    inner += inner.empty() ? "" : ", ";
    inner +=
        is_name(each.name, name_kind::of_label) ? std::string(each.name) : in_quotes(each.name);
    inner += '=' + in_quotes(each.value);
  }
  return (plain ? std::string(name) : std::string{}) + '{' + inner + '}';
}

explainer::explainer(const std::vector<sink_settings>& sinks, std::shared_ptr<name_book> names,
                     explain_options options)
    : options_(std::move(options)), names_(std::move(names)) {
  for (const sink_settings& each : sinks) {
    if (const auto* own = each.as<remote_write_settings>()) {
      sinks_.push_back({each, std::make_unique<series_mapper>(own->mapping, names_)});
      sinks_.back().mapper->begin(options_.database, options_.retention_policy);
    }
  }
}

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
  std::string measurement;
  unescape_measurement(point.measurement, measurement);
  for (explained_sink& each : sinks_) {
    if (!takes(each.settings, options_, measurement)) {
      out += fmt::format("  sink {}: does not take it\n", each.settings.name);
      continue;
    }
    out += fmt::format("  sink {}:\n", each.settings.name);
    each.mapper->take(point);
    for (std::size_t i = 0; i < point.fields.size(); ++i) {
      explain_field(each, point, i, out);
    }
  }
}

void explainer::explain_field(explained_sink& sink, const point_view& point, std::size_t index,
                              std::string& out) {
  const field_view& field = point.fields[index];
  bool exact = true;
  const std::optional<double> value = sink.mapper->value_of(field, exact);
  if (!value) {
    out += fmt::format("    field {}: a string makes no sample\n", field.key);
    return;
  }
  const mapped_field& mapped = sink.mapper->field(index);
  std::vector<label_view> labels(sink.mapper->labels().begin(), sink.mapper->labels().end());
  if (!mapped.quantile.empty()) {
    labels.push_back({series_mapper::quantile_label, mapped.quantile});
    std::sort(labels.begin(), labels.end(),
              [](const label_view& one, const label_view& other) { return one.name < other.name; });
  }
  out += "    " + series_text(mapped.name, labels) + fmt::format(" {}", *value);
  if (point.time) {
    out += fmt::format(" @{}ms", *point.time / ns_in_ms - (*point.time % ns_in_ms < 0 ? 1 : 0));
  }
  out += exact ? "" : "  (rounded: a sample holds integers up to 2^53)";
  out.append(remark(mapped.form)).append("\n");
}

}  // namespace weir
