// SPDX-License-Identifier: Apache-2.0
//
// What an operator can set of a [[sink]], typed and with its default: what all sinks have, and for
// each kind of sink a type of its own. What is known of a kind beside its settings is a row of
// sink_kinds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir {

using milliseconds = std::chrono::milliseconds;

/// What a sink does with several addresses.
enum class address_use : std::uint8_t {
  failover,   // the first one that answers gets everything
  replicate,  // each gets everything: a sink for each (sink_per_address)
  shard,      // each series goes to one of them: a sink for each
};

/// What becomes of an address that is taken out while it still owes points of its series.
enum class removed_address_use : std::uint8_t {
  drain,   // it goes on until they are delivered
  forget,  // it ends, and the journal says how many they were
};

/// Of a sink that is one of the addresses of a [[sink]] with addresses = "shard".
struct shard_settings {
  struct address {
    /// "HOST:PORT", by which series are assigned to it.
    std::string name;
    std::string url;
    friend bool operator==(const address&, const address&) = default;
  };
  /// The name of the [[sink]].
  std::string group;
  /// Its own address's name.
  std::string own;
  /// All addresses of the [[sink]], in the configuration's order.
  std::vector<address> all;
  /// It is none of them any more: it delivers what was its own before.
  bool leaves = false;
  friend bool operator==(const shard_settings&, const shard_settings&) = default;
};

/// How points become series (docs/prometheus_mapping.md).
enum class mapping_mode : std::uint8_t { standard, telegraf, flink, vmagent, pattern };
/// How names are written that a Prometheus before version 3 does not know. `automatic`: `utf8` with
/// the mapping of vmagent, else `escape`.
enum class name_style : std::uint8_t { automatic, escape, utf8 };
/// Whether labels have a tag's value as it is, or as Flink's reporter filters it. `automatic`:
/// `filter` with the mapping of Flink, else `keep`.
enum class value_style : std::uint8_t { automatic, keep, filter };

inline constexpr milliseconds stale_learnt{0};

/// What a sink does with a sample that is older than one it sent of its series.
enum class out_of_order_mode : std::uint8_t { drop, send };

struct batch_settings {
  /// Inflated bytes.
  std::uint64_t bytes = 4'000'000;
  std::uint64_t points = 10'000;
  /// How long the oldest frame may wait for a batch to fill.
  milliseconds age{1'000};
  friend bool operator==(const batch_settings&, const batch_settings&) = default;
};

/// What sinks have that deliver to a server over HTTP.
struct server_settings {
  /// Major version of the server, or of its protocol.
  std::uint32_t version = 1;
  std::string url;
  /// All addresses, where there are several; the first one is `url`.
  std::vector<std::string> urls;
  address_use addresses = address_use::failover;
  removed_address_use removed_addresses = removed_address_use::drain;
  std::string username;
  std::string password;
  /// Of InfluxDB 2; to a receiver it is sent as `Authorization: Bearer`.
  std::string token;
  /// Of one request, from connecting to the last byte of the answer.
  milliseconds timeout{30'000};
  friend bool operator==(const server_settings&, const server_settings&) = default;
};

struct influxdb_settings : server_settings {
  /// How often the server is asked by the databases that learn from it.
  milliseconds learn_every{60'000};
  /// Of version 1 and 2: weir asks the server what it has and has it carry out what clients ask
  /// for.
  bool create_databases = true;
  /// The same: what a write names and the server lacks is created (key: create).
  bool create_on_write = false;
  /// The same: a write to what the server lacks is refused; false: it is taken, and waits.
  bool refuse_missing = true;
  /// What clients ask for points goes to this server. Where no sink says so, to the first one that
  /// has all of them.
  bool query = false;
  /// Of version 2: the organization's name, and which bucket a database goes to, with {database}
  /// and {retention_policy} in it; empty: "database" or "database/retention_policy".
  std::string organization;  // key: org
  std::string bucket;
  friend bool operator==(const influxdb_settings&, const influxdb_settings&) = default;
};

/// From points to series of Prometheus.
struct mapping_settings {
  mapping_mode mode = mapping_mode::standard;  // key: mapping
  /// Of mapping = "template": with {measurement}, {field} and {database} in it.
  std::string series_name;
  name_style names = name_style::automatic;
  value_style label_values = value_style::automatic;
  /// The labels in which the database and the retention policy stand; empty: nowhere. A point that
  /// names no policy has no such label.
  std::string database_label = "db";
  /// Patterns of databases whose points were series before, pushed or received by remote write: the
  /// field `value` is the series that the measurement names, without the database's label.
  std::vector<std::string> exact_names{"pushgateway"};
  std::string policy_label = "rp";
  /// "name=value" of labels that every series gets.
  std::vector<std::string> external_labels;
  /// Patterns of tag keys that make no label, and of string fields that make one.
  std::vector<std::string> drop_labels;
  std::vector<std::string> string_labels;
  /// "NAME=TYPE", NAME being a pattern of series' names: what a server is told of their type.
  std::vector<std::string> metadata;
  /// Bytes of a label's name and of a value (the series' name is one), and labels of a series, its
  /// name among them; 0: as many as there are. What is beyond is cut, and a hash keeps it apart.
  std::uint32_t label_name_bytes = 256;
  std::uint32_t label_value_bytes = 2048;
  std::uint32_t labels = 30;
  friend bool operator==(const mapping_settings&, const mapping_settings&) = default;
};

struct remote_write_settings : server_settings {
  mapping_settings mapping;
  /// Over how many connections samples go, one request under way on each: more while the sink is
  /// behind.
  std::uint32_t connections_least = 1;
  std::uint32_t connections_most = 4;
  out_of_order_mode out_of_order = out_of_order_mode::drop;
  /// Older samples are not sent; nothing: all are (key: max_age).
  std::optional<std::chrono::nanoseconds> age_most;
  /// After how long a silent series gets a stale marker; stale_learnt: three of its intervals;
  /// nothing: never ("off").
  std::optional<milliseconds> stale_after = stale_learnt;
  /// "Name: value" of further headers.
  std::vector<std::string> headers;
  friend bool operator==(const remote_write_settings&, const remote_write_settings&) = default;
};

struct file_settings {
  /// One file per database and retention policy, rotated.
  std::string directory;
  std::uint64_t rotate = std::uint64_t{64} << 20;
  /// Rotated files kept of each, besides the one being written.
  std::uint32_t rotated_files = 4;
  friend bool operator==(const file_settings&, const file_settings&) = default;
};

struct stdout_settings {
  friend bool operator==(const stdout_settings&, const stdout_settings&) = default;
};

struct null_settings {
  friend bool operator==(const null_settings&, const null_settings&) = default;
};

/// The settings of one kind of sink. Each alternative has its row in sink_kinds.
using sink_kind_settings = std::variant<null_settings, influxdb_settings, remote_write_settings,
                                        file_settings, stdout_settings>;

/// Where in the log a sink begins that has no cursor yet.
struct sink_start {
  enum class place : std::uint8_t {
    oldest,  // with all that the log has
    now,     // with what arrives from now on
    time,    // with what was received at `ns` of the wall clock, or later
    before,  // with what was received in the last `ns`
  };
  place at = place::oldest;
  std::int64_t ns = 0;
  friend bool operator==(const sink_start&, const sink_start&) = default;
};

struct sink_settings {
  std::string name;
  /// Which kind of sink it is (key: type), and what is set of that kind.
  sink_kind_settings kind;
  /// Lists of patterns, as matches_patterns (base/glob.hpp) reads them: of names of databases, of
  /// retention policies ("" is the default one), and of measurements.
  std::vector<std::string> databases{"*"};
  std::vector<std::string> retention_policies{"*"};
  std::vector<std::string> measurements{"*"};
  sink_start start;
  /// false: loses its oldest when the log is full, never stops intake.
  bool required = true;
  /// Off as soon as there is a sink of which this is false: for an example, or a beginning.
  bool only_if_alone = false;
  batch_settings batch;
  milliseconds retry_least{200};
  milliseconds retry_most{30'000};
  /// Where batches go that the server refuses for good, and how many bytes of them are kept.
  /// Empty directory: "refused" in the log's directory.
  std::string refused_directory;
  std::uint64_t refused_keep = std::uint64_t{64} << 20;
  /// How long a lane is held for a cause of its own before its points leave the log for the parking
  /// place; nothing: they stay in the log. And the bytes of all that is parked of the sink.
  std::optional<std::chrono::nanoseconds> park_after{std::chrono::minutes{1}};
  std::uint64_t park_keep = std::uint64_t{1} << 30;
  /// No key: sink_per_address makes it.
  std::optional<shard_settings> shard;

  /// Its own settings if it is of that kind, else null.
  template <class Kind>
  [[nodiscard]] const Kind* as() const noexcept {
    return std::get_if<Kind>(&kind);
  }
  friend bool operator==(const sink_settings&, const sink_settings&) = default;
};

}  // namespace weir
