// SPDX-License-Identifier: Apache-2.0
//
// What an operator can set, typed and with its default. This is the only place where a default
// stands; conf/weir.toml repeats each with a comment and a test compares the two. Reading the file
// is settings_reader.hpp's part.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/admin_access.hpp"
#include "base/time_unit.hpp"
#include "codec/compression_mode.hpp"
#include "config/sinks/sink_settings.hpp"
#include "config/user_settings.hpp"

namespace weir {

using milliseconds = std::chrono::milliseconds;
using nanoseconds = std::chrono::nanoseconds;

/// What a listener shows of itself, and asks of its clients, over TLS. Names of files in PEM
/// format.
struct tls_settings {
  /// Its certificate, and those between it and an authority's; empty: no TLS.
  std::string certificate{};
  std::string key{};
  /// Authorities: clients have to show a certificate of one of them. Empty: they need none.
  std::string client_ca{};
  friend bool operator==(const tls_settings&, const tls_settings&) = default;
};

struct http_settings {
  /// "HOST:PORT", "[::1]:PORT" or "unix:PATH". Port 0 takes a free one.
  std::vector<std::string> listen{"127.0.0.1:8086"};
  /// Further addresses, for clients that can do nothing with a 400: there a write whose lines were
  /// looked at is answered 204, whatever became of them.
  std::vector<std::string> quiet_listen{};
  /// Addresses for /metrics and /-/..., which are then served nowhere else, as nothing else is
  /// there. Empty: all of `listen` and `quiet_listen` serve them.
  std::vector<std::string> admin_listen{};
  /// Who may connect to those that are Unix sockets: the mode of their files, in octal digits.
  std::string socket_mode = "0660";
  /// The same for all of `listen`.
  bool quiet = false;
  /// Intake loops (threads); 0: one per core. At most 256.
  std::uint32_t loops = 0;
  /// Bytes of one request's body, inflated. More is answered 413.
  std::uint64_t body_limit = 25'000'000;
  /// Bytes that a compressed body may become for each byte of it, from 1 MiB on. More is answered
  /// 413. 0: as many as there are.
  std::uint32_t inflate_ratio = 2'000;
  /// Bytes of a request's first line and headers. More is answered 431.
  std::uint64_t head_limit = 81'920;
  /// From the first byte of a request to the end of its head.
  milliseconds head_timeout{10'000};
  /// From the end of the head to the end of the body.
  milliseconds body_timeout{60'000};
  /// Between two requests of a connection.
  milliseconds idle_timeout{300'000};
  /// Open connections. More are answered 503 and closed.
  std::uint32_t connections = 10'000;
  /// The same of one client address (IPv6: of a /64 network; Unix sockets: of none). 0: as many as
  /// `connections`.
  std::uint32_t connections_per_address = 0;
  /// Nanoseconds in one unit of timestamps, where neither request nor database says; or
  /// automatic_unit_ns. Key: precision.
  std::int64_t unit_ns = 1;
  /// "database" or "database/retention_policy" of received remote write that names none.
  std::string remote_write_database = "prometheus";
  /// Who may ask for a reload and the like, by a request to /-/...
  admin_access admin = admin_access::loopback;
  /// Of all addresses but Unix sockets.
  tls_settings tls;
  /// What JSON web tokens of users are signed with; empty: none is taken.
  std::string jwt_secret{};
  friend bool operator==(const http_settings&, const http_settings&) = default;
};

/// One `[[udp]]`: datagrams of line protocol for one database, as InfluxDB's own UDP service.
struct udp_settings {
  /// "HOST:PORT", "[::1]:PORT" or "unix:PATH". Port 0 takes a free one.
  std::string listen = "127.0.0.1:8089";
  /// "database" or "database/retention_policy".
  std::string database = "udp";
  /// Nanoseconds in one unit of the timestamps, where the database says nothing; or
  /// automatic_unit_ns. Key: precision.
  std::int64_t unit_ns = 1;
  /// Bytes that the kernel holds while weir is busy (it counts more than the payload).
  std::uint64_t receive_buffer = std::uint64_t{4} << 20;
  /// Bytes of one datagram. A longer one arrives cut off and is dropped.
  std::uint64_t datagram_limit = std::uint64_t{64} << 10;
  /// Sockets (each with a thread) that share the port; the kernel gives each sender one of them. At
  /// most 64; of a Unix socket 1.
  std::uint32_t sockets = 1;
  /// As http_settings::socket_mode.
  std::string socket_mode = "0660";
  friend bool operator==(const udp_settings&, const udp_settings&) = default;
};

/// One `[[tcp]]`: connections that bring lines of line protocol for one database, without answers.
struct tcp_settings {
  /// "HOST:PORT", "[::1]:PORT" or "unix:PATH". Port 0 takes a free one.
  std::string listen = "127.0.0.1:8094";
  /// "database" or "database/retention_policy".
  std::string database = "tcp";
  /// Nanoseconds in one unit of the timestamps, where the database says nothing; or
  /// automatic_unit_ns. Key: precision.
  std::int64_t unit_ns = 1;
  /// A connection from which nothing came for so long is closed.
  milliseconds idle_timeout{300'000};
  /// Bytes of one line, without its line feed; and no more than limits.line.
  std::uint64_t line_limit = std::uint64_t{1} << 20;
  /// Open connections. Further ones are closed.
  std::uint32_t connections = 1'000;
  /// As http_settings::connections_per_address.
  std::uint32_t connections_per_address = 0;
  /// As http_settings::socket_mode.
  std::string socket_mode = "0660";
  /// Unless it is a Unix socket.
  tls_settings tls;
  friend bool operator==(const tcp_settings&, const tcp_settings&) = default;
};

enum class push_time_mode : std::uint8_t { reject, keep };
enum class job_suffix_mode : std::uint8_t { keep, strip, to_label };

/// Metrics that jobs push, as to Prometheus' Pushgateway.
struct push_settings {
  bool enabled = true;
  /// "database" or "database/retention_policy", where the request names none.
  std::string database = "pushgateway";
  /// How long a group lives that is not pushed again: five times the interval that was seen,
  /// between these two bounds.
  milliseconds ttl_least{60'000};
  milliseconds ttl_most{24LL * 3'600'000};
  /// The same of a group that was pushed once, so that no interval is known.
  milliseconds ttl_once{3'600'000};
  /// "PATTERN: DURATION", or "PATTERN: inf", of jobs; the first that matches holds.
  std::vector<std::string> job_ttl{};
  /// What is not pushed again is written again after so long; 0: never.
  milliseconds repeat{60'000};
  /// Of samples with a time of their own.
  push_time_mode timestamps = push_time_mode::reject;
  /// Of jobs whose name ends in 32 hexadecimal digits, as Flink's does.
  job_suffix_mode job_suffix = job_suffix_mode::keep;
  /// PUT /api/v1/admin/wipe forgets all groups.
  bool wipe = false;
  friend bool operator==(const push_settings&, const push_settings&) = default;
};

enum class log_type : std::uint8_t { local, memory, kafka };
enum class acknowledge_mode : std::uint8_t { received, written, synced };
enum class when_full_mode : std::uint8_t { reject, discard_oldest };

/// Of a log that is a Kafka topic (docs/log_kafka.md). Its keys stand in [log], too.
struct kafka_settings {
  /// "HOST:PORT", some of the cluster.
  std::vector<std::string> brokers;
  /// Of the frames; the topics beside it have names that begin with it.
  std::string topic = "weir";
  /// Partitions. 0: as many as the topic has.
  std::uint32_t shards = 0;
  /// Of topics that weir makes. 0: what the brokers do by themselves.
  std::uint32_t replication = 0;
  /// What Kafka has not confirmed by then is answered 503.
  milliseconds produce_timeout{5'000};
  /// Between two records of where a sink stands: what is repeated after a crash.
  milliseconds commit_interval{1'000};
  /// Of what is not delivered yet, a sink reads so many bytes of a partition at most.
  std::uint64_t read_ahead = std::uint64_t{64} << 20;
  /// Consumer groups are called GROUP-SINK.
  std::string group = "weir";
  /// librdkafka's own properties, "NAME=VALUE": TLS, SASL. They may hold secrets.
  std::vector<std::string> client;
  friend bool operator==(const kafka_settings&, const kafka_settings&) = default;
};

struct log_settings {
  log_type type = log_type::local;
  std::string directory = "weir-data";
  acknowledge_mode acknowledge = acknowledge_mode::written;
  compression_mode compression = compression_mode::automatic;
  /// Bytes on disk before `when_full` applies.
  std::uint64_t keep = std::uint64_t{4} << 30;
  when_full_mode when_full = when_full_mode::reject;
  /// Bytes of one segment file. At least 1 MiB.
  std::uint64_t segment = std::uint64_t{64} << 20;
  /// How long points stay after every sink has them, for `weir log replay`, as far as `keep` has
  /// room for them.
  milliseconds retain{0};
  kafka_settings kafka;
  friend bool operator==(const log_settings&, const log_settings&) = default;
};

struct limit_settings {
  /// Requests in flight and frames, in bytes. At least 16 MiB.
  std::uint64_t memory = std::uint64_t{512} << 20;
  /// One line, in bytes without its line feed.
  std::uint64_t line = std::uint64_t{1} << 20;
  /// Databases that clients may create or name before further ones are refused.
  std::uint32_t databases = 10'000;
  /// Databases with rows of their own in /metrics; further ones are summed up.
  std::uint32_t labelled_databases = 500;
  /// What the remote_write sinks remember of the series they sent, together; and pushed groups may
  /// have as much again.
  std::uint64_t state = std::uint64_t{256} << 20;
  /// What the remote_write sinks remember of names, together: bytes of the file of them.
  std::uint64_t names = std::uint64_t{32} << 20;
  /// What the gate remembers of series, in bytes (64 a series and a third of that spare).
  std::uint64_t series = std::uint64_t{256} << 20;
  /// Series unseen for longest are forgotten after this, at the latest.
  milliseconds series_idle{7LL * 24 * 3'600'000};
  /// Types of fields, and what is counted of measurements, in bytes.
  std::uint64_t types = std::uint64_t{64} << 20;
  /// Recent points in which duplicates are looked for, in bytes (32 a point).
  std::uint64_t duplicates = std::uint64_t{8} << 20;
  friend bool operator==(const limit_settings&, const limit_settings&) = default;
};

/// What the parser and the gate refused, kept for a while on disk.
struct letter_settings {
  bool enabled = true;
  /// Empty: "letters" in the state directory.
  std::string directory;
  /// Bytes of all of them; beyond it the oldest go. At least 1 MiB.
  std::uint64_t keep = std::uint64_t{256} << 20;
  /// Bytes kept of one line; a longer one is cut and cannot be replayed.
  std::uint64_t line = std::uint64_t{64} << 10;
  /// Keep lines too that a rule dropped in silence.
  bool dropped = true;
  friend bool operator==(const letter_settings&, const letter_settings&) = default;
};

enum class expired_mode : std::uint8_t { reject, drop, clamp };
/// `automatic` of this and the next two is settled by the sinks (config/automatic.hpp), to `native`
/// among others: pass, but as an integer where the field is one already.
enum class unsigned_mode : std::uint8_t { integer, pass, reject, automatic, native };
enum class utf8_mode : std::uint8_t { reject, pass };
enum class precision_mistake_mode : std::uint8_t { reject, mend, trust };
/// Of names that a database refuses or drops.
/// `drop_field`: a field is dropped while others are left, a tag is rejected, as InfluxDB 1.x does.
/// `rename`: a field gets another name.
enum class name_mode : std::uint8_t { reject, drop, pass, automatic, drop_field, rename };
/// Of lines that only some servers fail on.
enum class shield_mode : std::uint8_t { reject, pass, automatic };

/// A span of time around the time of receipt, both ends part of it.
struct time_window {
  nanoseconds from;
  nanoseconds to;
  friend bool operator==(const time_window&, const time_window&) = default;
};
enum class types_mode : std::uint8_t { off, reject, coerce, rename, drop_field };
enum class duplicates_mode : std::uint8_t { last, reject, spread };

/// Of `[database."*"]`, or of one database or "database/retention_policy" merged over it.
struct database_settings {
  /// Points older than this are beyond retention; nothing: kept for ever ("inf").
  std::optional<nanoseconds> retention = std::nullopt;
  /// retention = "learn": it is what `learn_from` keeps; as long as that is not known, for ever.
  bool learn_retention = false;
  /// Name of an influxdb sink whose server is asked for retention and field types; empty: none.
  std::string learn_from{};
  expired_mode expired = expired_mode::reject;
  /// Points further in the future than this are refused; nothing: no limit ("inf").
  std::optional<nanoseconds> future = std::nullopt;
  unsigned_mode unsigned_values = unsigned_mode::automatic;  // key: unsigned
  utf8_mode utf8 = utf8_mode::reject;
  /// Of timestamps whose request does not say; listener_unit_ns leaves it to the listener. Key:
  /// precision.
  std::int64_t unit_ns = listener_unit_ns;
  /// Where times are expected, from the time of receipt.
  time_window plausible{std::chrono::hours(-10 * 365 * 24), std::chrono::hours(24)};
  precision_mistake_mode precision_mistake = precision_mistake_mode::reject;
  /// Tags and fields called `time`.
  name_mode time_key = name_mode::automatic;
  /// Tags that InfluxDB 2 refuses, or that its queries fail on.
  name_mode reserved_tags = name_mode::automatic;
  /// Fields that are called as a tag of the same point.
  name_mode tag_and_field = name_mode::automatic;
  /// Exactly 100, 200, 400, ... tags, on which InfluxDB 1 fails.
  shield_mode tag_count = shield_mode::automatic;
  /// Strings longer than an InfluxDB 2 keeps.
  shield_mode long_strings = shield_mode::automatic;
  /// Fields of one point; 0: no limit.
  std::uint64_t fields_per_point = 0;
  /// What happens to a field whose value has another type than it had first.
  types_mode types = types_mode::reject;
  /// No key: numbers and booleans of all types are one type to every server that gets them, as with
  /// Prometheus, so none of them is in conflict with another. Settled by the sinks.
  bool one_number_type = false;
  /// Gauges as Flink's InfluxdbReporter writes them are read as what they were.
  bool flink_gauges = false;
  /// What happens to a point that lies where another lies, with other values.
  duplicates_mode duplicates = duplicates_mode::last;
  /// Series of the database and of each measurement, and new ones in an hour. 0: no limit.
  std::uint64_t series_total = 0;
  std::uint64_t series_per_hour = 0;
  std::uint64_t measurement_series_total = 0;
  std::uint64_t measurement_series_per_hour = 0;
  friend bool operator==(const database_settings&, const database_settings&) = default;
};

enum class rule_action : std::uint8_t { drop, keep, rename, add_tag, drop_tag, drop_field };
enum class rule_subject : std::uint8_t { measurement, tag, field };

/// One `[[rule]]`. All patterns are RE2's and must match the whole name.
struct rule_settings {
  std::string name{};
  rule_action action = rule_action::drop;
  /// Shell-like patterns of database names: `*` and `?`.
  std::vector<std::string> databases{"*"};
  /// Pattern of measurements; empty: every one.
  std::string measurement{};
  /// A condition: the value of the tag called so matches `tag_value`. A tag that a point does not
  /// have counts as the empty value.
  std::string tag{};
  std::string tag_value = ".+";
  /// Of rename.
  rule_subject what = rule_subject::measurement;
  /// Of add_tag the tag's name; of the others a pattern of keys.
  std::string key{};
  /// Of rename the new name (\1 stands for the pattern's first group), of add_tag the value.
  std::string to{};
  friend bool operator==(const rule_settings&, const rule_settings&) = default;
};

/// At most so many rules are taken.
inline constexpr std::size_t rules_max = 1'000;

struct service_settings {
  /// How long SIGTERM lets requests finish and sinks deliver before the rest stays in the log.
  milliseconds drain_timeout{10'000};
  /// Of what weir keeps beside its log. Empty: the log's directory, where it has one.
  std::string state_directory;
  /// What this process does: takes writes ("intake"), delivers ("sinks"), or both.
  std::vector<std::string> roles = {"intake", "sinks"};
  std::string log_level = "info";   // debug | info | warning | error
  std::string log_format = "text";  // text | json
  friend bool operator==(const service_settings&, const service_settings&) = default;
};

struct settings {
  http_settings http;
  std::vector<udp_settings> udp;
  std::vector<tcp_settings> tcp;
  std::vector<user_settings> users;
  push_settings push;
  log_settings log;
  letter_settings letters;
  limit_settings limits;
  /// "*", "name" or "name/retention_policy", each already merged over the less particular ones.
  std::map<std::string, database_settings> database{{"*", {}}};
  /// In the order in which they are applied.
  std::vector<rule_settings> rules;
  std::vector<sink_settings> sinks;
  /// Names of those that are off because they are `only_if_alone` and are not alone.
  std::vector<std::string> sinks_off;
  service_settings service;
  friend bool operator==(const settings&, const settings&) = default;
};

/// The directory of the log's files; empty: it has none.
[[nodiscard]] inline std::string log_directory_of(const settings& from) {
  return from.log.type == log_type::local ? from.log.directory : std::string{};
}

/// Where types, databases, letters, cursors and refused batches are; empty: they are not kept. A
/// log in Kafka has no directory; what stays on this machine then lies where a local log would.
[[nodiscard]] inline std::string state_directory_of(const settings& from) {
  if (!from.service.state_directory.empty()) {
    return from.service.state_directory;
  }
  return from.log.type == log_type::memory ? std::string{} : from.log.directory;
}

/// Whether the process has this role ("intake" or "sinks").
[[nodiscard]] inline bool has_role(const settings& from, std::string_view role) {
  const std::vector<std::string>& roles = from.service.roles;
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

/// Where the dead letters are, or would be.
[[nodiscard]] inline std::string letters_directory(const settings& from) {
  const std::string state = state_directory_of(from);
  return !from.letters.directory.empty()
             ? from.letters.directory
             : (state.empty() ? from.log.directory : state) + "/letters";
}

}  // namespace weir
