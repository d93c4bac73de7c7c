// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/sink_stores_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock_posix.hpp"
#include "files/directory_remedy_posix.hpp"
#include "files/directory_sync_posix.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"
#include "sinks/parking/parked_files_posix.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "sinks/state/gone_cursors_posix.hpp"
#include "sinks/state/refused_store_posix.hpp"
#include "sinks/state/start_position.hpp"

namespace weir {

failure in_sink(const sink_settings& settings, const std::string& message) {
  return {fmt::format("sink \"{}\": {}", settings.name, message)};
}

std::string cursors_of(const sink_environment& environment) {
  return environment.state_directory + "/cursors";
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

result<started_sink> make_cursor(const sink_settings& settings, const sink_environment& environment,
                                 const assignment_history* assignments, sink_runner::parts& parts) {
  const auto fresh = [&] {
    cursor_state state;
    state.low_water = state.discovered =
        assignments != nullptr
            ? std::max(assignments->begin_of(settings.shard->own), environment.log.first())
            : start_position(settings.start, environment.log, wall_clock_ns());
    state.log_identity = environment.log.identity();
    return started_sink{std::move(state), environment.persistent};
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
  if (!kept.value()) {
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
  return started_sink{std::move(started.state)};
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

std::function<void()> settler_of(const sink_settings& settings,
                                 const sink_environment& environment) {
  if (!environment.persistent || !environment.log.capabilities().stable) {
    return {};
  }
  const std::string path = cursor_file(cursors_of(environment), settings.name).path();
  return [path] {
    if (const outcome synced = sync_file(path); !synced) {
      journal_limited("cursor sync", journal_level::warning,
                      synced.error().message + "; a loss of power may bring an older cursor back");
    }
  };
}

void forget_sink(const sink_environment& environment, const std::string& name,
                 std::uint64_t pending) {
  if (!environment.persistent) {
    journal(pending == 0 ? journal_level::info : journal_level::warning,
            fmt::format("sink \"{}\" is gone from the configuration and still owed {} points", name,
                        pending));
    return;
  }
  if (const outcome aside = set_cursor_aside(cursors_of(environment), name, pending); !aside.ok()) {
    journal(journal_level::warning,
            fmt::format("sink \"{}\" is gone and still owed {} points, but its cursor could not be "
                        "set aside: {}",
                        name, pending, aside.error().message));
  }
}

}  // namespace weir
