// SPDX-License-Identifier: Apache-2.0
#include "simulation/life.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "files/directory_sync_posix.hpp"
#include "files/file_operations.hpp"
#include "unit/metric_values.hpp"

namespace weir::simulation {

life::life(const surroundings& around)
    : around_(around),
      files_(around.planted == mutation::skipped_sync
                 ? std::make_unique<unsynced_files>(around.disk)
                 : std::make_unique<process_files>(around.disk)),
      frame_memory_(around.planned.frame_memory),
      sink_memory_(around.planned.sink_memory),
      request_memory_(around.planned.request_memory) {}

life::~life() {
  // As the operating system ends a process: what its parts do while they go reaches nothing.
  files_->kill();
  for (running_sink& one : sinks_) {
    one.http->abort();
  }
  loops_.clear();
  sinks_.clear();
}

std::unique_ptr<life> life::begin(const surroundings& around, std::vector<configured_sink>& sinks,
                                  std::uint64_t number, std::string& why) {
  std::unique_ptr<life> made(new life(around));
  const outcome opened = made->open(sinks, number);
  if (!opened) {
    why = opened.error().message;
    return nullptr;
  }
  return made;
}

outcome life::open_log() {
  local_log_options options{.directory = around_.directory,
                            .promise = around_.planned.promise,
                            .when_full = around_.planned.when_full,
                            .keep_bytes = around_.planned.keep_bytes,
                            .segment_bytes = around_.planned.segment_bytes,
                            .frames = frame_memory_,
                            .now_ns = [&clock = around_.clock] { return clock.wall_ns(); },
                            .files = files_.get()};
  options.own_thread = false;
  auto opened = open_local_log(std::move(options));
  if (!opened) {
    return opened.error();
  }
  opened_ = std::move(opened).value();
  log_ = static_cast<local_log*>(opened_.get());
  watched_ = std::make_unique<watched_log>(*opened_, around_.positions, around_.planted,
                                           around_.chance, around_.lost);
  return nothing{};
}

outcome life::open(std::vector<configured_sink>& sinks, std::uint64_t number) {
  if (outcome opened = open_log(); !opened) {
    return opened;
  }
  sinks_.reserve(sinks.size());
  for (configured_sink& one : sinks) {
    if (!one.removed) {
      if (outcome added = add(one, number); !added) {
        return added;
      }
    }
  }
  for (running_sink& one : sinks_) {
    one.worker->open(around_.clock.now_ms);
  }
  services_ = std::make_unique<write_services>(write_services{
      .terms = terms_, .log = *watched_, .databases = databases_, .memory = request_memory_});
  loops_.resize(around_.planned.loops);
  for (intake_loop& one : loops_) {
    one.path = std::make_unique<write_path>(*services_);
    one.path->attach([&one] { one.active = true; });
  }
  return nothing{};
}

outcome life::add(configured_sink& one, std::uint64_t number) {
  const sink_settings& settings = one.planned.settings;
  running_sink made;
  made.is = &one;
  cursor_state start;
  start.low_water = start.discovered = watched_->first();
  start.log_identity = watched_->identity();
  const std::string cursors = around_.directory + "/cursors";
  const std::string refused = around_.directory + "/refused";
  for (const std::string& directory : {cursors, refused}) {
    if (outcome there = make_directories(directory, *files_); !there) {
      return there;
    }
  }
  made.file = std::make_unique<cursor_file>(cursors, settings.name, *files_);
  result<std::optional<cursor_state>> kept = made.file->load();
  if (!kept) {
    return kept.error();
  }
  const bool cursor_missing = !kept.value();
  if (kept.value()) {
    start = start_on_log(std::move(*kept.value()), watched_->identity(), watched_->first()).state;
  }
  auto parked = parked_files::open(
      {.directory = parking_directory(around_.directory, settings.name),
       .keep_bytes = settings.park_keep,
       .kept = watched_->capabilities().stable ? durability::power : durability::process,
       .now_ns = [&clock = around_.clock] { return clock.wall_ns(); },
       .files = files_.get()});
  if (!parked) {
    return parked.error();
  }
  made.parked = std::move(parked).value();
  made.cursors = std::make_unique<watched_cursors>(*made.file, around_.truth, around_.events,
                                                   one.number, *files_, around_.planted);
  const bool stable = watched_->capabilities().stable;
  if (outcome synced = stable ? sync_path_to(refused, *files_) : outcome(nothing{}); !synced) {
    return synced;
  }
  made.refused =
      std::make_unique<refused_file>(refused, settings.name, settings.refused_keep,
                                     stable ? durability::power : durability::process, *files_);
  made.http = std::make_unique<virtual_transfer>(*one.server, number << 8 | one.number, *files_);
  made.target = std::make_unique<influxdb_target>(
      settings.name, *settings.as<influxdb_settings>(),
      influxdb_parts{.http = *made.http, .compression = settings_.log.compression});
  sinks_.push_back(std::move(made));
  running_sink& running = sinks_.back();  // they are not moved any more
  const std::size_t subscriber = watched_->subscribe({.name = settings.name,
                                                      .required = settings.required,
                                                      .wake = [&running] { running.woken = true; },
                                                      .seen = start.discovered},
                                                     start.low_water);
  running.worker = std::make_unique<sink>(
      settings,
      sink_parts{.log = *watched_,
                 .memory = sink_memory_,
                 .target = *running.target,
                 .cursors = running.cursors.get(),
                 .refused = running.refused.get(),
                 .request_turn = [&running] { running.woken = true; },
                 .subscriber = subscriber,
                 .seed = number ^ std::hash<std::string>{}(settings.name),
                 .now_ns = [&clock = around_.clock] { return clock.wall_ns(); },
                 .parked = running.parked.get(),
                 .cursor_missing = cursor_missing},
      start);
  return nothing{};
}

// ---- rounds

void life::loop_turn(intake_loop& one) {
  one.active = false;
  one.path->end_of_turn();
}

std::optional<std::int64_t> life::log_due_ms() const {
  const auto next = log_->next_work();
  return next ? std::optional(next->count() == 0 ? around_.clock.now_ms
                                                 : log_rested_since_ms_ + next->count())
              : std::nullopt;
}

bool life::log_is_due() const {
  const auto due = log_due_ms();
  return due && *due <= around_.clock.now_ms;
}

void life::log_round() {
  const auto next = log_->next_work();
  const bool rested = next && next->count() > 0;
  static_cast<void>(log_->work_once(rested));
  log_rested_since_ms_ = around_.clock.now_ms;
  watched_->look();
  if (!dead() && !log_->next_work()) {
    around_.truth.all_written();
  }
}

bool life::is_due(const running_sink& one) const {
  return one.woken || (one.due_ms && *one.due_ms <= around_.clock.now_ms);
}

void life::sink_turn(running_sink& one) {
  one.woken = false;
  one.due_ms = one.worker->turn(around_.clock.now_ms);
  const sink_points points = one.worker->counters().points();
  const std::uint64_t given_up =
      points.discarded[static_cast<std::size_t>(discard_reason::park_full)];
  if (given_up > one.given_up) {
    around_.events.note("a parking place was full", one.is->number, given_up);
    around_.truth.frames_lost(one.is->number);
  }
  one.given_up = std::max(one.given_up, given_up);
  if (!dead() && one.worker->opened() && points.pending != one.worker->pending_points()) {
    around_.events.fail("conservation: " + one.is->planned.settings.name + " says " +
                        std::to_string(points.pending) + " points are pending, its lanes hold " +
                        std::to_string(one.worker->pending_points()));
  }
}

std::optional<std::int64_t> life::due_ms() const {
  std::optional<std::int64_t> least = log_due_ms();
  for (const running_sink& one : sinks_) {
    const auto due = one.woken ? std::optional(around_.clock.now_ms) : one.due_ms;
    if (due) {
      least = std::min(least.value_or(*due), *due);
    }
  }
  return least;
}

void life::drain() {
  for (running_sink& one : sinks_) {
    one.worker->drain(around_.clock.now_ms);
    one.woken = true;
  }
}

bool life::end() {
  for (running_sink& one : sinks_) {
    one.target->abort();
  }
  for (intake_loop& one : loops_) {
    one.path->detach();
  }
  const outcome closed = opened_->close();
  watched_->look();
  return closed.ok() && !dead();
}

std::uint64_t life::discarded_by_log() const {
  metric_values values;
  opened_->collect(values);
  return static_cast<std::uint64_t>(values.values["weir_log_discarded_points_total"]);
}

}  // namespace weir::simulation
