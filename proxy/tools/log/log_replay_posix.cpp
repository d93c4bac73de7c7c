// SPDX-License-Identifier: Apache-2.0
//
// `weir log replay`: a second subscriber of a sink's target, over a part of the log. It delivers as
// the sink does (batches, retries, halves, refused lines set aside), with a cursor of its own,
// which is gone once all is delivered.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <thread>
#include <utility>

#include "base/clock_posix.hpp"
#include "base/fnv1a.hpp"
#include "base/memory_budget.hpp"
#include "base/percent_escape.hpp"
#include "base/text/terminal_text.hpp"
#include "config/checks/suggest.hpp"
#include "files/file_operations.hpp"
#include "files/state_directory_posix.hpp"
#include "log/local/replay_log.hpp"
#include "sinks/discard.hpp"
#include "sinks/sink_set.hpp"
#include "tools/log/log_job.hpp"
#include "tools/log/replay_progress.hpp"
#include "tools/screen/progress_line_posix.hpp"

namespace weir {
namespace {

constexpr std::size_t memory_bytes = std::size_t{64} << 20;
constexpr std::chrono::milliseconds look_pause{100};

volatile std::sig_atomic_t interrupted = 0;
void note_signal(int) {
  interrupted = 1;
}

const sink_settings* find_sink(const log_arguments& given, const settings& configured) {
  const auto found =
      std::find_if(configured.sinks.begin(), configured.sinks.end(),
                   [&](const sink_settings& each) { return each.name == given.sink; });
  return found == configured.sinks.end() ? nullptr : &*found;
}

replay_range range_of(const log_job& job) {
  return {job.since_ns, job.until_ns, job.given.database, job.given.to_database};
}

struct totals {
  std::uint64_t frames = 0;
  std::uint64_t points = 0;
};

totals count(const log_job& job) {
  totals out;
  const replay_range range = range_of(job);
  static_cast<void>(job.log.scan(0, [&](const record_head& head, const auto&) {
    if (range.wants(head)) {
      ++out.frames;
      out.points += head.points;
    }
    return stored_log::visit::go_on;
  }));
  return out;
}

/// Until everything is delivered or given up, or a signal comes. True: nothing is left.
bool deliver(sink_set& sinks, std::uint64_t of_points, bool quiet) {
  progress_line shown(progress("replaying", "points", of_points), quiet);
  bool told_held = false;
  for (;;) {
    const sink_standing standing = sinks.standings().front();
    const std::uint64_t pending = standing.pending_points;
    // Nothing is pending before it was found, either: draining tells the two apart.
    if (pending == 0 && sinks.drain(std::chrono::steady_clock::now() + look_pause)) {
      return true;
    }
    if (interrupted != 0) {
      return false;
    }
    std::this_thread::sleep_for(look_pause);
    shown.show(of_points - std::min(of_points, pending));
    if (standing.held_lanes > 0 && !std::exchange(told_held, true)) {
      shown.wipe();
      std::fprintf(stderr, "some points are held (see above) and are tried again now and then\n");
    }
  }
}

/// What became of the points, over all runs of this replay.
class sums final : public metric_collector {
 public:
  void counter_value(std::string_view name, std::string_view, double value,
                     std::initializer_list<label> labels) override {
    if (name == "weir_sink_delivered_points_total") {
      delivered = static_cast<std::uint64_t>(value);
    } else if (name == "weir_sink_discarded_points_total" && value > 0) {
      const std::string_view reason = std::prev(labels.end())->second;
      if (reason == name_of(discard_reason::filtered)) {
        return;  // the sink does not take them: that is no failure
      }
      given_up += static_cast<std::uint64_t>(value);
      reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ",
                             static_cast<std::uint64_t>(value), reason);
    }
  }
  void gauge_value(std::string_view, std::string_view, double,
                   std::initializer_list<label>) override {}
  void histogram_value(std::string_view, std::string_view, const histogram_counts&,
                       std::initializer_list<label>) override {}
  std::uint64_t delivered = 0;
  std::uint64_t given_up = 0;
  std::string reasons;
};

int report(const sink_set& sinks, bool done, const std::string& place) {
  sums found;
  sinks.collect(found);
  std::printf("%llu points are delivered%s\n", static_cast<unsigned long long>(found.delivered),
              found.given_up == 0
                  ? ""
                  : fmt::format(", {} are not ({})", found.given_up, found.reasons).c_str());
  if (!done) {
    std::fprintf(stderr, "interrupted: the same command goes on from here (its cursor is in %s)\n",
                 visible(place).c_str());
    return 1;
  }
  return found.given_up == 0 ? 0 : 1;
}

}  // namespace

std::string no_such_sink(const log_arguments& given, const settings& configured) {
  if (find_sink(given, configured) != nullptr) {
    return {};
  }
  std::vector<std::string> names;
  for (const sink_settings& each : configured.sinks) {
    names.push_back(each.name);
  }
  return "no [[sink]] is named \"" + visible(given.sink) + "\"" +
         did_you_mean(nearest_name(given.sink, names));
}

std::string replay_place(const log_arguments& given, const settings& configured) {
  const std::string words = given.sink + "\n" + given.since + "\n" + given.until + "\n" +
                            given.database + "\n" + given.to_database;
  return state_directory_of(configured) + "/replays/" +
         fmt::format("{}.{:016x}", percent_escape(given.sink), fnv1a(words));
}

int replay_log(const log_job& job, bool* finished) {
  if (const std::string why = no_such_sink(job.given, job.configured); !why.empty()) {
    return complain_of_log(why, exit_wrong_arguments);
  }
  const totals wanted = count(job);
  std::fprintf(stderr, "%llu points in %llu frames were received then and are still in the log\n",
               static_cast<unsigned long long>(wanted.points),
               static_cast<unsigned long long>(wanted.frames));
  if (finished != nullptr) {
    *finished = wanted.frames == 0;
  }
  if (job.given.dry_run || wanted.frames == 0) {
    return wanted.frames == 0 ? complain_of_log(
                                    "there is nothing to deliver: points stay in the "
                                    "log after delivery for log.retain",
                                    1)
                              : 0;
  }
  const std::string place = replay_place(job.given, job.configured);
  if (auto made = make_directories(place); !made) {
    return complain_of_log(made.error().message, 1);
  }
  directory_lock lock;
  if (const std::string why = lock.take(place + "/lock"); !why.empty()) {
    return complain_of_log("this replay runs already: " + why, 1);
  }
  if (const outcome begun = begin_replay(place, job.given.sink); !begun) {
    return complain_of_log(begun.error().message, 1);
  }
  sink_settings settings = *find_sink(job.given, job.configured);
  settings.databases = {"*"};
  settings.retention_policies = {"*"};
  settings.start = {};
  settings.park_after.reset();
  const auto log = make_replay_log(job.log, range_of(job));
  memory_budget memory(memory_bytes);
  auto started = start_sinks(
      {settings},
      {.log = *log,
       .memory = memory,
       .state_directory = place,
       .persistent = true,
       .compression = job.configured.log.compression,
       .created_through_weir = [&](std::string_view name) { return name == job.given.to_database; },
       .seed = static_cast<std::uint64_t>(wall_clock_ns()),
       .state_bytes = job.configured.limits.state,
       .names_bytes = job.configured.limits.names,
       .names_before = find_state_entry(state_directory_of(job.configured),
                                        log_directory_of(job.configured), state_entry::names),
       .state_key = "service.state_directory"});
  if (!started) {
    return complain_of_log(started.error().message, 1);
  }
  std::signal(SIGINT, note_signal);
  std::signal(SIGTERM, note_signal);
  const bool done = deliver(*started.value(), wanted.points, job.given.quiet);
  started.value()->stop(sink_set::finish_within);
  const int status = report(*started.value(), done, place);
  if (finished != nullptr) {
    *finished = done;
  }
  if (done) {
    // Refused lines stay where they are; a second run of the same words begins anew.
    if (const outcome forgotten = forget_replay(place, job.given.sink); !forgotten) {
      return complain_of_log(forgotten.error().message, 1);
    }
  }
  return status;
}

}  // namespace weir
