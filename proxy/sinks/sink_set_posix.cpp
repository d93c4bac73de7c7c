// SPDX-License-Identifier: Apache-2.0
//
// Makes the sinks that the settings name: directories, cursors, subscriptions, threads.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/clock_posix.hpp"
#include "files/directory_remedy_posix.hpp"
#include "files/directory_sync_posix.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"
#include "sinks/parking/parked_files_posix.hpp"
#include "sinks/sink_runner_uv.hpp"
#include "sinks/sink_set.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "sinks/state/refused_store_posix.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

// How long the start waits for the sinks to have counted what is pending; intake is not kept
// waiting for one that reads a long log.
constexpr std::chrono::milliseconds count_wait{500};

/// Notified by each sink after its turns; `drain` waits on it.
struct progress_notifier {
  std::mutex lock;
  std::condition_variable moved;
  bool waited_for = false;

  void notify() {
    const std::lock_guard hold(lock);
    if (waited_for) {
      moved.notify_all();
    }
  }
};

struct running_sink {
  std::string name;
  std::unique_ptr<sink_runner> runner;
  /// Moved into the runner when it starts.
  sink_runner::parts parts;
  /// See made_target.
  std::function<void(std::string_view, metric_collector&)> collect;
};

class threaded_sinks final : public sink_set {
 public:
  explicit threaded_sinks(frame_log& log) : log_(log) {}
  ~threaded_sinks() override { stop(); }

  /// Makes a sink and subscribes it.
  outcome add(const sink_settings& settings, const sink_environment& environment);
  /// Begins all threads. Not before every sink is subscribed: the first one's releases could
  /// otherwise delete what the next one still needs.
  void launch();
  bool drain(std::chrono::steady_clock::time_point deadline) override;
  void stop() override;
  void collect(metric_collector& out) const override;
  [[nodiscard]] std::vector<sink_standing> standings() const override;

 private:
  [[nodiscard]] bool all_reached(std::uint64_t target) const;
  /// Each sink has reached it, or nothing more can come of waiting.
  [[nodiscard]] bool all_done(std::uint64_t target) const;
  void report_pending() const;

  frame_log& log_;
  progress_notifier progress_;
  std::vector<running_sink> sinks_;
  std::uint64_t drains_ = 0;
  bool stopped_ = false;
};

failure in_sink(const sink_settings& settings, const std::string& message) {
  return {fmt::format("sink \"{}\": {}", settings.name, message)};
}

outcome make_target(const sink_settings& settings, const sink_environment& environment,
                    log_position low_water, sink_runner& runner, running_sink& into) {
  const target_kind& kind = target_kind_of(settings);
  auto made = kind.make(settings, {.sinks = environment,
                                   .loop = runner.loop(),
                                   .low_water = low_water,
                                   .state_bytes = kind.keeps_state ? environment.state_bytes : 0});
  if (!made.ok()) {
    return in_sink(settings, made.error().message);
  }
  into.parts.http = std::move(made.value().http);
  into.parts.target = std::move(made.value().to);
  into.collect = std::move(made.value().collect);
  return nothing{};
}

outcome make_refused(const sink_settings& settings, const sink_environment& environment,
                     sink_runner::parts& parts) {
  std::string directory = settings.refused_directory;
  if (directory.empty()) {
    if (environment.state_directory.empty()) {
      return nothing{};
    }
    directory = environment.state_directory + "/refused";
  }
  if (outcome made = make_directories(directory); !made.ok()) {
    return in_sink(settings,
                   with_remedy(made.error(), "sink.refused_directory", directory).message);
  }
  const bool stable = environment.log.capabilities().stable;
  if (const outcome synced =
          stable ? sync_path_to(directory, posix_file_system()) : outcome(nothing{});
      !synced.ok()) {
    return in_sink(settings, synced.error().message);
  }
  parts.refused = std::make_unique<refused_file>(directory, settings.name, settings.refused_keep,
                                                 stable ? durability::power : durability::process);
  return nothing{};
}

result<cursor_state> make_cursor(const sink_settings& settings, const sink_environment& environment,
                                 sink_runner::parts& parts, bool& cursor_missing) {
  cursor_state start;
  start.low_water = start.discovered = environment.log.first();
  start.log_identity = environment.log.identity();
  if (!environment.persistent) {
    return start;
  }
  const std::string directory = environment.state_directory + "/cursors";
  if (const outcome made = make_directories(directory); !made.ok()) {
    return in_sink(settings, with_remedy(made.error(), environment.state_key, directory).message);
  }
  auto file = std::make_unique<cursor_file>(directory, settings.name);
  result<std::optional<cursor_state>> kept = file->load();
  if (!kept.ok()) {
    return in_sink(settings, with_remedy(kept.error(), environment.state_key, directory).message);
  }
  parts.cursors = std::move(file);
  cursor_missing = !kept.value();
  if (kept.value()) {
    started_cursor started =
        start_on_log(std::move(*kept.value()), environment.log.identity(), environment.log.first());
    if (started.of_another_log) {
      journal(journal_level::error,
              fmt::format("sink {}: its cursor is of another log than the one in log.directory, "
                          "which was deleted or replaced: it starts at this log's first frame, and "
                          "{} points that it had still to deliver are lost",
                          settings.name, started.owed));
    }
    start = std::move(started.state);
  }
  return start;
}

outcome make_parking(const sink_settings& settings, const sink_environment& environment,
                     sink_runner::parts& parts) {
  if (!environment.persistent) {
    return nothing{};
  }
  const std::string directory = parking_directory(environment.state_directory, settings.name);
  auto opened = parked_files::open(
      {.directory = directory,
       .keep_bytes = settings.park_keep,
       .kept = environment.log.capabilities().stable ? durability::power : durability::process,
       .now_ns = wall_clock_ns});
  if (!opened.ok()) {
    return in_sink(settings, with_remedy(opened.error(), environment.state_key, directory).message);
  }
  parts.parked = std::move(opened).value();
  return nothing{};
}

outcome threaded_sinks::add(const sink_settings& settings, const sink_environment& environment) {
  result<std::unique_ptr<sink_runner>> runner = sink_runner::make();
  if (!runner.ok()) {
    return in_sink(settings, runner.error().message);
  }
  running_sink made{settings.name, nullptr, {}, nullptr};
  sink_runner::parts& parts = made.parts;
  bool cursor_missing = false;
  result<cursor_state> start = make_cursor(settings, environment, parts, cursor_missing);
  if (!start.ok()) {
    return start.error();
  }
  for (const outcome& step :
       {make_target(settings, environment, start.value().low_water, *runner.value(), made),
        make_refused(settings, environment, parts), make_parking(settings, environment, parts)}) {
    if (!step.ok()) {
      return step;
    }
  }
  const auto notifier = runner.value()->wake();
  const std::size_t subscriber = log_.subscribe(
      {settings.name, settings.required, [notifier] { notifier->notify_of_append(); }},
      start.value().low_water);
  sink_parts needs{.log = log_,
                   .memory = environment.memory,
                   .target = *parts.target,
                   .cursors = parts.cursors.get(),
                   .refused = parts.refused.get(),
                   .request_turn = [notifier] { notifier->notify(); },
                   .subscriber = subscriber,
                   .seed = environment.seed ^ std::hash<std::string>{}(settings.name),
                   .now_ns = wall_clock_ns,
                   .parked = parts.parked.get(),
                   .cursor_missing = cursor_missing};
  parts.worker = std::make_unique<sink>(settings, std::move(needs), start.value());
  made.runner = std::move(runner).value();
  sinks_.push_back(std::move(made));
  return nothing{};
}

void threaded_sinks::launch() {
  for (running_sink& one : sinks_) {
    one.runner->start(std::move(one.parts), [this] { progress_.notify(); });
  }
  // The first line of the journal says how many points are pending.
  const auto deadline = std::chrono::steady_clock::now() + count_wait;
  for (const running_sink& one : sinks_) {
    static_cast<void>(one.runner->await_opened(deadline));
  }
}

bool threaded_sinks::all_reached(std::uint64_t target) const {
  return std::all_of(sinks_.begin(), sinks_.end(), [&](const running_sink& one) {
    const sink_counters& counters = one.runner->counters();
    return counters.low_water.value() >= target && counters.parked_points.value() == 0;
  });
}

bool threaded_sinks::all_done(std::uint64_t target) const {
  return std::all_of(sinks_.begin(), sinks_.end(), [&](const running_sink& one) {
    const sink_counters& counters = one.runner->counters();
    const bool all = counters.low_water.value() >= target && counters.parked_points.value() == 0;
    return all || counters.at_rest.value() == drains_;
  });
}

void threaded_sinks::report_pending() const {
  for (const running_sink& one : sinks_) {
    const sink_counters& counters = one.runner->counters();
    if (const std::uint64_t points = counters.points().pending; points > 0) {
      journal(journal_level::info,
              fmt::format("sink {}: {} not delivered ({} of {} lanes held)", one.name,
                          points == 1 ? "1 point is" : fmt::format("{} points are", points),
                          counters.held_lanes.value(), counters.lanes.value()));
    }
  }
}

bool threaded_sinks::drain(std::chrono::steady_clock::time_point deadline) {
  const std::uint64_t target = log_.end().number();
  ++drains_;
  std::unique_lock hold(progress_.lock);
  progress_.waited_for = true;
  for (const running_sink& one : sinks_) {
    one.runner->drain();
  }
  progress_.moved.wait_until(hold, deadline, [&] { return all_done(target); });
  progress_.waited_for = false;
  if (all_reached(target)) {
    return true;
  }
  report_pending();
  return false;
}

void threaded_sinks::stop() {
  if (std::exchange(stopped_, true)) {
    return;
  }
  for (const running_sink& one : sinks_) {
    one.runner->stop();
  }
  // The subscriptions stay. Without them the log would delete what a sink that is behind the others
  // needs when it comes back.
}

void threaded_sinks::collect(metric_collector& out) const {
  const std::int64_t now = monotonic_ms();
  const std::int64_t now_ns = wall_clock_ns();
  for (const running_sink& one : sinks_) {
    one.runner->counters().collect(one.name, now, now_ns, out);
    if (one.collect) {
      one.collect(one.name, out);
    }
  }
}

std::vector<sink_standing> threaded_sinks::standings() const {
  std::vector<sink_standing> all;
  for (const running_sink& one : sinks_) {
    const sink_counters& now = one.runner->counters();
    all.push_back({.name = one.name,
                   .pending_points = now.points().pending,
                   .lanes = now.lanes.value(),
                   .held_lanes = now.held_lanes.value()});
  }
  return all;
}

}  // namespace

result<std::unique_ptr<sink_set>> start_sinks(const std::vector<sink_settings>& settings,
                                              sink_environment environment) {
  const auto sharing =
      std::count_if(settings.begin(), settings.end(),
                    [](const sink_settings& one) { return target_kind_of(one).keeps_state; });
  environment.state_bytes /= static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(1, sharing));
  auto made = std::make_unique<threaded_sinks>(environment.log);
  for (const sink_settings& one : settings) {
    if (const outcome added = made->add(one, environment); !added.ok()) {
      return added.error();
    }
  }
  made->launch();
  return std::unique_ptr<sink_set>(std::move(made));
}

}  // namespace weir
