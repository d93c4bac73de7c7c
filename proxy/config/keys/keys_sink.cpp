// SPDX-License-Identifier: Apache-2.0
//
// The rows of the table of keys for [[sink]]; keys.cpp has the others.
#include <fmt/format.h>

#include <algorithm>

#include "config/checks/checks.hpp"
#include "config/keys/key_builders.hpp"

namespace weir {
namespace {

using std::chrono::hours;

constexpr std::uint64_t kib = std::uint64_t{1} << 10;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t tib = std::uint64_t{1} << 40;

outcome read_version(sink_settings& section, const config_value& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) {
    return wrong_type("the number 1 or 2", value);
  }
  if (*number == 3) {
    return failure{
        "InfluxDB 3 is not supported by this version; use 1 or 2 (it has the write paths of both)"};
  }
  if (*number != 1 && *number != 2) {
    return failure{
        fmt::format("{} is no version of InfluxDB or remote write; use 1 or 2", *number)};
  }
  section.version = static_cast<std::uint32_t>(*number);
  return nothing{};
}

config_key<sink_settings> version_key() {
  return {
      "version",    "number",
      "1 or 2",     "major version of the InfluxDB at `url`; of remote write, 1",
      read_version, [](const sink_settings& section) { return std::to_string(section.version); }};
}

config_key<sink_settings> of(std::vector<sink_type> types, config_key<sink_settings> key) {
  key.only = std::move(types);
  return key;
}

void add_remote_write_keys(std::vector<config_key<sink_settings>>& keys) {
  using S = sink_settings;
  const auto add = [&keys](config_key<S> key) {
    keys.push_back(of({sink_type::remote_write}, std::move(key)));
  };
  add(choice_key<S, mapping_mode>(
      "mapping", {{"default", mapping_mode::standard}}, {"telegraf", "flink"},
      "how points become series: measurement_field, tags as labels", WEIR_MEMBER(mapping)));
  add(headers_key<S>("headers", "[\"X-Scope-OrgID: team\"]", "further headers of each request",
                     WEIR_MEMBER(headers)));
}

void add_server_keys(std::vector<config_key<sink_settings>>& keys) {
  using S = sink_settings;
  const auto add = [&keys](config_key<S> key) {
    keys.push_back(of({sink_type::influxdb, sink_type::remote_write}, std::move(key)));
  };
  add(version_key());
  add(text_key<S>("url",
                  "where the InfluxDB is (a path before /write is kept), or all of a "
                  "receiver's address",
                  WEIR_MEMBER(url), check_url));
  add(text_key<S>("username", "empty: no authentication; not of InfluxDB 2",
                  WEIR_MEMBER(username)));
  add(secret_key<S>("password", "best as \"${NAME}\", from the environment",
                    WEIR_MEMBER(password)));
  add(secret_key<S>("token",
                    "of InfluxDB 2, or sent as Authorization: Bearer to a receiver; best as "
                    "\"${NAME}\"",
                    WEIR_MEMBER(token)));
  const auto add_influxdb = [&keys](config_key<S> key) {
    keys.push_back(of({sink_type::influxdb}, std::move(key)));
  };
  add_influxdb(
      text_key<S>("org", "of version 2: the organization's name", WEIR_MEMBER(organization)));
  add_influxdb(
      text_key<S>("bucket",
                  "of version 2: where points go, with {database} and {retention_policy} in it; "
                  "empty: the database, or the database, a slash and the retention policy",
                  WEIR_MEMBER(bucket), check_bucket));
  add_influxdb(bool_key<S>("create_databases",
                           "create upstream the databases that clients create in weir (version 1)",
                           WEIR_MEMBER(create_databases)));
  add_influxdb(duration_key<S>("learn_every", milliseconds{100}, hours{24 * 7},
                               "how often the server is asked by databases that learn from it",
                               WEIR_MEMBER(learn_every)));
  add(duration_key<S>("timeout", milliseconds{100}, hours{1},
                      "of one request, from connecting to the last byte of the answer",
                      WEIR_MEMBER(timeout)));
  add(duration_key<S>("retry_least", milliseconds{1}, hours{1},
                      "the first pause before a failed request is sent again",
                      WEIR_MEMBER(retry_least)));
  add(duration_key<S>("retry_most", milliseconds{1}, hours{24},
                      "the longest pause, after many failures", WEIR_MEMBER(retry_most)));
  add(text_key<S>("refused_directory",
                  "where batches go that the server refuses for good; empty: `refused` in the "
                  "log's directory",
                  WEIR_MEMBER(refused_directory)));
  add(size_key<S>("refused_keep", {0, tib}, "bytes of refused batches that are kept",
                  WEIR_MEMBER(refused_keep)));
}

void add_file_keys(std::vector<config_key<sink_settings>>& keys) {
  using S = sink_settings;
  const auto add = [&keys](config_key<S> key) {
    keys.push_back(of({sink_type::file}, std::move(key)));
  };
  add(text_key<S>("directory", "one file of line protocol for each database in it",
                  WEIR_MEMBER(directory), check_directory));
  add(size_key<S>("rotate", {4 * kib, tib}, "a file larger than this is set aside",
                  WEIR_MEMBER(rotate)));
  add(count_key<S>("rotated_files", {0, 10'000}, "files",
                   "files set aside that are kept of each, besides the one being written",
                   WEIR_MEMBER(rotated_files)));
}

}  // namespace

const std::vector<config_key<sink_settings>>& sink_keys() {
  using S = sink_settings;
  static const std::vector<config_key<S>> keys = [] {
    std::vector<config_key<S>> rows{
        text_key<S>("name", "unique; in metrics, logs and file names", WEIR_MEMBER(name),
                    check_sink_name),
        choice_key<S, sink_type>("type",
                                 {{"influxdb", sink_type::influxdb},
                                  {"remote_write", sink_type::remote_write},
                                  {"file", sink_type::file},
                                  {"null", sink_type::null}},
                                 {"kafka"}, "what the sink delivers to", WEIR_MEMBER(type)),
        list_key<S>("databases", "[\"*\"]", "patterns of database names, with * and ?",
                    WEIR_MEMBER(databases), check_pattern),
        bool_key<S>("required",
                    "false: loses its oldest when the log is full, and never stops intake",
                    WEIR_MEMBER(required)),
        bool_key<S>("only_if_alone", "true: off as soon as there is a [[sink]] without this key",
                    WEIR_MEMBER(only_if_alone)),
        size_key<S>("batch.bytes", {kib, gib}, "of one batch, inflated", WEIR_MEMBER(batch.bytes)),
        count_key<S>("batch.points", {1, 10'000'000}, "points", "in one batch",
                     WEIR_MEMBER(batch.points)),
        duration_key<S>("batch.age", milliseconds{0}, hours{1},
                        "how long the oldest point may wait for a batch to fill",
                        WEIR_MEMBER(batch.age)),
    };
    add_server_keys(rows);
    add_remote_write_keys(rows);
    add_file_keys(rows);
    return rows;
  }();
  return keys;
}

bool applies_to(const config_key<sink_settings>& key, sink_type type) {
  return key.only.empty() || std::find(key.only.begin(), key.only.end(), type) != key.only.end();
}

std::string_view sink_type_name(sink_type type) {
  switch (type) {
    case sink_type::influxdb:
      return "influxdb";
    case sink_type::remote_write:
      return "remote_write";
    case sink_type::file:
      return "file";
    case sink_type::null:
      return "null";
  }
  WEIR_ASSERT(false);
  return {};
}

}  // namespace weir
