// SPDX-License-Identifier: Apache-2.0
//
// Makes the sinks that the settings name: directories, cursors, subscriptions, threads.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "base/clock_posix.hpp"
#include "config/sinks/sink_kinds.hpp"
#include "files/directory_remedy_posix.hpp"
#include "observe/journal.hpp"
#include "sinks/assignments/assignment_file_posix.hpp"
#include "sinks/mapping/name_file_posix.hpp"
#include "sinks/sink_runner_uv.hpp"
#include "sinks/sink_set.hpp"
#include "sinks/state/sink_stores_posix.hpp"
#include "sinks/state/start_position.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

struct running_sink {
  sink_settings settings;
  /// Refers to what it was made with; outlives the runner.
  std::shared_ptr<const sink_environment> environment;
  /// Of the group whose addresses share the series; null: it is of none.
  std::shared_ptr<const assignment_history> assignments;
  std::size_t subscriber = 0;
  /// Drains of the set before it was begun.
  std::uint64_t drains_before = 0;
  std::unique_ptr<sink_runner> runner;
  /// It ended, and could not be begun anew.
  std::atomic<bool> stopped{false};
  /// Moved into the runner when it starts.
  sink_runner::parts parts;
  /// See made_target.
  std::function<void(std::string_view, metric_collector&)> collect;
};
using running_sinks = std::vector<std::unique_ptr<running_sink>>;

/// All at once: pointers to running sinks.
template <class Sinks>
void stop_all(const Sinks& which, std::chrono::milliseconds finish_within) {
  std::for_each(which.begin(), which.end(),
                [&](const auto& one) { one->runner->finish(finish_within); });
  std::for_each(which.begin(), which.end(), [](const auto& one) { one->runner->stop(); });
}

class threaded_sinks final : public sink_set {
 public:
  threaded_sinks(sink_environment environment, bool tells_names)
      : log_(environment.log),
        given_(std::move(environment)),
        tells_names_(tells_names),
        assigned_(given_.stores->directory(), log_.identity()) {}
  ~threaded_sinks() override { end_all(std::chrono::milliseconds(0)); }

  /// Makes and begins the first ones.
  outcome begin(const std::vector<sink_settings>& settings);
  outcome change(const sink_change& wanted) override;
  void tidy() override;
  bool drain(std::chrono::steady_clock::time_point deadline) override;
  void stop(std::chrono::milliseconds at_most) override { end_all(at_most); }
  void forget_database(std::string_view name) override;
  void may_go(std::string_view sink_name, const std::string& database) override;
  bool when_idle(std::string_view sink_name, const std::string& database,
                 std::optional<log_position> before, std::function<void()> done) override;
  std::size_t retry_parked(std::string_view sink_name, const parked_filter& which) override;
  std::size_t drop_parked(std::string_view sink_name, const parked_filter& which) override;
  void collect(metric_collector& out) const override;
  std::shared_ptr<const name_book> names() const override { return given_.names->current(); }
  [[nodiscard]] std::vector<sink_standing> standings() const override;

 private:
  /// Those of a change, by what becomes of them.
  struct plan {
    std::shared_ptr<const sink_environment> environment;
    /// With all sinks of the next set.
    settled_assignments assigned;
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
      std::shared_ptr<const assignment_history> assignments, const cursor_state* from) const;
  [[nodiscard]] result<settled_assignments> settle(const assignment_book& before,
                                                   const std::vector<sink_settings>& wanted) const;
  [[nodiscard]] outcome keep(const settled_assignments& assigned);
  [[nodiscard]] outcome prepare(plan& made, const sink_change& wanted);
  void put_in_force(plan& made);
  static void end(plan& made, const std::vector<running_sink*>& which);
  [[nodiscard]] outcome renew(plan& made, running_sink& before, const sink_settings& settings);
  void undo(plan& made);
  void launch(running_sink& one);
  [[nodiscard]] running_sink* find(std::string_view name) const;
  [[nodiscard]] bool all_reached(std::uint64_t target) const;
  /// Each sink has reached it, or nothing more can come of waiting.
  [[nodiscard]] bool all_done(std::uint64_t target) const;
  void report_pending() const;
  void end_all(std::chrono::milliseconds at_most);
  std::size_t post(std::string_view sink_name, const std::function<void(sink&)>& what);

  frame_log& log_;
  const sink_environment given_;
  const bool tells_names_;
  progress_notifier progress_;
  assignment_file assigned_;
  assignment_book book_;
  /// What was asked for last.
  sink_change wanted_;
  /// Of `sinks_`, for threads that only read it.
  mutable std::shared_mutex lock_;
  running_sinks sinks_;
  std::uint64_t drains_ = 0;
  bool stopped_ = false;
};

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

std::shared_ptr<const sink_environment> threaded_sinks::environment_of(
    const sink_change& wanted) const {
  auto made = std::make_shared<sink_environment>(given_);
  made->compression = wanted.compression;
  made->state_bytes = share_of_state(wanted);
  return made;
}

result<std::unique_ptr<running_sink>> threaded_sinks::make(
    const sink_settings& settings, const std::shared_ptr<const sink_environment>& environment,
    std::shared_ptr<const assignment_history> assignments, const cursor_state* from) const {
  result<std::unique_ptr<sink_runner>> runner = sink_runner::make();
  if (!runner.ok()) {
    return in_sink(settings, runner.error().message);
  }
  auto made = std::make_unique<running_sink>();
  made->settings = settings;
  made->environment = environment;
  made->assignments = std::move(assignments);
  sink_runner::parts& parts = made->parts;
  result<started_sink> start = make_cursor(settings, *environment, made->assignments.get(), parts);
  if (!start.ok()) {
    return start.error();
  }
  const cursor_state& state = from != nullptr ? *from : start.value().state;
  for (const outcome& step :
       {make_target(settings, *environment, state.low_water, *runner.value(), *made),
        make_refused(settings, *environment, parts), make_parking(settings, *environment, parts)}) {
    if (!step.ok()) {
      return step.error();
    }
  }
  // No frame may get a position again of which it is settled who has which series.
  const log_position seen =
      made->assignments == nullptr
          ? state.discovered
          : std::max(state.discovered, made->assignments->entries().back().from);
  const auto notifier = runner.value()->wake();
  made->subscriber = log_.subscribe({.name = settings.name,
                                     .required = settings.required,
                                     .wake = [notifier] { notifier->notify_of_append(); },
                                     .seen = seen,
                                     .settle = environment->stores->settler(settings.name)},
                                    state.low_water);
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
                   .assignments = made->assignments,
                   .cursor_missing = start.value().cursor_missing && from == nullptr,
                   .cursor_pace_ms = environment->stores->cursor_pace().count(),
                   .may_deliver = environment->may_deliver};
  parts.worker = std::make_unique<sink>(settings, std::move(needs), state);
  made->runner = std::move(runner).value();
  return made;
}

void threaded_sinks::launch(running_sink& one) {
  one.drains_before = drains_;
  one.runner->start(std::move(one.parts), [this] { progress_.notify(); });
}

/// How far a sink is, while it runs: not further than it is.
member_standing standing_of(const running_sink& one) {
  const sink_counters& counters = one.runner->counters();
  const log_position low_water(counters.low_water.value());
  return {low_water, low_water, counters.points().pending};
}

/// Who gets which series, and who leaves. Requires: those whose share changes stand still.
result<settled_assignments> threaded_sinks::settle(const assignment_book& before,
                                                   const std::vector<sink_settings>& wanted) const {
  const std::set<std::string> still = affected_sinks(before, wanted);
  const auto standing = [&](const std::string& name) -> std::optional<member_standing> {
    if (const running_sink* one = find(name); one != nullptr) {
      return still.contains(name) ? standing_of(one->runner->standing()) : standing_of(*one);
    }
    return given_.persistent ? standing_on_disk(cursors_of(given_), name, log_.identity())
                             : std::nullopt;
  };
  const auto start = [this](const sink_start& from) {
    return start_position(from, log_, wall_clock_ns());
  };
  return settle_assignments(before, wanted,
                            {.end = log_.end(), .standing = standing, .start = start});
}

/// Before anything is delivered by it. That an address needs to be remembered no more, or that
/// there is a first list, may be forgotten: it is found out again.
outcome threaded_sinks::keep(const settled_assignments& assigned) {
  outcome kept = assigned_.save(assigned.book);
  if (!kept && !assigned.words.empty()) {
    return kept;
  }
  if (!kept) {
    journal(journal_level::warning, kept.error().message);
  }
  for (const std::string& one : assigned.words) {
    journal(journal_level::info, one);
  }
  return nothing{};
}

outcome threaded_sinks::begin(const std::vector<sink_settings>& settings) {
  auto before = assigned_.load();
  if (!before.ok()) {
    return with_remedy(before.error(), given_.state_key, cursors_of(given_));
  }
  auto settled = settle(before.value(), settings);
  if (!settled.ok()) {
    return settled.error();
  }
  settled_assignments& assigned = settled.value();
  wanted_ = {settings, given_.compression, given_.state_bytes};
  const auto environment = environment_of({assigned.sinks, given_.compression, given_.state_bytes});
  std::vector<std::string> names;
  names.reserve(assigned.sinks.size());
  for (const sink_settings& one : assigned.sinks) {
    names.push_back(one.name);
  }
  given_.stores->forget_all_but(names);
  for (const sink_settings& one : assigned.sinks) {
    auto made = make(one, environment, history_of(assigned.book, one), nullptr);
    if (!made.ok()) {
      return made.error();
    }
    sinks_.push_back(std::move(made).value());
  }
  if (outcome kept = keep(assigned); !kept) {
    return with_remedy(kept.error(), given_.state_key, cursors_of(given_));
  }
  book_ = std::move(assigned.book);
  // Not before every sink is subscribed: the first could otherwise release what the next needs.
  std::for_each(sinks_.begin(), sinks_.end(), [this](const auto& one) { launch(*one); });
  const auto deadline = std::chrono::steady_clock::now() + given_.count_wait;
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

void threaded_sinks::end(plan& made, const std::vector<running_sink*>& which) {
  stop_all(which, finish_within);
  for (running_sink* const one : which) {
    if (std::find(made.ended.begin(), made.ended.end(), one) == made.ended.end()) {
      made.ended.push_back(one);
    }
  }
}

/// Makes a sink that was ended anew where it stood. The one before stays in the list.
outcome threaded_sinks::renew(plan& made, running_sink& before, const sink_settings& settings) {
  const cursor_state stood = before.runner->standing();
  auto anew = make(settings, made.environment, history_of(made.assigned.book, settings), &stood);
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
    auto again = make(one->settings, one->environment, one->assignments, &stood);
    if (!again.ok()) {
      // Its subscription stays, so that the log keeps what it needs.
      journal(journal_level::error,
              fmt::format("{}; it delivers nothing before a reload or a restart",
                          again.error().message));
      one->stopped.store(true);
      continue;
    }
    log_.unsubscribe(one->subscriber);
    launch(*again.value());
    const std::unique_lock hold(lock_);
    *std::find_if(sinks_.begin(), sinks_.end(),
                  [one](const auto& each) { return each.get() == one; }) = std::move(again).value();
  }
}

/// All that can fail.
outcome threaded_sinks::prepare(plan& made, const sink_change& wanted) {
  std::vector<running_sink*> ending;
  for (const std::string& name : affected_sinks(book_, wanted.sinks)) {
    if (running_sink* const one = find(name); one != nullptr) {
      ending.push_back(one);
    }
  }
  end(made, ending);
  auto settled = settle(book_, wanted.sinks);
  if (!settled.ok()) {
    return settled.error();
  }
  made.assigned = std::move(settled).value();
  const std::vector<sink_settings>& next = made.assigned.sinks;
  made.environment = environment_of({next, wanted.compression, wanted.state_bytes});
  // First what leaves the sinks of now alone.
  for (const sink_settings& one : next) {
    if (find(one.name) == nullptr) {
      auto added = make(one, made.environment, history_of(made.assigned.book, one), nullptr);
      if (!added.ok()) {
        return added.error();
      }
      made.added.push_back(std::move(added).value());
    }
  }
  std::vector<std::pair<running_sink*, const sink_settings*>> changed;
  ending.clear();
  for (const sink_settings& one : next) {
    running_sink* const before = find(one.name);
    if (before != nullptr && !as_before(*before, one, *made.environment)) {
      ending.push_back(before);
      changed.emplace_back(before, &one);
    }
  }
  end(made, ending);
  for (const auto& [before, settings] : changed) {
    if (auto renewed = renew(made, *before, *settings); !renewed) {
      return renewed;
    }
  }
  return keep(made.assigned);
}

outcome threaded_sinks::change(const sink_change& wanted) {
  plan made;
  if (outcome prepared = prepare(made, wanted); !prepared) {
    undo(made);
    return prepared;
  }
  book_ = made.assigned.book;
  wanted_ = wanted;
  put_in_force(made);
  return nothing{};
}

/// Cannot fail.
void threaded_sinks::put_in_force(plan& made) {
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
    for (const sink_settings& one : made.assigned.sinks) {
      static_cast<void>(take(made.renewed, one.name) || take(made.added, one.name) ||
                        take(sinks_, one.name));
    }
    gone = std::exchange(sinks_, std::move(next));
  }
  std::erase(gone, nullptr);
  stop_all(gone, finish_within);
  for (const auto& one : gone) {
    if (find(one->settings.name) == nullptr) {
      given_.stores->forget(one->settings.name, one->runner->counters().points().pending);
    }
    log_.unsubscribe(one->subscriber);
  }
}

void threaded_sinks::tidy() {
  const bool done = std::any_of(sinks_.begin(), sinks_.end(), [](const auto& one) {
    const auto& shard = one->settings.shard;
    if (!shard || !shard->leaves) {
      return false;
    }
    const member_standing stands = standing_of(*one);
    return stands.pending == 0 && stands.discovered >= one->assignments->end_of(shard->own);
  });
  if (!done) {
    return;
  }
  if (const outcome ended = change(sink_change(wanted_)); !ended) {
    journal_limited("sink tidy", journal_level::warning, ended.error().message);
  }
}

bool has_reached(const running_sink& one, std::uint64_t target) {
  const sink_counters& counters = one.runner->counters();
  return counters.low_water.value() >= target && counters.parked_points.value() == 0;
}

bool threaded_sinks::all_reached(std::uint64_t target) const {
  return std::all_of(sinks_.begin(), sinks_.end(),
                     [&](const auto& one) { return has_reached(*one, target); });
}

bool threaded_sinks::all_done(std::uint64_t target) const {
  return std::all_of(sinks_.begin(), sinks_.end(), [&](const auto& one) {
    return has_reached(*one, target) ||
           one->runner->counters().at_rest.value() == drains_ - one->drains_before;
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

void threaded_sinks::end_all(std::chrono::milliseconds at_most) {
  if (std::exchange(stopped_, true)) {
    return;
  }
  // The subscriptions stay: what a sink needs that is behind the others must not be deleted.
  stop_all(sinks_, at_most);
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

void threaded_sinks::may_go(std::string_view sink_name, const std::string& database) {
  static_cast<void>(post(sink_name, [database](sink& of) { of.may_go(database); }));
}

bool threaded_sinks::when_idle(std::string_view sink_name, const std::string& database,
                               std::optional<log_position> before, std::function<void()> done) {
  return post(sink_name, [=](sink& of) { of.when_idle(database, before, done); }) > 0;
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
  if (tells_names_) {
    given_.names->collect(out);
  }
}

std::vector<sink_standing> threaded_sinks::standings() const {
  std::vector<sink_standing> all;
  const std::shared_lock hold(lock_);
  for (const auto& one : sinks_) {
    all.emplace_back(standing_of(one->settings, one->runner->counters())).runs = !one->stopped;
  }
  return all;
}

}  // namespace

result<std::unique_ptr<sink_set>> start_sinks(const std::vector<sink_settings>& settings,
                                              sink_environment environment) {
  const bool makes_names = environment.names == nullptr;
  if (makes_names) {
    environment.names =
        std::make_shared<shared_names>(environment.persistent ? environment.state_directory : "",
                                       environment.names_bytes, environment.names_before);
  }
  if (environment.stores == nullptr) {
    environment.stores = make_file_stores(environment);
  }
  auto made = std::make_unique<threaded_sinks>(std::move(environment), makes_names);
  const outcome begun = made->begin(settings);
  using started = result<std::unique_ptr<sink_set>>;
  return begun.ok() ? started(std::move(made)) : started(begun.error());
}

}  // namespace weir
