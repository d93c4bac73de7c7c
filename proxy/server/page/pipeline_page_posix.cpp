// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline tells of itself on the status page: the facts, gathered of everybody who knows.
// Any thread.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "server/health_report.hpp"
#include "server/page/database_facts.hpp"
#include "server/page/page_service.hpp"
#include "server/page/picked_numbers.hpp"
#include "server/pipeline_state.hpp"
#include "server/start_summary.hpp"

namespace weir {
namespace {

constexpr double second_ns = 1e9;

double seconds_of(wall_time time) {
  return static_cast<double>(time.ns) / second_ns;
}

double age_of(std::int64_t since_ns, wall_time now) {
  return since_ns == 0 ? 0 : std::max(0.0, static_cast<double>(now.ns - since_ns) / second_ns);
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string{};
}

page::held_facts facts_of(const held_lane& lane, const sink_standing& sink, wall_time now) {
  hold_remedy remedy = remedy_of(lane.why.cause, sink.name, lane.lane);
  return {.database = lane.lane.database,
          .retention_policy = lane.lane.retention_policy,
          .points = lane.points,
          .bytes = lane.bytes,
          .age_seconds = age_of(lane.oldest_received_ns, now),
          .parked_points = lane.parked_points,
          .why = lane.why.said,
          .remedy = std::move(remedy.text),
          .command = std::move(remedy.command)};
}

page::sink_facts facts_of(const sink_standing& sink, const moment& now) {
  page::sink_facts out{.name = sink.name,
                       .type = std::string(sink.type),
                       .addresses = sink.addresses,
                       .required = sink.required,
                       .pending_points = sink.pending_points,
                       .pending_bytes = sink.pending_bytes,
                       .lag_seconds = age_of(sink.oldest_received_ns, now.wall),
                       .delivered = sink.delivered,
                       .parked_points = sink.parked_points,
                       .lanes = sink.lanes,
                       .held_lanes = sink.held_lanes,
                       .down = sink.breaker_open,
                       .runs = sink.runs,
                       .cursor_failures = sink.cursor_failures,
                       .park_failures = sink.park_failures};
  for (std::size_t i = 0; i < sink.discarded.size(); ++i) {
    if (sink.discarded[i] > 0) {
      out.discarded.emplace_back(name_of(static_cast<discard_reason>(i)), sink.discarded[i]);
    }
  }
  if (sink.last_error_ms != 0) {
    const std::int64_t age_ms =
        now.steady.ns / 1'000'000 - static_cast<std::int64_t>(sink.last_error_ms);
    out.last_error = {static_cast<double>(std::max<std::int64_t>(0, age_ms)) / 1000,
                      sink.last_error};
    out.last_error_remedy = remedy_of_no_answer(sink.last_error);
  }
  for (const held_lane& lane : sink.held) {
    out.held.push_back(facts_of(lane, sink, now.wall));
  }
  return out;
}

page::topic_facts facts_of(const cluster_standing& kafka) {
  return {.name = kafka.topic,
          .brokers = kafka.brokers,
          .partitions = kafka.partitions,
          .replicas = kafka.replicas,
          .leaderless = kafka.leaderless,
          .fault = kafka.fault};
}

std::string_view kind_of(log_type type) {
  switch (type) {
    case log_type::local:
      return "local";
    case log_type::memory:
      return "memory";
    case log_type::kafka:
      return "kafka";
  }
  return {};
}

page::log_facts facts_of(const frame_log& log, const append_result& next,
                         const log_settings& configured, const memory_budget& frames) {
  picked_numbers numbers;
  log.collect(numbers);
  const bool memory = configured.type == log_type::memory;
  page::log_facts out{
      .why = next.detail,
      .kind = std::string(kind_of(configured.type)),
      .acknowledge = std::string(promise_of(configured.acknowledge)),
      .when_full = configured.when_full == when_full_mode::reject ? "reject" : "discard-oldest"};
  const log_usage usage = log.usage();
  out.bytes = usage.bytes;
  out.keep_bytes = usage.bytes_max;
  if (memory) {
    out.bytes = static_cast<std::uint64_t>(numbers.of("weir_log_memory_bytes"));
    out.keep_bytes = frames.limit();
  }
  out.append_bytes_per_second = numbers.of("weir_log_append_bytes_per_second");
  if (const double left = numbers.of("weir_log_outage_seconds_left"); std::isfinite(left)) {
    out.outage_seconds_left = left;
  }
  if (next.status == append_status::full) {
    out.is = page::log_facts::state::full;
  } else if (next.status == append_status::failed) {
    out.is = page::log_facts::state::failed;
  }
  return out;
}

page::line_totals totals_of(const line_sums& lines) {
  return {.received = lines.received,
          .accepted = lines.accepted,
          .rejected = lines.rejected,
          .dropped = lines.dropped,
          .mended = lines.mended,
          .noted = lines.noted};
}

std::vector<page::source_facts> facts_of(const source_registry& sources) {
  std::vector<page::source_facts> out;
  for (const source_entry* each : sources.entries()) {
    const source_entry::sums lines = each->lines();
    out.push_back({.listener = each->listener(),
                   .user = each->user(),
                   .agent = each->agent(),
                   .received = lines.received,
                   .accepted = lines.accepted,
                   .rejected = lines.rejected,
                   .dropped = lines.dropped});
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& one, const auto& other) {
    return one.received > other.received;
  });
  return out;
}

/// The most active ones: looked at briefly all, in full only those.
std::vector<page::database_facts> most_active(const database_registry& databases,
                                              const gate_memory& remembered, wall_time now) {
  struct ranked {
    database_entry::activity lately;
    const database_entry* of;
  };
  std::vector<ranked> all;
  for (const database_entry* each : databases.entries()) {
    all.push_back({each->lately(now.ns), each});
  }
  const auto shown = std::min(all.size(), page::databases_shown_max);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), all.end(),
                    [](const ranked& one, const ranked& other) {
                      return std::pair(one.lately.lines_per_second, one.lately.last_ns) >
                             std::pair(other.lately.lines_per_second, other.lately.last_ns);
                    });
  std::vector<page::database_facts> out;
  for (std::size_t i = 0; i < shown; ++i) {
    out.push_back(facts_of_database(*all[i].of, remembered, now));
  }
  return out;
}

}  // namespace

page::database_facts facts_of_database(const database_entry& one, const gate_memory& remembered,
                                       wall_time now) {
  const line_account lines = one.lines();
  const database_entry::activity lately = one.lately(now.ns);
  const gate_memory::database_counts known = remembered.count_of(one.name());
  page::database_facts out{.name = one.name(),
                           .received = lines.received,
                           .accepted = lines.accepted,
                           .rejected = lines.rejected(),
                           .dropped = lines.dropped(),
                           .rate = lately.lines_per_second,
                           .series = known.series,
                           .types = known.types};
  if (lately.last_ns != 0) {
    out.last_received = static_cast<double>(lately.last_ns) / second_ns;
  }
  return out;
}

page::status_facts pipeline::state::page_facts(const moment& now) const {
  const std::shared_ptr<const settings> known = terms->current()->configured;
  const append_result next = log->outlook();
  page::status_facts out{.version = WEIR_VERSION,
                         .host = host_name(),
                         .pid = static_cast<std::uint64_t>(::getpid()),
                         .started = seconds_of(began_at.wall),
                         .now = seconds_of(now.wall),
                         .uptime = static_cast<double>(now.steady - began_at.steady) / second_ns,
                         .roles = known->service.roles,
                         .log = facts_of(*log, next, known->log, frame_memory),
                         .memory_used = request_memory.used(),
                         .memory_limit = request_memory.limit(),
                         .databases = databases.size(),
                         .databases_shown = most_active(databases, remembered, now.wall),
                         .sources = facts_of(sources)};
  out.totals = totals_of(databases.totals());
  const health_duties own = duties();
  const health_facts health{.log = next,
                            .sinks = sinks->standings(),
                            .takes_writes = own.takes_writes,
                            .cluster = own.cluster ? std::optional(own.cluster()) : std::nullopt,
                            .shared = own.shared ? std::optional(own.shared()) : std::nullopt,
                            .draining = requests.draining.load(std::memory_order_relaxed),
                            .reload_failed = reloads.failure_words()};
  if (health.cluster) {
    out.log.topic = facts_of(*health.cluster);
    out.log.topic->shared_fault = health.shared ? health.shared->fault : std::string{};
  }
  for (const sink_standing& each : health.sinks) {
    out.sinks.push_back(facts_of(each, now));
  }
  health_verdict verdict = verdict_of(health);
  out.healthy = verdict.healthy;
  out.ready = verdict.ready;
  out.why = std::move(verdict.why);
  picked_numbers numbers;
  if (letters != nullptr) {
    letters->collect(numbers);
  }
  {
    const std::shared_lock hold(lists_lock);
    udp.collect(numbers);
  }
  out.trouble = {
      .letters_lost = static_cast<std::uint64_t>(numbers.of("weir_letters_lost_total")),
      .datagrams_lost = static_cast<std::uint64_t>(numbers.of("weir_udp_kernel_drops_total")),
      .reload_failed = health.reload_failed,
      .draining = health.draining};
  out.rejections = rejections();
  return out;
}

void pipeline::state::make_page() {
  shown = std::make_unique<page_service>(page_sources{
      .clock = clock,
      .facts = [this](const moment& now) { return page_facts(now); },
      .totals = [this] { return totals_of(databases.totals()); },
      .sinks = [this] { return sinks->standings(); },
      .log_bytes = [this] { return log->usage().bytes; },
      .database =
          [this](const std::string& name) {
            std::string text;
            append_story(story_of(name), text);
            return text;
          },
      .databases = [this](std::string_view part,
                          std::size_t count_max) { return databases_like(part, count_max); },
      .explain =
          [this](std::string lines, const explain_place& place) {
            return explanation_of(std::move(lines), place);
          },
      .taps = &taps});
  shown->set_configured(configured);
  static_cast<void>(shown->tick());
}

}  // namespace weir
