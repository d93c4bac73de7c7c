// SPDX-License-Identifier: Apache-2.0
//
// The kind "influxdb": keys and checks. Pure.
#include <fmt/format.h>

#include "config/sinks/kind_keys.hpp"

namespace weir {
namespace {

using kind = influxdb_settings;

sink_key_list keys() {
  sink_key_list list;
  add_server_keys<kind>(list, {.of = "InfluxDB", .known = "1, 2 or 3", .newest = 3}, check_url);
  const auto add = [&list](config_key<kind> key) {
    list.push_back(key_of_kind<kind>(std::move(key)));
  };
  add(text_key<kind>("org", "of version 2: the organization's name", WEIR_MEMBER(organization)));
  add(text_key<kind>(
      "bucket",
      "of version 2 and 3: the bucket or database that points go to, with {database} and "
      "{retention_policy} in it; empty: the database, or the database, a slash and the retention "
      "policy",
      WEIR_MEMBER(bucket), check_bucket));
  add(bool_key<kind>("create_databases",
                     "ask the server what it has, and have it carry out what clients create, alter "
                     "and drop (version 1 and 2)",
                     WEIR_MEMBER(create_databases)));
  add(choice_key<kind, bool>("create", {{"on statement", false}, {"on write", true}}, {},
                             "when a database or retention policy is created: when a client asks "
                             "for it, or with the first "
                             "write to it, too (version 1 and 2)",
                             WEIR_MEMBER(create_on_write)));
  add(bool_key<kind>("refuse_missing",
                     "refuse a write to a database or retention policy that the server lacks, in "
                     "its words; false: take it, and let it wait (version 1 and 2)",
                     WEIR_MEMBER(refuse_missing)));
  add(bool_key<kind>("query",
                     "pass clients' queries to this server; stated by no sink: the first InfluxDB "
                     "gets them",
                     WEIR_MEMBER(query)));
  add(duration_key<kind>("learn_every", milliseconds{100}, std::chrono::hours{24 * 7},
                         "how often the server is asked by databases that learn from it",
                         WEIR_MEMBER(learn_every)));
  add_request_keys<kind>(list);
  return list;
}

void check(const config_node& node, const sink_settings& sink, config_issues& issues) {
  const kind& influxdb = *sink.as<kind>();
  check_server(node, sink, influxdb, "http://127.0.0.1:8087", issues);
  // Of the other version, only what does nothing may stand there.
  const auto only = [&](std::uint32_t from, std::uint32_t to, const char* name, bool given) {
    const bool applies = influxdb.version >= from && influxdb.version <= to;
    if (given && !applies && node.find(name) != nullptr) {
      issues.push_back(
          {node.find(name)->place,
           fmt::format("`sink.{}` applies to version = {}{}, and \"{}\" has version = {}", name,
                       from, from == to ? "" : fmt::format(" and {}", to), sink.name,
                       influxdb.version)});
    }
  };
  only(1, 1, "username", !influxdb.username.empty());
  only(1, 1, "password", !influxdb.password.empty());
  only(1, 2, "create_databases", influxdb.create_databases);
  only(1, 2, "create", influxdb.create_on_write);
  only(1, 2, "refuse_missing", influxdb.refuse_missing);
  only(2, 3, "token", !influxdb.token.empty());
  only(2, 2, "org", !influxdb.organization.empty());
  only(2, 3, "bucket", !influxdb.bucket.empty());
  if (influxdb.username.empty() && !influxdb.password.empty()) {
    issues.push_back({node.find("password")->place,
                      "`sink.password` without `sink.username`; give both or neither"});
  }
  if (influxdb.create_on_write && !influxdb.create_databases && node.find("create") != nullptr) {
    issues.push_back(
        {node.find("create")->place, "`sink.create` = \"on write\" needs create_databases = true"});
  }
  if (influxdb.query && influxdb.addresses == address_use::shard && node.find("query") != nullptr) {
    issues.push_back({node.find("query")->place,
                      "`sink.query` = true with addresses = \"shard\": each address has a part of "
                      "the series, and a query would see only that"});
  }
  if (influxdb.version == 2 && influxdb.organization.empty()) {
    issues.push_back(
        {node.place, fmt::format("sink \"{}\" has no org; InfluxDB 2 wants one with each write: "
                                 "org = \"my-org\", for example",
                                 sink.name)});
  }
}

sink_texts texts(const sink_settings& sink) {
  const kind& influxdb = *sink.as<kind>();
  sink_texts all = server_texts(influxdb);
  all.plain.push_back(influxdb.organization);
  all.plain.push_back(influxdb.bucket);
  return all;
}

void add_to(const sink_settings& sink, takers& by) noexcept {
  const std::uint32_t version = sink.as<kind>()->version;
  by.influxdb_1 = by.influxdb_1 || version == 1;
  by.influxdb_2 = by.influxdb_2 || version == 2;
  by.influxdb_3 = by.influxdb_3 || version == 3;
}

}  // namespace

extern const sink_kind influxdb_kind;
constinit const sink_kind influxdb_kind{.name = "influxdb",
                                        .sends_frames = true,
                                        .is = is_of<kind>,
                                        .defaults = defaults_of<kind>,
                                        .keys = keys,
                                        .check = check,
                                        .texts = texts,
                                        .add_to = add_to};

}  // namespace weir
