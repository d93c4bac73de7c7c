// SPDX-License-Identifier: Apache-2.0
//
// A sink with a parking place in a directory of the test's own, and its cursor in a file there. The
// log forgets what was released, so that what is neither parked nor in the log is gone.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sinks/parking/parked_files_posix.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "unit/files/forwarding_files.hpp"
#include "unit/sinks/fake_server.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {

class parking_world {
 public:
  parking_world() {
    world.settings.park_after = std::chrono::seconds{10};
    world.settings.park_keep = std::uint64_t{1} << 30;
    world.make_parking = [this] { return open_place(); };
    world.server.behave = [this](const fake_server::request& one) { return answer(one); };
  }
  ~parking_world() { world.worker.reset(); }

  /// Begins, or begins again after the end of the process.
  void start() {
    world.worker.reset();
    world.parked.reset();
    cursors_.reset();
    cursors_ = std::make_unique<cursor_file>(directory.path(), "s", files);
    auto loaded = cursors_->load();
    EXPECT_TRUE(loaded.ok());
    world.cursors.kept = loaded.ok() ? loaded.value() : std::nullopt;
    world.cursor_missing = !world.cursors.kept;
    world.kept_cursors = cursors_.get();
    world.start();
  }
  void pass(std::int64_t ms) {
    world.pass(ms);
    log.forget_released();
  }
  std::string put(const std::string& database, std::uint32_t points) {
    const std::string lines = make_lines(points, value_);
    value_ += points;
    append_frame(log, make_frame(database, lines, points));
    return lines;
  }

  [[nodiscard]] std::string stored(const std::string& database) {
    return world.server.stored[{database, ""}];
  }
  [[nodiscard]] const sink_counters& counters() const { return world.worker->counters(); }
  [[nodiscard]] log_position released() const { return log.released(world.subscriber); }

  /// Databases that the server does not have, and what else is wrong with it.
  std::set<std::string> missing;
  std::optional<http_reply> broken;
  fake_log log;
  temp_directory directory;
  counting_files files;
  sink_world world{log};

 private:
  std::unique_ptr<parking> open_place() {
    auto opened = parked_files::open({.directory = directory.file("parked"),
                                      .keep_bytes = world.settings.park_keep,
                                      .now_ns = [] { return std::int64_t{1}; },
                                      .files = &files});
    EXPECT_TRUE(opened.ok());
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  std::optional<http_reply> answer(const fake_server::request& one) const {
    if (broken) {
      return broken;
    }
    return missing.contains(one.lane.database)
               ? reply_of(404, R"({"error":"database not found: \"d\""})")
               : reply_of(204);
  }

  std::unique_ptr<cursor_file> cursors_;
  std::uint64_t value_ = 0;
};

}  // namespace weir
