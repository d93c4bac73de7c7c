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
#include "sinks/remote_write/sending/sent_file_posix.hpp"
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

result<std::unique_ptr<refused_store>> open_refused_file(const sink_settings& settings,
                                                         const std::string& state_directory,
                                                         const std::string& file_name,
                                                         std::uint64_t keep, bool stable) {
  std::string directory = settings.refused_directory;
  if (directory.empty()) {
    if (state_directory.empty()) {
      return std::unique_ptr<refused_store>{};
    }
    directory = state_directory + "/refused";
  }
  if (outcome made = make_directories(directory); !made.ok()) {
    return in_sink(settings,
                   with_remedy(made.error(), "sink.refused_directory", directory).message);
  }
  if (const outcome synced =
          stable ? sync_path_to(directory, posix_file_system()) : outcome(nothing{});
      !synced.ok()) {
    return in_sink(settings, synced.error().message);
  }
  return std::unique_ptr<refused_store>(std::make_unique<refused_file>(
      directory, file_name, keep, stable ? durability::power : durability::process));
}

namespace {

class file_stores final : public sink_stores {
 public:
  explicit file_stores(const sink_environment& environment)
      : log_(environment.log),
        state_directory_(environment.state_directory),
        state_key_(environment.state_key),
        cursors_(cursors_of(environment)),
        persistent_(environment.persistent) {}

  result<opened_cursor> cursor(const sink_settings& of) override;
  result<std::unique_ptr<refused_store>> refused(const sink_settings& of) override {
    return open_refused_file(of, state_directory_, of.name, of.refused_keep, is_stable());
  }
  result<std::unique_ptr<parking>> parked(const sink_settings& of) override;
  result<opened_book> book(const std::string& sink_name, kept_book which) override;
  std::function<void()> settler(const std::string& sink_name) override;
  void forget(const std::string& sink_name, std::uint64_t pending) override;
  void forget_all_but(std::span<const std::string> sink_names) override {
    if (persistent_) {
      set_aside_cursors_but(cursors_, sink_names);
    }
  }
  std::string directory() const override { return persistent_ ? cursors_ : std::string(); }

 private:
  [[nodiscard]] bool is_stable() const { return log_.capabilities().stable; }
  [[nodiscard]] failure of_disk(const sink_settings& of, const failure& why,
                                const std::string& directory) const {
    return in_sink(of, with_remedy(why, state_key_, directory).message);
  }

  const frame_log& log_;
  const std::string state_directory_;
  const std::string state_key_;
  const std::string cursors_;
  const bool persistent_;
};

result<sink_stores::opened_cursor> file_stores::cursor(const sink_settings& of) {
  if (!persistent_) {
    return opened_cursor{};
  }
  if (const outcome made = make_directories(cursors_); !made.ok()) {
    return of_disk(of, made.error(), cursors_);
  }
  if (const outcome back = take_cursor_back(cursors_, of.name); !back.ok()) {
    return of_disk(of, back.error(), cursors_);
  }
  auto file = std::make_unique<cursor_file>(cursors_, of.name);
  result<std::optional<cursor_state>> kept = file->load();
  if (!kept.ok()) {
    return of_disk(of, kept.error(), cursors_);
  }
  return opened_cursor{.store = std::move(file), .kept = std::move(kept).value()};
}

result<std::unique_ptr<parking>> file_stores::parked(const sink_settings& of) {
  if (!persistent_) {
    return std::unique_ptr<parking>{};
  }
  const std::string directory = parking_directory(state_directory_ + "/parked", of.name);
  auto opened = parked_files::open({.directory = directory,
                                    .keep_bytes = of.park_keep,
                                    .kept = is_stable() ? durability::power : durability::process,
                                    .now_ns = wall_clock_ns});
  if (!opened.ok()) {
    return of_disk(of, opened.error(), directory);
  }
  return std::unique_ptr<parking>(std::move(opened).value());
}

/// A file beside the cursor, which made the directory; none where nothing outlives the process.
result<sink_stores::opened_book> file_stores::book(const std::string& sink_name, kept_book which) {
  if (!persistent_) {
    return opened_book{};
  }
  auto file = std::make_unique<sent_file>(cursors_, sink_name,
                                          which == kept_book::sent ? ".sent" : ".series");
  result<std::string> held = file->load();
  if (!held.ok()) {
    return with_remedy(held.error(), state_key_, state_directory_);
  }
  return opened_book{std::move(file), std::move(held).value()};
}

/// It goes by the file's name: the file itself is the sink's thread's.
std::function<void()> file_stores::settler(const std::string& sink_name) {
  if (!persistent_ || !is_stable()) {
    return {};
  }
  const std::string path = cursor_file(cursors_, sink_name).path();
  return [path] {
    if (const outcome synced = sync_file(path); !synced) {
      journal_limited("cursor sync", journal_level::warning,
                      synced.error().message + "; a loss of power may bring an older cursor back");
    }
  };
}

void file_stores::forget(const std::string& sink_name, std::uint64_t pending) {
  if (!persistent_) {
    journal(pending == 0 ? journal_level::info : journal_level::warning,
            fmt::format("sink \"{}\" is gone from the configuration and still owed {} points",
                        sink_name, pending));
    return;
  }
  if (const outcome aside = set_cursor_aside(cursors_, sink_name, pending); !aside.ok()) {
    journal(journal_level::warning,
            fmt::format("sink \"{}\" is gone and still owed {} points, but its cursor could not be "
                        "set aside: {}",
                        sink_name, pending, aside.error().message));
  }
}

}  // namespace

std::shared_ptr<sink_stores> make_file_stores(const sink_environment& environment) {
  return std::make_shared<file_stores>(environment);
}

outcome make_refused(const sink_settings& settings, const sink_environment& environment,
                     sink_runner::parts& parts) {
  auto opened = environment.stores->refused(settings);
  if (!opened.ok()) {
    return opened.error();
  }
  parts.refused = std::move(opened).value();
  return nothing{};
}

result<started_sink> make_cursor(const sink_settings& settings, const sink_environment& environment,
                                 const assignment_history* assignments, sink_runner::parts& parts) {
  auto opened = environment.stores->cursor(settings);
  if (!opened.ok()) {
    return opened.error();
  }
  parts.cursors = std::move(opened.value().store);
  if (!opened.value().kept) {
    cursor_state state;
    state.low_water = state.discovered =
        assignments != nullptr
            ? std::max(assignments->begin_of(settings.shard->own), environment.log.first())
            : start_position(settings.start, environment.log, wall_clock_ns());
    state.log_identity = environment.log.identity();
    return started_sink{std::move(state), environment.persistent};
  }
  started_cursor started = start_on_log(std::move(*opened.value().kept), environment.log.identity(),
                                        environment.log.first());
  if (started.of_another_log) {
    journal(journal_level::error,
            fmt::format("sink {}: its cursor is of another log than the one in log.directory, "
                        "which was deleted or replaced: it starts at this log's first frame, and "
                        "{} points that it had still to deliver are lost",
                        settings.name, started.owed));
  }
  return started_sink{std::move(started.state), opened.value().begins};
}

outcome make_parking(const sink_settings& settings, const sink_environment& environment,
                     sink_runner::parts& parts) {
  auto opened = environment.stores->parked(settings);
  if (!opened.ok()) {
    return opened.error();
  }
  parts.parked = std::move(opened).value();
  return nothing{};
}

}  // namespace weir
