// SPDX-License-Identifier: Apache-2.0
#include "push/json_families.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "base/text/json_text.hpp"
#include "base/text/rfc3339.hpp"
#include "exposition/numbers.hpp"
#include "exposition/text_reader.hpp"

namespace weir::push {
namespace {

using exposition::label;
using exposition::metric_type;
using exposition::sample;

std::string_view json_type(metric_type type) noexcept {
  switch (type) {
    case metric_type::untyped:
      return "UNTYPED";
    case metric_type::counter:
      return "COUNTER";
    case metric_type::gauge:
      return "GAUGE";
    case metric_type::summary:
      return "SUMMARY";
    case metric_type::histogram:
      return "HISTOGRAM";
  }
  return "UNTYPED";
}

void append_member(std::string_view name, std::string_view value, std::string& out) {
  if (out.back() != '{') {
    out.push_back(',');
  }
  append_json_string(name, out);
  out.push_back(':');
  append_json_string(value, out);
}

std::string number_text(double value) {
  std::string text;
  exposition::append_number(value, text);
  return text;
}

/// A summary's or histogram's samples of one set of labels.
struct parts {
  std::string members;
  std::string inner;
};

std::string labels_json(std::span<const label> labels, std::string_view without) {
  std::string out = "{";
  for (const label& each : labels) {
    if (each.name != without) {
      append_member(each.name, each.value, out);
    }
  }
  return out + "}";
}

void append_plain(const exposition::document& all, std::string& out) {
  for (const sample& each : all.samples()) {
    out.append(out.back() == '[' ? "{" : ",{").append("\"labels\":");
    out.append(labels_json(all.labels_of(each), "")).append(",\"value\":");
    append_json_string(number_text(each.value), out);
    out.push_back('}');
  }
}

void append_parted(const exposition::document& all, metric_type type, std::string& out) {
  const bool is_histogram = type == metric_type::histogram;
  const std::string_view bound = exposition::part_label(type);
  std::map<std::string, parts> metrics;
  for (const sample& each : all.samples()) {
    parts& of = metrics[labels_json(all.labels_of(each), bound)];
    const bool is_total = each.name.ends_with("_sum") || each.name.ends_with("_count");
    if (is_total) {
      of.members += each.name.ends_with("_sum") ? ",\"sum\":" : ",\"count\":";
      append_json_string(number_text(each.value), of.members);
      continue;
    }
    for (const label& one : all.labels_of(each)) {
      if (one.name == bound) {
        of.inner += of.inner.empty() ? "{" : "";
        append_member(one.value, number_text(each.value), of.inner);
      }
    }
  }
  for (const auto& [labels, of] : metrics) {
    out.append(out.back() == '[' ? "{" : ",{").append("\"labels\":").append(labels);
    if (!of.inner.empty()) {
      out.append(is_histogram ? ",\"buckets\":" : ",\"quantiles\":").append(of.inner).append("}");
    }
    out.append(of.members).push_back('}');
  }
}

void append_head(std::string_view name, wall_time time, metric_type type, std::string_view help,
                 std::string& out) {
  out.push_back(',');
  append_json_string(name, out);
  out.append(":{\"time_stamp\":\"").append(rfc3339(time.ns)).append("\",\"type\":\"");
  out.append(json_type(type)).append("\"");
  if (!help.empty()) {
    out.append(",\"help\":");
    append_json_string(help, out);
  }
  out.append(",\"metrics\":[");
}

void append_time(const group& one, std::string_view name, std::string_view help, wall_time time,
                 std::string& out) {
  append_head(name, one.pushed, metric_type::gauge, help, out);
  out.append("{\"labels\":{");
  for (const auto& [label_name, value] : one.series) {
    append_member(label_name, value, out);
  }
  out.append("},\"value\":\"").append(seconds_text(time)).append("\"}]}");
}

}  // namespace

std::string seconds_text(wall_time time) {
  constexpr std::int64_t ns_per_second = 1'000'000'000;
  if (time.ns <= 0) {
    return "0";
  }
  return fmt::format("{}.{:09}", time.ns / ns_per_second, time.ns % ns_per_second);
}

void append_group_json(const group& one, std::string& out) {
  out.append("{\"labels\":{");
  for (const auto& [name, value] : one.labels) {
    append_member(name, value, out);
  }
  out.append(one.failed.ns > one.pushed.ns ? R"(},"last_push_successful":false)"
                                           : R"(},"last_push_successful":true)");
  for (const auto& [name, each] : one.families) {
    exposition::document all;
    if (exposition::read_text(each->is.text, all)) {
      continue;  // what weir wrote itself is read back
    }
    append_head(name, each->pushed, each->is.type, each->is.help, out);
    if (each->is.type == metric_type::histogram || each->is.type == metric_type::summary) {
      append_parted(all, each->is.type, out);
    } else {
      append_plain(all, out);
    }
    out.append("]}");
  }
  append_time(one, failure_time_name,
              "Last Unix time when changing this group in the Pushgateway failed.", one.failed,
              out);
  append_time(one, push_time_name,
              "Last Unix time when changing this group in the Pushgateway succeeded.", one.pushed,
              out);
  out.push_back('}');
}

}  // namespace weir::push
