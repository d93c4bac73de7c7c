// SPDX-License-Identifier: Apache-2.0
//
// Makes the sinks that the settings name: directories, cursors, subscriptions, threads.
#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "sinks/cursor_store_posix.hpp"
#include "sinks/file_deliverer_posix.hpp"
#include "sinks/file_util_posix.hpp"
#include "sinks/influxdb.hpp"
#include "sinks/refused_store_posix.hpp"
#include "sinks/sink_runner_uv.hpp"
#include "sinks/sink_set.hpp"
#include "sinks/transfer_curl.hpp"

namespace weir {
namespace {

/// Rung by each sink after its turns; `drain` waits on it.
struct progress_bell {
  std::mutex lock;
  std::condition_variable moved;
  bool waited_for = false;

  void ring() {
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
  sink_runner::cargo load;
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

 private:
  [[nodiscard]] bool all_reached(std::uint64_t target) const;

  frame_log& log_;
  progress_bell progress_;
  std::vector<running_sink> sinks_;
  bool stopped_ = false;
};

failure in_sink(const sink_settings& settings, const std::string& words) {
  return {fmt::format("sink \"{}\": {}", settings.name, words)};
}

outcome make_target(const sink_settings& settings, const sink_environment& environment,
                    sink_runner& runner, sink_runner::cargo& load) {
  switch (settings.type) {
    case sink_type::influxdb: {
      if (settings.version != 1 && settings.version != 2) {
        return in_sink(settings,
                       fmt::format("version {} is not known; 1 and 2 are", settings.version));
      }
      if (const std::string fault = url_fault(settings.url); !fault.empty()) {
        return in_sink(settings, fmt::format("url \"{}\": {}", settings.url, fault));
      }
      auto http = transfer_curl::make(runner.loop(), sink::in_flight_max);
      if (!http.ok()) {
        return in_sink(settings, http.error().message);
      }
      load.http = std::move(http).value();
      load.target =
          std::make_unique<influxdb_deliverer>(settings, environment.compression, *load.http);
      return nothing{};
    }
    case sink_type::file:
      if (settings.directory.empty()) {
        return in_sink(settings, "a file sink needs a directory");
      }
      if (outcome made = make_directories(settings.directory); !made.ok()) {
        return in_sink(settings, made.error().message);
      }
      load.target = std::make_unique<file_deliverer>(settings);
      return nothing{};
    case sink_type::null:
      load.target = std::make_unique<null_deliverer>();
      return nothing{};
  }
  return in_sink(settings, "its type is not known");
}

outcome make_refused(const sink_settings& settings, const sink_environment& environment,
                     sink_runner::cargo& load) {
  std::string directory = settings.refused_directory;
  if (directory.empty()) {
    if (environment.data_directory.empty() || !environment.persistent) {
      return nothing{};
    }
    directory = environment.data_directory + "/refused";
  }
  if (outcome made = make_directories(directory); !made.ok()) {
    return in_sink(settings, made.error().message);
  }
  load.refused = std::make_unique<refused_file>(directory, settings.name, settings.refused_keep);
  return nothing{};
}

result<cursor_state> make_cursor(const sink_settings& settings, const sink_environment& environment,
                                 sink_runner::cargo& load) {
  cursor_state start;
  start.low_water = start.discovered = environment.log.first();
  if (!environment.persistent) {
    return start;
  }
  const std::string directory = environment.data_directory + "/cursors";
  if (const outcome made = make_directories(directory); !made.ok()) {
    return in_sink(settings, made.error().message);
  }
  auto file = std::make_unique<cursor_file>(directory, settings.name);
  result<std::optional<cursor_state>> kept = file->load();
  if (!kept.ok()) {
    return in_sink(settings, kept.error().message);
  }
  load.cursors = std::move(file);
  if (kept.value()) {
    start = std::move(*kept.value());
  }
  return start;
}

outcome threaded_sinks::add(const sink_settings& settings, const sink_environment& environment) {
  result<std::unique_ptr<sink_runner>> runner = sink_runner::make();
  if (!runner.ok()) {
    return in_sink(settings, runner.error().message);
  }
  sink_runner& made = *runner.value();
  sink_runner::cargo load;
  for (const outcome& step : {make_target(settings, environment, made, load),
                              make_refused(settings, environment, load)}) {
    if (!step.ok()) {
      return step;
    }
  }
  result<cursor_state> start = make_cursor(settings, environment, load);
  if (!start.ok()) {
    return start.error();
  }
  const auto bell = made.wake();
  const std::size_t subscriber = log_.subscribe(
      {settings.name, settings.required, [bell] { bell->ring(); }}, start.value().low_water);
  sink_parts parts{log_,
                   environment.memory,
                   *load.target,
                   load.cursors.get(),
                   load.refused.get(),
                   environment.created_through_weir,
                   [bell] { bell->ring(); },
                   subscriber,
                   environment.seed ^ std::hash<std::string>{}(settings.name)};
  load.worker = std::make_unique<sink>(settings, std::move(parts), start.value());
  sinks_.push_back({settings.name, std::move(runner).value(), std::move(load)});
  return nothing{};
}

void threaded_sinks::launch() {
  for (running_sink& one : sinks_) {
    one.runner->start(std::move(one.load), [this] { progress_.ring(); });
  }
}

bool threaded_sinks::all_reached(std::uint64_t target) const {
  for (const running_sink& one : sinks_) {
    if (one.runner->counters().low_water.value() < target) {
      return false;
    }
  }
  return true;
}

bool threaded_sinks::drain(std::chrono::steady_clock::time_point deadline) {
  const std::uint64_t target = log_.end();
  std::unique_lock hold(progress_.lock);
  progress_.waited_for = true;
  for (const running_sink& one : sinks_) {
    one.runner->drain();
  }
  const bool reached =
      progress_.moved.wait_until(hold, deadline, [&] { return all_reached(target); });
  progress_.waited_for = false;
  return reached;
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
  for (const running_sink& one : sinks_) {
    one.runner->counters().collect(one.name, now, out);
  }
}

}  // namespace

result<std::unique_ptr<sink_set>> start_sinks(const std::vector<sink_settings>& settings,
                                              sink_environment environment) {
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
