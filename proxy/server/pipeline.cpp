// SPDX-License-Identifier: Apache-2.0
#include "server/pipeline.hpp"

#include <algorithm>
#include <mutex>
#include <random>
#include <thread>

#include "config/checks/table_checks.hpp"
#include "config/sinks/sink_kinds.hpp"
#include "files/directory_remedy_posix.hpp"
#include "ingest/ingest_journal.hpp"
#include "observe/journal.hpp"
#include "server/gate_metrics.hpp"
#include "server/http_service.hpp"
#include "server/log/open_log.hpp"
#include "server/log/start_sinks.hpp"
#include "server/passing/query_metrics.hpp"
#include "server/pipeline_state.hpp"
#include "server/process_metrics_posix.hpp"
#include "users/random_bytes_posix.hpp"

namespace weir {
namespace {

// How limits.memory is shared out. Requests in flight and sinks have a quarter each, so that
// draining never starves; the rest holds frames.
constexpr std::uint64_t request_share = 4;
constexpr std::uint64_t sink_share = 4;
// How the requests' part is shared out while it runs short: an eighth is left to small requests,
// and a client that holds more than half gets no more while less than a quarter would be free.
constexpr std::size_t small_lease_bytes = std::size_t{128} << 10;
constexpr std::size_t reserve_part = 8;
constexpr std::size_t client_part = 2;
constexpr std::size_t client_reserve_part = 4;
constexpr std::size_t client_small_reserve_sixteenths = 3;
// Of databases, in one part of a scrape.
constexpr std::size_t databases_collected = 32;

budget_rules request_rules(std::size_t bytes) {
  return {.small_bytes = small_lease_bytes,
          .reserve_bytes = bytes / reserve_part,
          .client_bytes = bytes / client_part,
          .client_reserve_bytes = bytes / client_reserve_part,
          .client_small_reserve_bytes = bytes / 16 * client_small_reserve_sixteenths};
}

std::uint32_t loop_count(std::uint32_t configured) {
  return configured > 0 ? configured : std::max(1U, std::thread::hardware_concurrency());
}

/// "auto" is gzip where a sink sends what lies in the log over the network, and plain where none
/// does: then compressing would be paid for nothing but disk.
compression_mode resolve_compression(const settings& configuration) {
  const bool sends = std::any_of(configuration.sinks.begin(), configuration.sinks.end(),
                                 [](const auto& sink) { return kind_of(sink).sends_frames; });
  const compression_mode wanted = configuration.log.compression;
  return wanted == compression_mode::automatic && !sends ? compression_mode::none : wanted;
}

gate_memory_options remembered_of(const settings& configuration, wall_time start) {
  std::random_device random;
  return {
      .series_bytes = static_cast<std::size_t>(configuration.limits.series),
      .types_bytes = static_cast<std::size_t>(configuration.limits.types),
      .duplicates_bytes = static_cast<std::size_t>(configuration.limits.duplicates),
      .series_idle_s = static_cast<std::uint32_t>(configuration.limits.series_idle.count() / 1'000),
      .keeps_types =
          configuration.log.type != log_type::kafka && !state_directory_of(configuration).empty(),
      .seed = std::uint64_t{random()} << 32 | random(),
      .start_ns = start.ns};
}

/// The setting that names the state directory.
std::string state_key(const settings& configured) {
  return configured.service.state_directory.empty() ? "log.directory" : "service.state_directory";
}

}  // namespace

http::connection_limits limits_of(const http_settings& http) {
  http::connection_limits limits;
  limits.head_bytes_max = http.head_limit;
  limits.body_bytes_max = http.body_limit;
  limits.inflate_ratio_max = http.inflate_ratio;
  limits.head_timeout_ns = nanoseconds(http.head_timeout).count();
  limits.body_timeout_ns = nanoseconds(http.body_timeout).count();
  limits.idle_timeout_ns = nanoseconds(http.idle_timeout).count();
  return limits;
}

failure explained(const failure& why, const std::string& key, const std::string& directory) {
  // Another weir there has nothing wrong with the directory.
  if (why.message.find(" is held by ") != std::string::npos) {
    return {key + " = \"" + directory + "\": " + why.message + "; stop that one, or set " + key +
            " to another directory"};
  }
  return with_remedy(why, key, directory);
}

settings with_compression(settings configuration) {
  configuration.log.compression = resolve_compression(configuration);
  return configuration;
}

memory_shares share_out(std::uint64_t memory) noexcept {
  const std::uint64_t requests = memory / request_share;
  const std::uint64_t sinks = memory / sink_share;
  return {.requests = requests,
          .request_rules = request_rules(requests),
          .sinks = sinks,
          .frames = memory - requests - sinks,
          .frame_rules = {.reserve_bytes = (memory - requests - sinks) / 2}};
}

pipeline::state::state(const settings& configuration, clock_source clocks,
                       std::function<void()> wake)
    : configured(std::make_shared<const settings>(configuration)),
      clock(std::move(clocks)),
      began_at(clock()),
      request_memory(share_out(configuration.limits.memory).requests,
                     share_out(configuration.limits.memory).request_rules),
      sink_memory(share_out(configuration.limits.memory).sinks),
      frame_memory(share_out(configuration.limits.memory).frames,
                   share_out(configuration.limits.memory).frame_rules),
      databases(configuration.limits.databases, configuration.limits.labelled_databases),
      remembered(remembered_of(configuration, clock().wall)),
      answers(std::make_shared<const http_terms>()),
      http_tls(std::make_shared<current_tls>(std::make_shared<const tls_context>())),
      taps(static_cast<std::uint64_t>(clock().wall.ns)),
      reloads(clock().wall),
      desk(std::move(wake)) {}

write_services pipeline::state::writes(refusal_summary& refusals) noexcept {
  return {.terms = *terms,
          .log = *log,
          .databases = databases,
          .memory = request_memory,
          .letters = letters.get(),
          .sources = &sources,
          .remembered = &remembered,
          .keep_types = [this] { return types ? types->keep() : outcome(nothing{}); },
          .claims = fleet ? &fleet->claims : nullptr,
          .refusals = &refusals,
          .findings = &findings,
          .taps = &taps,
          .lost_unsynced = &requests.lost_unsynced,
          .line_bytes_max = &line_limit};
}

outcome pipeline::state::open_log() {
  auto opened = open_configured_log(configured->log, configured->limits.line, frame_memory,
                                    wall_ns(), line_limit);
  if (!opened) {
    return opened.error();
  }
  log = std::move(opened).value();
  if (configured->log.type == log_type::kafka) {
    return watch_topic();
  }
  return nothing{};
}

outcome pipeline::state::open_state() {
  const std::string directory = state_directory_of(*configured);
  if (directory.empty()) {
    return nothing{};
  }
  state_directory_options options{.directory = directory,
                                  .log_directory = log_directory_of(*configured)};
  options.named_directories.push_back(configured->letters.directory);
  for (const sink_settings& sink : configured->sinks) {
    options.named_directories.push_back(sink.refused_directory);
  }
  auto opened = state_directory::open(options);
  if (!opened) {
    return opened.error();
  }
  kept_state = std::move(opened).value();
  return nothing{};
}

outcome pipeline::state::open_types() {
  const std::string path = kept_path(state_entry::types);
  if (path.empty() || configured->log.type == log_type::kafka) {
    return nothing{};
  }
  auto opened = types_file::open(path, remembered, {.kept = promised()});
  if (!opened) {
    return opened.error();
  }
  types = std::move(opened).value();
  if (!types->set_aside().empty()) {
    journal(journal_level::error,
            path + " held no type of a field that can be read (" +
                std::to_string(types->damaged()) + " damaged record(s)), and is now " +
                types->set_aside() +
                ": the types of all fields are those of the next points. If that must not be, stop "
                "weir, put a good copy of " +
                path + " there, and start it again");
  } else if (types->damaged() > 0) {
    journal(journal_level::warning,
            std::to_string(types->damaged()) + " record(s) of " + path +
                " were damaged: the types of those fields are those of the next points");
  }
  if (types->beyond() > 0) {
    journal(journal_level::warning,
            std::to_string(types->beyond()) + " record(s) of " + path +
                " are beyond limits.types: those fields pass unchecked, and the file is made anew "
                "without them. Raise limits.types, or look for a sender that makes field names of "
                "values");
  }
  return nothing{};
}

result<std::unique_ptr<letter_store>> pipeline::state::open_letter_store(const settings& of) const {
  const letter_settings& wanted = of.letters;
  if (!wanted.enabled || (wanted.directory.empty() && !kept_state)) {
    return std::unique_ptr<letter_store>{};
  }
  const std::string directory = letters_directory(of);
  auto store =
      letter_store::open({.directory = directory, .keep = wanted.keep}, posix_file_system());
  if (!store) {
    return explained({store.error().message + " (or letters.enabled = false)"}, "letters.directory",
                     directory);
  }
  return store;
}

outcome pipeline::state::open_letters() {
  auto store = open_letter_store(*configured);
  if (!store) {
    return store.error();
  }
  const letter_settings& wanted = configured->letters;
  letters = std::make_unique<letter_box>(
      letter_box_options{.line_bytes_max = static_cast<std::size_t>(wanted.line),
                         .dropped = wanted.dropped,
                         .now_ns = wall_ns()},
      std::move(store).value());
  return nothing{};
}

result<std::shared_ptr<upstream_schemas>> pipeline::state::start_schemas(
    const std::shared_ptr<const settings>& of, const upstream_schemas* before) {
  auto started = upstream_schemas::start(
      of, databases, kept_path(state_entry::schemas),
      [this](std::string_view database, std::string_view measurement, std::string_view field,
             field_type type) {
        // A type that clients' lines have set stays: the server's own verdict on them will tell.
        static_cast<void>(remembered.learn(database, measurement, field, type));
      },
      before);
  if (!started) {
    return started.error();
  }
  return std::shared_ptr<upstream_schemas>(std::move(started).value());
}

outcome pipeline::state::set_terms() {
  auto compiled = rule_set::compile(configured->rules);
  if (!compiled) {
    return compiled.error();
  }
  rules = std::move(compiled).value();
  const auto settled = std::make_shared<const settings>(with_compression(*configured));
  auto started = start_schemas(settled, nullptr);
  if (!started) {
    return started.error();
  }
  schemas = std::move(started).value();
  terms.emplace(std::make_shared<const write_terms>(
      write_terms{.configured = settled,
                  .rules = rules,
                  .policies = std::make_shared<const settled_policies>(*settled),
                  .upstream = schemas}));
  return nothing{};
}

outcome pipeline::state::start_sinks_of() {
  auto started = start_configured_sinks(
      *configured, sinks_here(*configured),
      {.log = *log,
       .memory = sink_memory,
       .state_directory = state_directory_of(*configured),
       .persistent = log->capabilities().durable,
       .compression = with_compression(*configured).log.compression,
       .created_through_weir = [this](std::string_view name) { return created->created(name); },
       .seed = static_cast<std::uint64_t>(clock().wall.ns),
       .state_bytes = configured->limits.state,
       .names_bytes = configured->limits.names,
       .state_key = state_key(*configured),
       .waits_for_server =
           [this](std::string_view sink, std::string_view database) {
             return catalogue->waits(sink, database);
           },
       .server_lacks =
           [this](std::string_view sink, const lane_key& lane) {
             catalogue->look_again(sink, lane.database, lane.retention_policy);
           }},
      frame_memory, drops());
  if (!started) {
    return started.error();
  }
  sinks = std::move(started).value();
  created->on_drop([this](std::string_view name) { forget(name); });
  catalogue->begin();
  return nothing{};
}

void pipeline::state::start_push() {
  pushed = std::make_unique<push_service>(*configured, clock().wall);
  if (!has_role(*configured, "intake")) {
    return;  // nothing is pushed here, nor written again
  }
  push_keeper_thread = std::make_unique<push_keeper>(*pushed, writes(push_refusals), clock,
                                                     kept_path(state_entry::pushed));
  push_keeper_thread->start();
}

outcome pipeline::state::start_intake(uv_loop_s* control) {
  auto listeners = make_listeners(configured->http, transports_of(http_tls));
  if (!listeners) {
    return listeners.error();
  }
  auto tls = load_tls("http", configured->http.tls);
  if (!tls) {
    return tls.error();
  }
  http_tls->publish(std::move(tls).value());
  listener_changes changes = change_listeners({}, std::move(listeners).value(), next_listener);
  next_listener += static_cast<std::uint32_t>(changes.opened.size());
  answers.publish(make_http_terms(*configured, std::move(changes.wanted)));
  auto key = random_bytes(digest_maker::key_bytes);
  if (!key) {
    return key.error();
  }
  doors.emplace(std::move(key).value());
  const http_intake_options options{
      .listen = to_open(changes.opened),
      .loops = loop_count(configured->http.loops),
      .connections_max = configured->http.connections,
      .connections_per_address = configured->http.connections_per_address,
      .limits = limits_of(configured->http),
      .clock = clock};
  const http_services services{
      .writes = writes(http_refusals),
      .databases = *catalogue,
      .administered = catalogue.get(),
      .counters = requests,
      .clock = clock,
      .terms = answers,
      .metrics = [this] { return metrics(); },
      .sinks = [this] { return sinks->standings(); },
      .parked = {.retry = [this](std::string_view name,
                                 const auto& which) { return sinks->retry_parked(name, which); },
                 .drop = [this](std::string_view name,
                                const auto& which) { return sinks->drop_parked(name, which); }},
      .queries = &queries,
      .pushed = pushed.get(),
      .reloads = &desk,
      .reloaded = &reloads,
      .page = shown.get(),
      .doors = &*doors,
      .duties = duties()};
  auto started = http_intake::start(control, options, [&services](std::uint32_t index) {
    return make_http_worker(services, index);
  });
  if (!started) {
    const std::string& message = started.error().message;
    return failure{std::string(key_of_failed(changes.opened, message)) + ": " + message};
  }
  intake = std::move(started).value();
  // With port 0 the addresses are known only now. Nothing was accepted yet.
  return check_loops(configured->sinks, intake->addresses());
}

outcome pipeline::state::check_loops(const std::vector<sink_settings>& sinks,
                                     const std::vector<listen_address>& addresses) {
  http_settings taken;
  taken.listen.clear();
  for (const listen_address& address : addresses) {
    taken.listen.push_back(to_string(address));
  }
  for (const sink_settings& sink : sinks) {
    if (std::string fault = own_listener_fault(sink, taken, this_machine()); !fault.empty()) {
      return failure{std::move(fault)};
    }
  }
  return nothing{};
}

metric_parts pipeline::state::metrics() const {
  enum class part : std::uint8_t { lines, gate, others };
  return [this, next = part::lines, first = std::size_t{0}](metric_collector& out) mutable {
    switch (next) {
      case part::lines:
        if (databases.collect_some(first, databases_collected, out)) {
          first += databases_collected;
        } else {
          next = part::gate;
        }
        return true;
      case part::gate:
        collect_gate(remembered, databases, out);
        next = part::others;
        return true;
      case part::others:
        break;
    }
    collect_others(out);
    return false;
  };
}

void pipeline::state::collect_others(metric_collector& out) const {
  collect_process(out);
  if (types != nullptr) {
    types->collect(out);
  }
  if (fleet != nullptr) {
    fleet->topic->collect(out);
  }
  sources.collect(out);
  if (letters != nullptr) {
    letters->collect(out);
  }
  const std::shared_lock hold(lists_lock);
  for (std::size_t i = 0; i < rules->size(); ++i) {
    out.counter_value("weir_rule_points_total",
                      "Points that a rule dropped or changed, those of requests that were refused "
                      "whole among them.",
                      static_cast<double>(rules->hits(i)), {{"rule", rules->name(i)}});
  }
  pushed->collect(out);
  schemas->collect(out);
  catalogue->collect(out);
  requests.collect(out);
  collect_queries(queries.count(), out);
  if (doors) {
    doors->collect(out);
  }
  reloads.collect(out);
  log->collect(out);
  if (topic != nullptr) {
    topic->collect(out);
  }
  sinks->collect(out);
  if (intake != nullptr) {
    intake->collect(out);
  }
  udp.collect(out);
  tcp.collect(out);
  const auto budget = [&out](std::string_view of, const memory_budget& memory) {
    out.gauge_value("weir_memory_used_bytes", "Memory taken from limits.memory, by use.",
                    static_cast<double>(memory.used()), {{"use", of}});
    out.gauge_value("weir_memory_limit_bytes", "Shares of limits.memory, by use.",
                    static_cast<double>(memory.limit()), {{"use", of}});
  };
  budget("requests", request_memory);
  budget("frames", frame_memory);
  budget("sinks", sink_memory);
}

pipeline::pipeline(std::unique_ptr<state> built) : state_(std::move(built)) {}

pipeline::~pipeline() = default;

result<std::unique_ptr<pipeline>> pipeline::start(const settings& configured, uv_loop_s* control,
                                                  clock_source clock, std::function<void()> wake) {
  // Before anything is touched: it cannot be wrong where the settings were checked.
  if (auto compiled = rule_set::compile(configured.rules); !compiled) {
    return compiled.error();
  }
  auto built = std::make_unique<state>(configured, std::move(clock), std::move(wake));
  // Each step needs the ones before it.
  if (auto opened = built->open_log(); !opened) {
    if (configured.log.type != log_type::local) {
      return opened.error();
    }
    return explained(opened.error(), "log.directory", configured.log.directory);
  }
  for (const auto step : {&state::open_state, &state::open_types, &state::open_created,
                          &state::open_fleet, &state::open_catalogue, &state::set_terms}) {
    if (auto done = (built.get()->*step)(); !done) {
      return explained(done.error(), state_key(configured), state_directory_of(configured));
    }
  }
  if (auto opened = built->open_letters(); !opened) {
    return opened.error();
  }
  if (auto started = built->start_sinks_of(); !started) {
    return started.error();
  }
  if (auto started = built->start_line_listeners(); !started) {
    return started.error();
  }
  built->start_push();
  built->make_page();
  if (auto started = built->start_intake(control); !started) {
    return started.error();
  }
  if (built->fleet != nullptr) {
    built->fleet->serves.store(true);
  }
  return std::unique_ptr<pipeline>(new pipeline(std::move(built)));
}

void pipeline::collect(metric_collector& out) const {
  const metric_parts parts = state_->metrics();
  while (parts(out)) {
  }
}

const settings& pipeline::configured() const noexcept {
  return *state_->configured;
}

reload_desk& pipeline::reloads() noexcept {
  return state_->desk;
}

reload_record& pipeline::reload_results() noexcept {
  return state_->reloads;
}

std::vector<listen_address> pipeline::addresses() const {
  return state_->intake->addresses();
}

std::vector<listen_address> pipeline::udp_addresses() const {
  return state_->udp.addresses();
}

std::vector<listen_address> pipeline::tcp_addresses() const {
  return state_->tcp.addresses();
}

page_service& pipeline::page() noexcept {
  return *state_->shown;
}

void pipeline::finish_intake() {
  state_->requests.draining.store(true);
  state_->shown->close();
  state_->desk.close();
  state_->intake->finish();
  state_->udp.finish();
  state_->tcp.finish();
}

std::size_t pipeline::open_connections() const noexcept {
  return state_->intake->open_connections() + state_->udp.still_open() + state_->tcp.still_open();
}

void pipeline::journal_refusals(wall_time now) {
  weir::journal_refusals(state_->http_refusals, now.ns);
  weir::journal_refusals(state_->udp_refusals, now.ns);
  weir::journal_refusals(state_->tcp_refusals, now.ns);
}

void pipeline::stop(steady_time deadline) {
  state_->intake->stop();
  state_->udp.stop();
  state_->tcp.stop();
  state_->queries.stop();
  if (state_->push_keeper_thread != nullptr) {
    state_->push_keeper_thread->stop();
  }
  if (state_->letters != nullptr) {
    state_->letters->stop();
  }
  state_->schemas->stop();
  state_->catalogue->stop();
  state_->stop_fleet();
  if (!state_->sinks->drain(to_time_point(deadline))) {
    journal(journal_level::info,
            state_->log->capabilities().durable
                ? "not everything could be delivered; it stays in the log"
                : "not everything could be delivered; the memory log loses the rest");
  }
  state_->sinks->stop(sink_set::finish_within);
  if (auto closed = state_->log->close(); !closed) {
    journal(journal_level::error, closed.error().message);
  }
}

}  // namespace weir
