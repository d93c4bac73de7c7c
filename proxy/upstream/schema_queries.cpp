// SPDX-License-Identifier: Apache-2.0
#include "upstream/schema_queries.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <optional>

#include "base/influxql_identifier.hpp"
#include "net/server_message.hpp"

namespace weir {
namespace {

using simdjson::dom::element;

const failure not_understood{"the answer is not what InfluxDB says to this question"};

/// Where each wanted column stands.
template <std::size_t N>
bool find_columns(const element& series, const std::array<std::string_view, N>& wanted,
                  std::array<std::size_t, N>& at) {
  simdjson::dom::array columns;
  if (series["columns"].get(columns) != simdjson::SUCCESS) {
    return false;
  }
  at.fill(std::numeric_limits<std::size_t>::max());
  std::size_t place = 0;
  for (const element column : columns) {
    std::string_view name;
    if (column.get(name) == simdjson::SUCCESS) {
      for (std::size_t i = 0; i < N; ++i) {
        at[i] = wanted[i] == name ? place : at[i];
      }
    }
    ++place;
  }
  for (const std::size_t one : at) {
    if (one == std::numeric_limits<std::size_t>::max()) {
      return false;
    }
  }
  return true;
}

/// Calls `visit(series)` for each series of the first result. False where there is no such thing;
/// a result without series is one without data.
template <class Visit>
bool each_series(const element& root, const Visit& visit) {
  element first;
  simdjson::dom::array results;
  if (root["results"].get(results) != simdjson::SUCCESS || results.size() == 0 ||
      results.at(0).get(first) != simdjson::SUCCESS) {
    return false;
  }
  simdjson::dom::array all;
  if (first["series"].get(all) != simdjson::SUCCESS) {
    return true;
  }
  for (const element series : all) {
    if (!visit(series)) {
      return false;
    }
  }
  return true;
}

/// The values of a row in text columns; false where one is not text.
template <std::size_t N>
bool texts_of(const element& row, const std::array<std::size_t, N>& at,
              std::array<std::string_view, N>& out) {
  for (std::size_t i = 0; i < N; ++i) {
    if (row.at(at[i]).get(out[i]) != simdjson::SUCCESS) {
      return false;
    }
  }
  return true;
}

bool read_policy_series(const element& series, std::vector<upstream_policy>& out) {
  std::array<std::size_t, 3> at{};
  simdjson::dom::array rows;
  if (!find_columns<3>(series, {"name", "duration", "default"}, at)) {
    return false;
  }
  if (series["values"].get(rows) != simdjson::SUCCESS) {
    return true;  // a database without any policy
  }
  for (const element row : rows) {
    std::array<std::string_view, 2> texts;
    bool is_default = false;
    if (!texts_of<2>(row, {at[0], at[1]}, texts) ||
        row.at(at[2]).get(is_default) != simdjson::SUCCESS) {
      return false;
    }
    const auto duration = read_go_duration(texts[1]);
    if (!duration) {
      return false;
    }
    out.push_back({std::string(texts[0]), is_default, *duration});
  }
  return true;
}

std::optional<field_type> type_of(std::string_view name) {
  for (const field_type type : {field_type::float64, field_type::int64, field_type::uint64,
                                field_type::boolean, field_type::string}) {
    if (name_of(type) == name) {
      return type;
    }
  }
  return std::nullopt;
}

bool read_field_series(const element& series, const field_type_visitor& visit) {
  std::string_view measurement;
  std::array<std::size_t, 2> at{};
  simdjson::dom::array rows;
  if (series["name"].get(measurement) != simdjson::SUCCESS ||
      !find_columns<2>(series, {"fieldKey", "fieldType"}, at) ||
      series["values"].get(rows) != simdjson::SUCCESS) {
    return false;
  }
  std::map<std::string_view, std::optional<field_type>> types;
  for (const element row : rows) {
    std::array<std::string_view, 2> texts;
    if (!texts_of<2>(row, at, texts)) {
      return false;
    }
    const auto [known, is_new] = types.emplace(texts[0], type_of(texts[1]));
    if (!is_new) {
      known->second = std::nullopt;
    }
  }
  for (const auto& [field, type] : types) {
    if (type) {
      visit(measurement, field, *type);
    }
  }
  return true;
}

/// Of the one rule that InfluxDB 2 has; none, or 0 seconds: for ever. False where it is no rule.
bool bucket_duration(const element& bucket, std::chrono::nanoseconds& out) {
  constexpr std::int64_t seconds_max = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  simdjson::dom::array rules;
  out = std::chrono::nanoseconds{0};
  if (bucket["retentionRules"].get(rules) != simdjson::SUCCESS) {
    return true;
  }
  for (const element rule : rules) {
    std::int64_t seconds = 0;
    if (rule["everySeconds"].get(seconds) != simdjson::SUCCESS || seconds < 0) {
      return false;
    }
    out = std::chrono::seconds(std::min(seconds, seconds_max));
  }
  return true;
}

}  // namespace

std::string retention_query(std::string_view database) {
  return "SHOW RETENTION POLICIES ON " + quoted_identifier(database);
}

std::string field_keys_query(std::string_view database) {
  return "SHOW FIELD KEYS ON " + quoted_identifier(database);
}

result<std::vector<upstream_policy>> read_retention_policies(std::string_view body) {
  simdjson::dom::parser parser;
  element root;
  std::vector<upstream_policy> out;
  if (const std::string error = query_error(body); !error.empty()) {
    return error.starts_with("database not found") ? result<std::vector<upstream_policy>>(out)
                                                   : failure{error};
  }
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
      !each_series(root, [&](const element& one) { return read_policy_series(one, out); })) {
    return not_understood;
  }
  return out;
}

result<bucket_page> read_buckets(std::string_view body) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array buckets;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
      root["buckets"].get(buckets) != simdjson::SUCCESS) {
    return not_understood;
  }
  bucket_page page;
  for (const element bucket : buckets) {
    std::string_view name;
    std::chrono::nanoseconds duration{0};
    if (bucket["name"].get(name) != simdjson::SUCCESS || !bucket_duration(bucket, duration)) {
      return not_understood;
    }
    page.buckets.emplace_back(std::string(name), upstream_policy{"", true, duration});
    if (std::string_view id; bucket["id"].get(id) == simdjson::SUCCESS && is_bucket_id(id)) {
      page.names_by_id.emplace(id, name);
    }
    ++page.count;
  }
  return page;
}

outcome read_field_keys(std::string_view body, const field_type_visitor& visit) {
  simdjson::dom::parser parser;
  element root;
  if (const std::string error = query_error(body); !error.empty()) {
    return error.starts_with("database not found") ? outcome(nothing{}) : failure{error};
  }
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
      !each_series(root, [&](const element& one) { return read_field_series(one, visit); })) {
    return not_understood;
  }
  return nothing{};
}

std::optional<std::chrono::nanoseconds> read_go_duration(std::string_view text) {
  struct unit {
    std::string_view name;
    double ns;
  };
  static constexpr std::array<unit, 6> units{
      {{"h", 3600e9}, {"ms", 1e6}, {"m", 60e9}, {"s", 1e9}, {"us", 1e3}, {"ns", 1}}};
  double total = 0;
  if (text.empty()) {
    return std::nullopt;
  }
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || number < 0) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit_at = std::find_if(units.begin(), units.end(),
                                      [&](const unit& one) { return text.starts_with(one.name); });
    if (unit_at == units.end()) {
      return std::nullopt;
    }
    text.remove_prefix(unit_at->name.size());
    total += number * unit_at->ns;
  }
  // Exact up to 104 days, and beyond that to well under a microsecond of retention.
  constexpr double most = 9.2e18;
  return total > most ? std::nullopt
                      : std::optional(std::chrono::nanoseconds(static_cast<std::int64_t>(total)));
}

}  // namespace weir
