// SPDX-License-Identifier: Apache-2.0
//
// What the status page shows, as plain values of one moment: gathered by server/page/, judged by
// advice.cpp, spelled by status_text.cpp. Times are Unix seconds, ages and durations seconds, sizes
// bytes, rates per second. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::page {

/// How many of each list the page is sent.
inline constexpr std::size_t databases_shown_max = 50;
inline constexpr std::size_t sources_shown_max = 64;
inline constexpr std::size_t groups_shown_max = 20;
inline constexpr std::size_t senders_shown_max = 8;

enum class urgency : std::uint8_t { error, warning, note };

/// Why a person has to act, and how.
struct advice {
  urgency level = urgency::note;
  /// "log", "sink influx", "database x", "senders".
  std::string about{};
  std::string what{};
  std::string remedy{};
  /// To be typed in a shell; empty: there is none.
  std::string command{};
};

/// Counts that only grow, since the start of this process.
struct line_totals {
  std::uint64_t received = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
  std::uint64_t mended = 0;
  std::uint64_t noted = 0;
  std::uint64_t delivered = 0;

  friend bool operator==(const line_totals&, const line_totals&) = default;
};

struct line_rates {
  double received = 0;
  double accepted = 0;
  double rejected = 0;
  double dropped = 0;
  double delivered = 0;
};

/// A log in Kafka.
struct topic_facts {
  std::string name{};
  std::vector<std::string> brokers{};
  std::uint32_t partitions = 0;
  std::uint32_t replicas = 0;
  /// Partitions without a leader.
  std::uint32_t leaderless = 0;
  /// Why Kafka does not answer; empty: it does.
  std::string fault{};
  /// Why the topic that weirs share cannot be read or written; empty: it can.
  std::string shared_fault{};
};

struct log_facts {
  /// What the next append would be answered.
  enum class state : std::uint8_t { takes, full, failed };

  state is = state::takes;
  /// Of `full` and `failed`: why.
  std::string why{};
  std::string kind{};
  std::string acknowledge{};
  std::string when_full{};
  std::uint64_t bytes = 0;
  /// 0: nothing bounds it.
  std::uint64_t keep_bytes = 0;
  double append_bytes_per_second = 0;
  /// nullopt: nothing is appended.
  std::optional<double> outage_seconds_left{};
  /// nullopt: it is not in Kafka.
  std::optional<topic_facts> topic{};
};

struct held_facts {
  std::string database{};
  std::string retention_policy{};
  std::uint64_t points = 0;
  std::uint64_t bytes = 0;
  double age_seconds = 0;
  std::uint64_t parked_points = 0;
  /// In the server's own words.
  std::string why{};
  std::string remedy{};
  std::string command{};
};

struct failure_facts {
  double age_seconds = 0;
  std::string message{};
};

struct sink_facts {
  std::string name{};
  std::string type{};
  std::vector<std::string> addresses{};
  bool required = true;
  std::uint64_t pending_points = 0;
  std::uint64_t pending_bytes = 0;
  /// Age of the oldest point that waits; 0: none does.
  double lag_seconds = 0;
  std::uint64_t delivered = 0;
  /// nullopt: it is not known yet.
  std::optional<double> delivered_per_second{};
  /// By reason, those that are not 0.
  std::vector<std::pair<std::string, std::uint64_t>> discarded{};
  std::uint64_t parked_points = 0;
  std::uint64_t lanes = 0;
  std::uint64_t held_lanes = 0;
  /// The server is taken to be down, and one lane tries for all.
  bool down = false;
  /// Its thread runs.
  bool runs = true;
  /// Times that the cursor could not be written, and that the parking place refused points.
  std::uint64_t cursor_failures = 0;
  std::uint64_t park_failures = 0;
  std::optional<failure_facts> last_error{};
  /// What to do about `last_error`, where its words tell; empty: they do not.
  std::string last_error_remedy{};
  std::vector<held_facts> held{};
};

struct database_facts {
  std::string name{};
  std::uint64_t received = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
  double rate = 0;
  std::uint64_t series = 0;
  std::uint64_t types = 0;
  /// nullopt: nothing since the start.
  std::optional<double> last_received{};
};

struct source_facts {
  std::string listener{};
  std::string user{};
  std::string agent{};
  std::uint64_t received = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
};

/// One line that was refused, with what its sender was told.
struct rejection_example {
  double at = 0;
  std::string database{};
  std::string retention_policy{};
  /// Of its body, from 1.
  std::uint64_t line = 0;
  /// In bytes, from 1; 0: it is about the whole line.
  std::uint64_t column = 0;
  std::string message{};
  std::string text{};
  /// `text` is the beginning of a longer line.
  bool cut = false;
  /// An excerpt with control characters made visible, and where its caret goes, from 0.
  std::string shown{};
  std::uint64_t mark_column = 0;
  std::uint64_t mark_columns = 0;
  std::string listener{};
  std::string address{};
  std::string agent{};
  std::string user{};
};

struct rejection_sender {
  std::string listener{};
  /// Without its port.
  std::string address{};
  std::string agent{};
  std::string user{};
  std::string database{};
  std::uint64_t count = 0;
  double last = 0;
};

/// Lines with one code, refused or told of.
struct rejection_group {
  std::string code{};
  /// "rejected", "dropped", "mended" or "noted".
  std::string kind{};
  /// In a few plain words.
  std::string title{};
  std::uint64_t count = 0;
  double last = 0;
  std::string explanation{};
  std::string remedy{};
  std::optional<rejection_example> example{};
  std::vector<rejection_sender> senders{};
};

/// What only advice is made of.
struct trouble_facts {
  /// Rejected lines in the last minute, and received ones.
  std::uint64_t rejected_lately = 0;
  std::uint64_t received_lately = 0;
  std::uint64_t letters_lost = 0;
  std::uint64_t datagrams_lost = 0;
  /// Why the last reload failed; empty: it did not.
  std::string reload_failed{};
  bool draining = false;
};

/// The whole screen.
struct status_facts {
  std::string version{};
  std::string host{};
  std::uint64_t pid = 0;
  double started = 0;
  double now = 0;
  double uptime = 0;
  /// service.roles: "intake", "sinks".
  std::vector<std::string> roles{"intake", "sinks"};
  bool healthy = true;
  bool ready = true;
  /// Why it is not.
  std::vector<std::string> why{};
  /// Of the last seconds; nullopt: the process has just begun.
  std::optional<line_rates> rates{};
  line_totals totals{};
  log_facts log{};
  std::uint64_t memory_used = 0;
  std::uint64_t memory_limit = 0;
  std::vector<sink_facts> sinks{};
  std::uint64_t databases = 0;
  /// The most active first.
  std::vector<database_facts> databases_shown{};
  std::vector<source_facts> sources{};
  /// The newest first.
  std::vector<rejection_group> rejections{};
  trouble_facts trouble{};
};

}  // namespace weir::page
