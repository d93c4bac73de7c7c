// SPDX-License-Identifier: Apache-2.0
//
// Columns are looked up by name: their number and order differ between versions. Pure.
#include "upstream/catalogue/catalogue_questions.hpp"

#include <simdjson.h>

#include <array>
#include <limits>

#include "base/influxql_identifier.hpp"
#include "net/server_message.hpp"
#include "upstream/schema_queries.hpp"

namespace weir {
namespace {

using simdjson::dom::element;

const failure not_understood{"the answer is not what InfluxDB says to this question"};
constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

std::size_t column(const element& series, std::string_view wanted) {
  simdjson::dom::array columns;
  if (series["columns"].get(columns) == simdjson::SUCCESS) {
    std::size_t place = 0;
    for (const element one : columns) {
      std::string_view name;
      if (one.get(name) == simdjson::SUCCESS && name == wanted) {
        return place;
      }
      ++place;
    }
  }
  return nowhere;
}

template <class T>
bool value_at(const element& row, std::size_t place, T& out) {
  return place != nowhere && row.at(place).get(out) == simdjson::SUCCESS;
}

bool duration_at(const element& row, std::size_t place, std::int64_t& out_ns) {
  std::string_view text;
  const auto duration = value_at(row, place, text) ? read_go_duration(text)
                                                   : std::optional<std::chrono::nanoseconds>{};
  out_ns = duration.value_or(std::chrono::nanoseconds{0}).count();
  return duration.has_value();
}

/// The first series of a result; false where it has none.
bool first_series(const element& result, element& out) {
  simdjson::dom::array all;
  return result["series"].get(all) == simdjson::SUCCESS && all.size() > 0 &&
         all.at(0).get(out) == simdjson::SUCCESS;
}

bool read_policy_rows(const element& series, std::vector<known_policy>& out) {
  const std::array<std::size_t, 5> at{column(series, "name"), column(series, "duration"),
                                      column(series, "shardGroupDuration"),
                                      column(series, "replicaN"), column(series, "default")};
  simdjson::dom::array rows;
  if (series["values"].get(rows) != simdjson::SUCCESS) {
    return at[0] != nowhere;  // a database without any policy
  }
  for (const element row : rows) {
    known_policy one;
    std::string_view name;
    std::int64_t replicas = 1;
    if (!value_at(row, at[0], name) || !duration_at(row, at[1], one.duration_ns) ||
        !value_at(row, at[4], one.is_default)) {
      return false;
    }
    static_cast<void>(duration_at(row, at[2], one.shard_duration_ns));
    static_cast<void>(value_at(row, at[3], replicas));
    one.name = name;
    one.replicas = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(replicas, 1, std::numeric_limits<std::int32_t>::max()));
    out.push_back(std::move(one));
  }
  return true;
}

/// Of one statement's result; false where it is no answer.
bool read_policy_result(const element& result, policies_answer& out) {
  using kind = policies_answer::kind;
  if (std::string_view error; result["error"].get(error) == simdjson::SUCCESS) {
    out.is = error.starts_with("database not found") ? kind::missing : kind::unknown;
    return true;
  }
  element series;
  out.is = kind::known;
  return !first_series(result, series) || read_policy_rows(series, out.policies);
}

}  // namespace

std::string policies_query(std::span<const std::string> databases) {
  std::string out;
  for (const std::string& one : databases) {
    out += (out.empty() ? "" : ";") + retention_query(one);
  }
  return out;
}

result<std::vector<std::string>> read_databases(std::string_view body) {
  if (std::string error = query_error(body); !error.empty()) {
    return failure{std::move(error)};
  }
  simdjson::dom::parser parser;
  element root;
  element first;
  element series;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
      root["results"].at(0).get(first) != simdjson::SUCCESS || !first_series(first, series)) {
    return not_understood;
  }
  const std::size_t place = column(series, "name");
  std::vector<std::string> names;
  simdjson::dom::array rows;
  if (place == nowhere) {
    return not_understood;
  }
  if (series["values"].get(rows) != simdjson::SUCCESS) {
    return names;
  }
  for (const element row : rows) {
    std::string_view name;
    if (!value_at(row, place, name)) {
      return not_understood;
    }
    names.emplace_back(name);
  }
  return names;
}

result<std::vector<policies_answer>> read_policies(std::string_view body, std::size_t count) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array results;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) {
    return failure{query_error(body)};
  }
  if (std::string_view error; root["error"].get(error) == simdjson::SUCCESS) {
    return failure{std::string(error)};
  }
  if (root["results"].get(results) != simdjson::SUCCESS || results.size() > count) {
    return not_understood;
  }
  std::vector<policies_answer> out;
  for (const element one : results) {
    if (!read_policy_result(one, out.emplace_back())) {
      return not_understood;
    }
  }
  out.resize(count);
  return out;
}

statement_answer read_statement_answer(const http_reply& reply) {
  using kind = statement_answer::kind;
  if (!reply.answered) {
    return {kind::unanswered, reply.detail};
  }
  if (reply.status == 200) {
    simdjson::dom::parser parser;
    element root;
    simdjson::dom::array results;
    std::string error = query_error(reply.body);
    if (error.empty()) {
      return {kind::done};
    }
    const bool is_answer = parser.parse(reply.body).get(root) == simdjson::SUCCESS &&
                           (root["results"].get(results) == simdjson::SUCCESS ||
                            root["error"].error() == simdjson::SUCCESS);
    return {is_answer ? kind::refused : kind::no_influxdb, std::move(error)};
  }
  std::string words = words_of(reply);
  if (reply.status >= 500) {
    return {kind::unanswered, std::move(words)};
  }
  const bool about_it = reply.status == 400 || reply.status == 401 || reply.status == 403;
  if (about_it && reply.body.starts_with('{')) {
    return {kind::refused, server_message(reply.body)};
  }
  return {kind::no_influxdb, std::move(words)};
}

}  // namespace weir
