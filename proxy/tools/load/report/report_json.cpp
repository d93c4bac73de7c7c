// SPDX-License-Identifier: Apache-2.0
//
// The JSON form of a report, written and read. What is read may have been written by anybody.
#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <cmath>

#include "base/text/json_text.hpp"
#include "tools/load/report/load_report.hpp"

namespace weir {
namespace {

using simdjson::dom::element;
using wish = load_figure::wish;

constexpr std::string_view format_name = "weir-load-report";
constexpr std::uint64_t format_version = 1;
constexpr std::array<std::string_view, 3> wishes{"more", "less", "neither"};
constexpr std::size_t list_max = 1'000;
// Of seconds, lines a second, and milliseconds.
constexpr double number_max = 1e15;

/// A sample's numbers, each an array of its own.
struct sample_column {
  std::string_view name;
  double load_sample::*always;
  std::optional<double> load_sample::*sometimes;
};
constexpr std::array sample_columns{
    sample_column{"at", &load_sample::at_s, nullptr},
    sample_column{"seconds", &load_sample::seconds, nullptr},
    sample_column{"lines_per_second", &load_sample::lines_per_second, nullptr},
    sample_column{"rejected_per_second", &load_sample::rejected_per_second, nullptr},
    sample_column{"p50_ms", nullptr, &load_sample::p50_ms},
    sample_column{"p99_ms", nullptr, &load_sample::p99_ms},
    sample_column{"max_ms", nullptr, &load_sample::max_ms},
    sample_column{"own_cpu", nullptr, &load_sample::own_cpu},
    sample_column{"watched_cpu", nullptr, &load_sample::watched_cpu}};

void append_number(const std::optional<double>& value, std::string& out) {
  out += value && std::isfinite(*value) ? fmt::format("{:.7g}", *value) : "null";
}

std::string text(std::string_view value) {
  std::string out;
  append_json_string(value, out);
  return out;
}

std::string samples_json(const std::vector<load_sample>& samples) {
  std::string out = "{";
  for (const sample_column& column : sample_columns) {
    out.append(out.size() > 1 ? ",\"" : "\"").append(column.name).append("\":[");
    for (const load_sample& each : samples) {
      out += &each == samples.data() ? "" : ",";
      append_number(
          column.always != nullptr ? std::optional(each.*column.always) : each.*column.sometimes,
          out);
    }
    out += "]";
  }
  return out + "}";
}

bool read(const element& from, std::string_view name, std::string& out) {
  std::string_view value;
  const bool found = from[name].get(value) == simdjson::SUCCESS;
  out = value;
  return found;
}

/// No more than a report has.
bool read_list(const element& from, std::string_view name, simdjson::dom::array& out) {
  return from[name].get(out) == simdjson::SUCCESS && out.size() <= list_max;
}

bool read_settings(const element& root, load_report& out) {
  simdjson::dom::array list;
  if (!read_list(root, "settings", list)) {
    return false;
  }
  for (const element each : list) {
    std::string_view name;
    std::string_view value;
    if (each.at_pointer("/0").get(name) != simdjson::SUCCESS ||
        each.at_pointer("/1").get(value) != simdjson::SUCCESS) {
      return false;
    }
    out.settings.emplace_back(name, value);
  }
  return true;
}

bool read_figures(const element& root, load_report& out) {
  simdjson::dom::array list;
  if (!read_list(root, "figures", list)) {
    return false;
  }
  for (const element each : list) {
    load_figure figure;
    std::string better;
    if (!read(each, "name", figure.name) || !read(each, "unit", figure.unit) ||
        each["value"].get(figure.value) != simdjson::SUCCESS || !read(each, "better", better)) {
      return false;
    }
    figure.better = better == wishes[0]   ? wish::more
                    : better == wishes[1] ? wish::less
                                          : wish::neither;
    out.figures.push_back(std::move(figure));
  }
  return true;
}

bool read_samples(const element& root, load_report& out) {
  for (const sample_column& column : sample_columns) {
    simdjson::dom::array list;
    if (!read_list(root["samples"], column.name, list)) {
      return false;
    }
    if (&column == sample_columns.data()) {
      out.samples.resize(list.size());
    }
    if (list.size() != out.samples.size()) {
      return false;
    }
    std::size_t at = 0;
    for (const element each : list) {
      load_sample& sample = out.samples[at++];
      double value = 0;
      const bool is_number = each.get(value) == simdjson::SUCCESS;
      if (is_number ? !(value >= 0 && value <= number_max)
                    : !each.is_null() || column.always != nullptr) {
        return false;
      }
      if (column.always != nullptr) {
        sample.*column.always = value;
      } else if (is_number) {
        sample.*column.sometimes = value;
      }
    }
  }
  return true;
}

}  // namespace

std::string report_json(const load_report& report) {
  std::string settings;
  for (const auto& [name, value] : report.settings) {
    settings += fmt::format("{}[{},{}]", settings.empty() ? "" : ",", text(name), text(value));
  }
  std::string figures;
  for (const load_figure& each : report.figures) {
    std::string value;
    append_number(each.value, value);
    figures += fmt::format(R"({}{{"name":{},"unit":{},"value":{},"better":"{}"}})",
                           figures.empty() ? "" : ",", text(each.name), text(each.unit), value,
                           wishes.at(static_cast<std::size_t>(each.better)));
  }
  return fmt::format(
      R"({{"format":"{}","version":{},"began_ns":{},"target":{},"udp":{},"settings":[{}],"figures":[{}],)"
      R"("summary":{},"samples":{}}})",
      format_name, format_version, report.began_ns, text(report.target), report.udp, settings,
      figures, text(report.summary), samples_json(report.samples));
}

result<load_report> read_report_json(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  std::string name;
  std::uint64_t version = 0;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      !read(root, "format", name) || name != format_name ||
      root["version"].get(version) != simdjson::SUCCESS) {
    return failure{"it has no data of weir load"};
  }
  if (version != format_version) {
    return failure{
        "it was written by another weir, whose reports this one does not read (version " +
        std::to_string(version) + ")"};
  }
  load_report out;
  if (root["began_ns"].get(out.began_ns) != simdjson::SUCCESS ||
      root["udp"].get(out.udp) != simdjson::SUCCESS || !read(root, "target", out.target) ||
      !read(root, "summary", out.summary) || !read_settings(root, out) ||
      !read_figures(root, out) || !read_samples(root, out)) {
    return failure{"its data is damaged"};
  }
  return out;
}

}  // namespace weir
