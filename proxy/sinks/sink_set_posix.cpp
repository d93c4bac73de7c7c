// SPDX-License-Identifier: Apache-2.0
//
// Makes the sinks that the settings name: directories, cursors, subscriptions, threads.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "base/clock_posix.hpp"
#include "config/sinks/sink_kinds.hpp"
#include "files/directory_remedy_posix.hpp"
#include "files/directory_sync_posix.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"
#include "sinks/parking/parked_files_posix.hpp"
#include "sinks/sink_runner_uv.hpp"
#include "sinks/sink_set.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "sinks/state/gone_cursors_posix.hpp"
#include "sinks/state/refused_store_posix.hpp"
#include "sinks/state/start_position.hpp"
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
  sink_settings settings;
  /// Refers to what it was made with; outlives the runner.
  std::shared_ptr<const sink_environment> environment;
  std::size_t subscriber = 0;
  /// Drains of the set before it was begun.
  std::uint64_t drains_before = 0;
  std::unique_ptr<sink_runner> runner;
  /// Moved into the runner when it starts.
  sink_runner::parts parts;
  /// See made_target.
  std::function<void(std::string_view, metric_collector&)> collect;
};
using running_sinks = std::vector<std::unique_ptr<running_sink>>;

class threaded_sinks final : public sink_set {
 public:
  explicit threaded_sinks(sink_environment environment)
      : log_(environment.log), given_(std::move(environment)) {}
  ~threaded_sinks() override { stop(); }

  /// Makes and begins the first ones.
  outcome begin(const std::vector<sink_settings>& settings);
  outcome change(const sink_change& wanted) override;
  bool drain(std::chrono::steady_clock::time_point deadline) override;
  void stop() override;
  void forget_database(std::string_view name) override;
  std::size_t retry_parked(std::string_view sink_name, const parked_filter& which) override;
  std::size_t drop_parked(std::string_view sink_name, const parked_filter& which) override;
  void collect(metric_collector& out) const override;
  [[nodiscard]] std::vector<sink_standing> standings() const override;

 private:
  /// Those of a change, by what becomes of them.
  struct plan {
    std::shared_ptr<const sink_environment> environment;
    running_sinks added;
    /// Those of now that are ended and begun anew, and what is begun in their place.
    std::vector<running_sink*> ended;
    running_sinks renewed;
  };

  /// With a sink's share of what they share.
  [[nodiscard]] std::shared_ptr<const sink_environment> environment_of(
      const sink_change& wanted) const;
  /// Makes a sink and subscribes it. `from`: where it stands; nullptr: where its cursor says.
  [[nodiscard]] result<std::unique_ptr<running_sink>> make(
      const sink_settings& settings, const std::shared_ptr<const sink_environment>& environment,
      const cursor_state* from) const;
  [[nodiscard]] outcome renew(plan& made, running_sink& before, const sink_settings& settings);
  void undo(plan& made);
  void launch(running_sink& one);
  void forget(const running_sink& gone) const;
  [[nodiscard]] running_sink* find(std::string_view name) const;
  [[nodiscard]] bool all_reached(std::uint64_t target) const;
  /// Each sink has reached it, or nothing more can come of waiting.
  [[nodiscard]] bool all_done(std::uint64_t target) const;
  void report_pending() const;
  std::size_t post(std::string_view sink_name, const std::function<void(sink&)>& what);

  frame_log& log_;
  const sink_environment given_;
  progress_notifier progress_;
  /// Of `sinks_`, for threads that only read it.
  mutable std::shared_mutex lock_;
  running_sinks sinks_;
  std::uint64_t drains_ = 0;
  bool stopped_ = false;
};

failure in_sink(const sink_settings& settings, const std::string& message) {
  return {fmt::format("sink \"{}\": {}", settings.name, message)};
}

std::string cursors_of(const sink_environment& environment) {
  return environment.state_directory + "/cursors";
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

/// `cursor_missing`: there is none, and the sink begins where its settings say.
result<cursor_state> make_cursor(const sink_settings& settings, const sink_environment& environment,
                                 sink_runner::parts& parts, bool& cursor_missing) {
  const auto fresh = [&] {
    cursor_state state;
    state.low_water = state.discovered =
        start_position(settings.start, environment.log, wall_clock_ns());
    state.log_identity = environment.log.identity();
    return state;
  };
  if (!environment.persistent) {
    return fresh();
  }
  const std::string directory = cursors_of(environment);
  if (const outcome made = make_directories(directory); !made.ok()) {
    return in_sink(settings, with_remedy(made.error(), environment.state_key, directory).message);
  }
  if (const outcome back = take_cursor_back(directory, settings.name); !back.ok()) {
    return in_sink(settings, with_remedy(back.error(), environment.state_key, directory).message);
  }
  auto file = std::make_unique<cursor_file>(directory, settings.name);
  result<std::optional<cursor_state>> kept = file->load();
  if (!kept.ok()) {
    return in_sink(settings, with_remedy(kept.error(), environment.state_key, directory).message);
  }
  parts.cursors = std::move(file);
  cursor_missing = !kept.value();
  if (cursor_missing) {
    return fresh();
  }
  started_cursor started =
      start_on_log(std::move(*kept.value()), environment.log.identity(), environment.log.first());
  if (started.of_another_log) {
    journal(journal_level::error,
            fmt::format("sink {}: its cursor is of another log than the one in log.directory, "
                        "which was deleted or replaced: it starts at this log's first frame, and "
                        "{} points that it had still to deliver are lost",
                        settings.name, started.owed));
  }
  return std::move(started.state);
}

outcome make_parking(const sink_settings& settings, const sink_environment& environment,
                     sink_runner::parts& parts) {
  if (!environment.persistent) {
    return nothing{};
  }
  const std::string directory =
      parking_directory(environment.state_directory + "/parked", settings.name);
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

/// See subscription::settle. It goes by the file's name: the file itself is the sink's thread's.
std::function<void()> settler_of(const sink_settings& settings,
                                 const sink_environment& environment) {
  if (!environment.persistent || !environment.log.capabilities().stable) {
    return {};
  }
  const std::string path =
      cursor_file(environment.state_directory + "/cursors", settings.name).path();
  return [path] {
    if (const outcome synced = sync_file(path); !synced) {
      journal_limited("cursor sync", journal_level::warning,
                      synced.error().message + "; a loss of power may bring an older cursor back");
    }
  };
}

std::shared_ptr<const sink_environment> threaded_sinks::environment_of(
    const sink_change& wanted) const {
  const auto sharing =
      std::count_if(wanted.sinks.begin(), wanted.sinks.end(),
                    [](const sink_settings& one) { return target_kind_of(one).keeps_state; });
  auto made = std::make_shared<sink_environment>(given_);
  made->compression = wanted.compression;
  made->state_bytes =
      wanted.state_bytes / static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(1, sharing));
  return made;
}

result<std::unique_ptr<running_sink>> threaded_sinks::make(
    const sink_settings& settings, const std::shared_ptr<const sink_environment>& environment,
    const cursor_state* from) const {
  result<std::unique_ptr<sink_runner>> runner = sink_runner::make();
  if (!runner.ok()) {
    return in_sink(settings, runner.error().message);
  }
  auto made = std::make_unique<running_sink>(
      running_sink{settings, environment, 0, 0, nullptr, {}, nullptr});
  sink_runner::parts& parts = made->parts;
  bool cursor_missing = false;
  result<cursor_state> start = make_cursor(settings, *environment, parts, cursor_missing);
  if (!start.ok()) {
    return start.error();
  }
  if (from != nullptr) {
    start = *from;
  }
  for (const outcome& step :
       {make_target(settings, *environment, start.value().low_water, *runner.value(), *made),
        make_refused(settings, *environment, parts), make_parking(settings, *environment, parts)}) {
    if (!step.ok()) {
      return step.error();
    }
  }
  const auto notifier = runner.value()->wake();
  made->subscriber = log_.subscribe({.name = settings.name,
                                     .required = settings.required,
                                     .wake = [notifier] { notifier->notify_of_append(); },
                                     .seen = start.value().discovered,
                                     .settle = settler_of(settings, *environment)},
                                    start.value().low_water);
  sink_parts needs{.log = log_,
                   .memory = environment->memory,
                   .target = *parts.target,
                   .cursors = parts.cursors.get(),
                   .refused = parts.refused.get(),
                   .request_turn = [notifier] { notifier->notify(); },
                   .subscriber = made->subscriber,
                   .seed = environment->seed ^ std::hash<std::string>{}(settings.name),
                   .now_ns = wall_clock_ns,
                   .parked = parts.parked.get(),
                   .cursor_missing = cursor_missing && from == nullptr};
  parts.worker = std::make_unique<sink>(settings, std::move(needs), start.value());
  made->runner = std::move(runner).value();
  return made;
}

void threaded_sinks::launch(running_sink& one) {
  one.drains_before = drains_;
  one.runner->start(std::move(one.parts), [this] { progress_.notify(); });
}

outcome threaded_sinks::begin(const std::vector<sink_settings>& settings) {
  const auto environment = environment_of({settings, given_.compression, given_.state_bytes});
  if (given_.persistent) {
    std::vector<std::string> names;
    names.reserve(settings.size());
    for (const sink_settings& one : settings) {
      names.push_back(one.name);
    }
    set_aside_cursors_but(cursors_of(given_), names);
  }
  for (const sink_settings& one : settings) {
    auto made = make(one, environment, nullptr);
    if (!made.ok()) {
      return made.error();
    }
    sinks_.push_back(std::move(made).value());
  }
  // Not before every sink is subscribed: the first one's releases could otherwise delete what the
  // next one still needs.
  for (const auto& one : sinks_) {
    launch(*one);
  }
  // The first line of the journal says how many points are pending.
  const auto deadline = std::chrono::steady_clock::now() + count_wait;
  for (const auto& one : sinks_) {
    static_cast<void>(one->runner->await_opened(deadline));
  }
  return nothing{};
}

running_sink* threaded_sinks::find(std::string_view name) const {
  const auto found = std::find_if(sinks_.begin(), sinks_.end(),
                                  [name](const auto& one) { return one->settings.name == name; });
  return found == sinks_.end() ? nullptr : found->get();
}

/// Whether a sink would be made as it was.
bool as_before(const running_sink& now, const sink_settings& wanted,
               const sink_environment& environment) {
  const target_kind& kind = target_kind_of(wanted);
  return now.settings == wanted &&
         (!kind.keeps_state || now.environment->state_bytes == environment.state_bytes) &&
         (!kind_of(wanted).sends_frames || now.environment->compression == environment.compression);
}

/// Ends a sink and makes it anew where it stood. The one before stays in the list, ended.
outcome threaded_sinks::renew(plan& made, running_sink& before, const sink_settings& settings) {
  before.runner->stop();
  made.ended.push_back(&before);
  const cursor_state stood = before.runner->standing();
  auto anew = make(settings, made.environment, &stood);
  if (!anew.ok()) {
    return anew.error();
  }
  made.renewed.push_back(std::move(anew).value());
  return nothing{};
}

/// Nothing of the plan was launched yet: what was ended goes on as it was.
void threaded_sinks::undo(plan& made) {
  for (const running_sinks* list : {&made.added, &made.renewed}) {
    for (const auto& one : *list) {
      log_.unsubscribe(one->subscriber);
    }
  }
  made.added.clear();
  made.renewed.clear();
  for (running_sink* one : made.ended) {
    const cursor_state stood = one->runner->standing();
    auto again = make(one->settings, one->environment, &stood);
    if (!again.ok()) {
      // Its subscription stays, so that the log keeps what it needs.
      journal(journal_level::error,
              fmt::format("{}; it delivers nothing before a reload or a restart",
                          again.error().message));
      continue;
    }
    log_.unsubscribe(one->subscriber);
    launch(*again.value());
    const std::unique_lock hold(lock_);
    *std::find_if(sinks_.begin(), sinks_.end(),
                  [one](const auto& each) { return each.get() == one; }) = std::move(again).value();
  }
}

outcome threaded_sinks::change(const sink_change& wanted) {
  plan made{environment_of(wanted), {}, {}, {}};
  // First what leaves the sinks of now alone.
  for (const sink_settings& one : wanted.sinks) {
    if (find(one.name) == nullptr) {
      auto added = make(one, made.environment, nullptr);
      if (!added.ok()) {
        undo(made);
        return added.error();
      }
      made.added.push_back(std::move(added).value());
    }
  }
  for (const sink_settings& one : wanted.sinks) {
    running_sink* const before = find(one.name);
    if (before != nullptr && !as_before(*before, one, *made.environment)) {
      if (auto renewed = renew(made, *before, one); !renewed) {
        undo(made);
        return renewed;
      }
    }
  }
  // Whatever follows cannot fail.
  for (const running_sinks* list : {&made.renewed, &made.added}) {
    for (const auto& one : *list) {
      launch(*one);
    }
  }
  running_sinks next;
  running_sinks gone;
  {
    const std::unique_lock hold(lock_);
    const auto take = [&next](running_sinks& from, std::string_view name) {
      const auto found = std::find_if(from.begin(), from.end(), [name](const auto& one) {
        return one != nullptr && one->settings.name == name;
      });
      const bool there = found != from.end();
      if (there) {
        next.push_back(std::move(*found));
      }
      return there;
    };
    for (const sink_settings& one : wanted.sinks) {
      static_cast<void>(take(made.renewed, one.name) || take(made.added, one.name) ||
                        take(sinks_, one.name));
    }
    gone = std::exchange(sinks_, std::move(next));
  }
  std::erase(gone, nullptr);
  for (const auto& one : gone) {
    one->runner->stop();
    if (find(one->settings.name) == nullptr) {
      forget(*one);
    }
    log_.unsubscribe(one->subscriber);
  }
  return nothing{};
}

/// A sink that is not wanted any more: what it owed is told, and its cursor set aside.
void threaded_sinks::forget(const running_sink& gone) const {
  const std::string& name = gone.settings.name;
  const std::uint64_t pending = gone.runner->counters().points().pending;
  if (!given_.persistent) {
    journal(pending == 0 ? journal_level::info : journal_level::warning,
            fmt::format("sink \"{}\" is gone from the configuration and still owed {} points", name,
                        pending));
    return;
  }
  if (const outcome aside = set_cursor_aside(cursors_of(given_), name, pending); !aside.ok()) {
    journal(journal_level::warning,
            fmt::format("sink \"{}\" is gone and still owed {} points, but its cursor could not be "
                        "set aside: {}",
                        name, pending, aside.error().message));
  }
}

bool threaded_sinks::all_reached(std::uint64_t target) const {
  return std::all_of(sinks_.begin(), sinks_.end(), [&](const auto& one) {
    const sink_counters& counters = one->runner->counters();
    return counters.low_water.value() >= target && counters.parked_points.value() == 0;
  });
}

bool threaded_sinks::all_done(std::uint64_t target) const {
  return std::all_of(sinks_.begin(), sinks_.end(), [&](const auto& one) {
    const sink_counters& counters = one->runner->counters();
    const bool all = counters.low_water.value() >= target && counters.parked_points.value() == 0;
    return all || counters.at_rest.value() == drains_ - one->drains_before;
  });
}

void threaded_sinks::report_pending() const {
  for (const auto& one : sinks_) {
    const sink_counters& counters = one->runner->counters();
    if (const std::uint64_t points = counters.points().pending; points > 0) {
      journal(journal_level::info,
              fmt::format("sink {}: {} not delivered ({} of {} lanes held)", one->settings.name,
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
  for (const auto& one : sinks_) {
    one->runner->drain();
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
  for (const auto& one : sinks_) {
    one->runner->stop();
  }
  // The subscriptions stay. Without them the log would delete what a sink that is behind the others
  // needs when it comes back.
}

std::size_t threaded_sinks::post(std::string_view sink_name,
                                 const std::function<void(sink&)>& what) {
  std::size_t asked = 0;
  const std::shared_lock hold(lock_);
  for (const auto& one : sinks_) {
    if (sink_name.empty() || one->settings.name == sink_name) {
      one->runner->post(what);
      ++asked;
    }
  }
  return asked;
}

void threaded_sinks::forget_database(std::string_view name) {
  static_cast<void>(drop_parked({}, {.database = std::string(name)}));
}

std::size_t threaded_sinks::retry_parked(std::string_view sink_name, const parked_filter& which) {
  return post(sink_name, [which](sink& of) { static_cast<void>(of.retry_parked(which)); });
}

std::size_t threaded_sinks::drop_parked(std::string_view sink_name, const parked_filter& which) {
  return post(sink_name, [which](sink& of) {
    static_cast<void>(of.drop_parked(which, discard_reason::dropped));
  });
}

void threaded_sinks::collect(metric_collector& out) const {
  const std::int64_t now = monotonic_ms();
  const std::int64_t now_ns = wall_clock_ns();
  const std::shared_lock hold(lock_);
  for (const auto& one : sinks_) {
    one->runner->counters().collect(one->settings.name, now, now_ns, out);
    if (one->collect) {
      one->collect(one->settings.name, out);
    }
  }
}

std::vector<sink_standing> threaded_sinks::standings() const {
  std::vector<sink_standing> all;
  const std::shared_lock hold(lock_);
  for (const auto& one : sinks_) {
    const sink_counters& now = one->runner->counters();
    all.push_back({.name = one->settings.name,
                   .pending_points = now.points().pending,
                   .lanes = now.lanes.value(),
                   .held_lanes = now.held_lanes.value(),
                   .parked_points = now.parked_points.value()});
  }
  return all;
}

}  // namespace

result<std::unique_ptr<sink_set>> start_sinks(const std::vector<sink_settings>& settings,
                                              sink_environment environment) {
  auto made = std::make_unique<threaded_sinks>(std::move(environment));
  if (const outcome begun = made->begin(settings); !begun.ok()) {
    return begun.error();
  }
  return std::unique_ptr<sink_set>(std::move(made));
}

}  // namespace weir
