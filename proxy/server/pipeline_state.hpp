// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline owns. For pipeline.cpp and reload/ alone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/catalogue_posix.hpp"
#include "accounts/database_registry.hpp"
#include "accounts/source_registry.hpp"
#include "base/memory_budget.hpp"
#include "base/published.hpp"
#include "config/checks/automatic.hpp"
#include "facts/databases/database_story.hpp"
#include "facts/refusals/finding_book.hpp"
#include "facts/tap/tap_desk.hpp"
#include "files/state_directory_posix.hpp"
#include "gate/rules/rules.hpp"
#include "gate/series/gate_memory.hpp"
#include "ingest/refusal_summary.hpp"
#include "ingest/types_file_posix.hpp"
#include "ingest/write_terms.hpp"
#include "intake/http_intake.hpp"
#include "intake/tls/tls_context_posix.hpp"
#include "letters/letter_box.hpp"
#include "net/relay_curl.hpp"
#include "server/catalogue/fleet_part.hpp"
#include "server/http_counters.hpp"
#include "server/lines/line_intakes.hpp"
#include "server/listeners.hpp"
#include "server/log/open_log.hpp"
#include "server/log/start_sinks.hpp"
#include "server/log/topic_watch.hpp"
#include "server/page/page_service.hpp"
#include "server/pipeline.hpp"
#include "server/push/push_keeper.hpp"
#include "server/push/push_service.hpp"
#include "server/reload/reload_desk.hpp"
#include "server/reload/reload_record.hpp"
#include "sinks/sink_set.hpp"
#include "upstream/catalogue/server_catalogues_posix.hpp"
#include "upstream/upstream_schemas_posix.hpp"
#include "users/doorkeeper.hpp"

namespace weir {

/// How `limits.memory` is shared out.
struct memory_shares {
  std::size_t requests = 0;
  budget_rules request_rules;
  std::size_t sinks = 0;
  std::size_t frames = 0;
  /// What is read ahead of a log in Kafka leaves half for what is written to it.
  budget_rules frame_rules;
};
[[nodiscard]] memory_shares share_out(std::uint64_t memory) noexcept;

/// `configuration` with "auto" compression settled by its sinks.
[[nodiscard]] settings with_compression(settings configuration);

/// What is delivered to by this process: nothing, where that is not its role.
[[nodiscard]] std::vector<sink_settings> sinks_here(const settings& configuration);

[[nodiscard]] http::connection_limits limits_of(const http_settings& http);

/// Why a directory cannot be used, with its configuration key and the remedy.
[[nodiscard]] failure explained(const failure& why, const std::string& key,
                                const std::string& directory);

struct pipeline::state {
  // In the order in which each needs the ones before it; destroyed the other way round.
  /// What is in force, as written. Control loop's thread; others see the terms.
  std::shared_ptr<const settings> configured;
  const clock_source clock;
  const moment began_at;
  memory_budget request_memory;
  memory_budget sink_memory;
  memory_budget frame_memory;
  /// Outlives the log, which sets it.
  log_line_limit line_limit{std::numeric_limits<std::uint64_t>::max()};
  database_registry databases;
  gate_memory remembered;
  source_registry sources;
  std::unique_ptr<letter_box> letters;
  std::unique_ptr<frame_log> log;
  /// How Kafka is; nullptr: the log is not there.
  std::unique_ptr<topic_watch> topic;
  /// Beside the log; none where nothing is kept.
  std::optional<state_directory> kept_state;
  std::unique_ptr<types_file> types;
  std::unique_ptr<stored_catalogue> created;
  /// Of other weirs that share the log; nullptr: it is this process' own.
  std::unique_ptr<fleet_part> fleet;
  /// What clients see as databases: the servers', and those.
  std::unique_ptr<server_catalogues> catalogue;
  /// Set once the schemas are; then replaced by reloads.
  std::optional<published<write_terms>> terms;
  /// Terms of before, until no request has them any more: what ends with them ends on this thread.
  std::vector<std::shared_ptr<const write_terms>> terms_before;
  std::unique_ptr<sink_set> sinks;
  published<http_terms> answers;
  /// Of all HTTP listeners but Unix sockets; a reload replaces what is in it.
  std::shared_ptr<current_tls> http_tls;
  std::uint32_t next_listener = 0;
  http_counters requests;
  /// Set when the intake starts.
  std::optional<shared_doors> doors;
  refusal_summary http_refusals{"http"};
  refusal_summary udp_refusals{"udp", "batch(es) of datagrams"};
  refusal_summary tcp_refusals{"tcp", "run(s) of lines"};
  refusal_summary push_refusals{"pushed groups", "repetition(s)"};
  /// What is told of lines that were not simply accepted, and to those who watch lines as they
  /// pass.
  finding_book findings;
  tap_desk taps;
  /// Queries on their way to servers; a client that sends more is answered 503.
  static constexpr std::size_t queries_max = 200;
  relay_curl queries{queries_max};
  reload_record reloads;
  reload_desk desk;
  /// Of the lists below, which a reload changes while /metrics reads them.
  mutable std::shared_mutex lists_lock;
  std::shared_ptr<upstream_schemas> schemas;
  std::shared_ptr<const rule_set> rules;
  // Ahead of the HTTP intake, whose /metrics reads it.
  line_intakes<udp_intake> udp;
  line_intakes<tcp_intake> tcp;
  // The same: its exchanges push.
  std::unique_ptr<push_service> pushed;
  std::unique_ptr<push_keeper> push_keeper_thread;
  std::unique_ptr<page_service> shown;
  std::unique_ptr<http_intake> intake;

  state(const settings& configuration, clock_source clocks, std::function<void()> wake);

  [[nodiscard]] std::function<std::int64_t()> wall_ns() const {
    return [read = clock] { return read().wall.ns; };
  }
  [[nodiscard]] durability promised() const {
    return log->capabilities().stable ? durability::power : durability::process;
  }
  /// Of an entry of the state directory; empty: it is not kept.
  [[nodiscard]] std::string kept_path(std::string_view entry) const {
    return kept_state ? kept_state->path_of(entry) : std::string{};
  }

  // pipeline.cpp: the steps of the start.
  [[nodiscard]] outcome open_log();
  [[nodiscard]] outcome watch_topic();
  [[nodiscard]] health_duties duties() const;
  [[nodiscard]] outcome open_state();
  [[nodiscard]] outcome open_types();
  [[nodiscard]] outcome open_letters();
  [[nodiscard]] outcome open_created();
  /// server/catalogue/pipeline_fleet.cpp
  [[nodiscard]] outcome open_fleet();
  void stop_fleet();
  void heard_dropped(const dropped_news& news);
  [[nodiscard]] heard_drops drops() const;
  [[nodiscard]] outcome open_catalogue();
  /// A client dropped this database. Any thread.
  void forget(std::string_view database);
  [[nodiscard]] outcome set_terms();
  [[nodiscard]] outcome start_sinks_of();
  [[nodiscard]] outcome start_line_listeners();
  void start_push();
  /// server/page/
  void make_page();
  [[nodiscard]] page::status_facts page_facts(const moment& now) const;
  // server/page/pipeline_facts.cpp
  [[nodiscard]] std::vector<page::rejection_group> rejections() const;
  [[nodiscard]] database_story story_of(const std::string& name) const;
  void add_policies(const write_terms& now, database_story& story) const;
  [[nodiscard]] std::string databases_like(std::string_view part, std::size_t count_max) const;
  [[nodiscard]] std::shared_ptr<http::body_source> explanation_of(std::string text,
                                                                  const explain_place& place);
  [[nodiscard]] outcome start_intake(uv_loop_s* control);

  // Parts of the start that a reload makes, too.
  [[nodiscard]] result<std::unique_ptr<letter_store>> open_letter_store(const settings& of) const;
  [[nodiscard]] result<std::shared_ptr<upstream_schemas>> start_schemas(
      const std::shared_ptr<const settings>& of, const upstream_schemas* before);
  /// Opens what is wanted and not there; nothing is read from it yet.
  [[nodiscard]] result<line_intakes<udp_intake>::changes> prepare_udp(const settings& wanted);
  [[nodiscard]] result<line_intakes<tcp_intake>::changes> prepare_tcp(const settings& wanted);
  [[nodiscard]] write_services writes(refusal_summary& refusals) noexcept;
  /// Sinks of `sinks` that would deliver to one of these addresses.
  [[nodiscard]] static outcome check_loops(const std::vector<sink_settings>& sinks,
                                           const std::vector<listen_address>& addresses);

  /// All numbers, in parts.
  [[nodiscard]] metric_parts metrics() const;
  void collect_others(metric_collector& out) const;
};

}  // namespace weir
