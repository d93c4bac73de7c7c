// SPDX-License-Identifier: Apache-2.0
//
// One life of the process: weir's own log, write paths, sinks, cursor and refused files, put
// together as the pipeline does it, on one thread and on the simulation's disk, clock and servers.
// What the threads and loops of weir do between themselves is left out: the world decides which of
// them goes on next.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accounts/database_registry.hpp"
#include "base/memory_budget.hpp"
#include "config/settings.hpp"
#include "ingest/write_path.hpp"
#include "log/local/local_log.hpp"
#include "simulation/model.hpp"
#include "simulation/plan.hpp"
#include "simulation/virtual_disk.hpp"
#include "simulation/virtual_upstream.hpp"
#include "simulation/watched_log.hpp"
#include "sinks/influxdb/influxdb_target.hpp"
#include "sinks/parking/parked_files_posix.hpp"
#include "sinks/sink.hpp"
#include "sinks/state/cursor_store_posix.hpp"
#include "sinks/state/refused_store_posix.hpp"
#include "unit/terms_of.hpp"

namespace weir::simulation {

/// A sink over all lives: what is configured, and the server behind it.
struct configured_sink {
  planned_sink planned;
  std::unique_ptr<virtual_upstream> server;
  /// In the model.
  std::size_t number = 0;
  bool removed = false;
};

/// What a life is lived in. All of it outlives it.
struct surroundings {
  const plan& planned;
  virtual_disk& disk;
  virtual_clock& clock;
  dice& chance;
  trace& events;
  model& truth;
  known_positions& positions;
  mutation planted = mutation::none;
  /// See watched_log.
  std::function<void(const std::string& sink, bool required)> lost = {};
  /// A real directory: its lock file is the only thing that is not simulated.
  std::string directory;
};

class life {
 public:
  /// A sink as it runs. Made in the order in which sink_set_posix.cpp makes one.
  struct running_sink {
    configured_sink* is = nullptr;
    std::unique_ptr<virtual_transfer> http;
    std::unique_ptr<influxdb_target> target;
    std::unique_ptr<cursor_file> file;
    std::unique_ptr<watched_cursors> cursors;
    std::unique_ptr<refused_file> refused;
    std::unique_ptr<parked_files> parked;
    std::unique_ptr<sink> worker;
    /// Points that it gave up because its parking place was full, when that was looked at last.
    std::uint64_t given_up = 0;
    bool woken = true;
    std::optional<std::int64_t> due_ms;
  };
  struct intake_loop {
    std::unique_ptr<write_path> path;
    bool active = false;
  };

  /// Opens what is on the disk. nullptr, and `why` filled, when that fails.
  static std::unique_ptr<life> begin(const surroundings& around,
                                     std::vector<configured_sink>& sinks, std::uint64_t number,
                                     std::string& why);
  ~life();
  life(const life&) = delete;
  life& operator=(const life&) = delete;

  [[nodiscard]] process_files& files() noexcept { return *files_; }
  [[nodiscard]] bool dead() const noexcept { return files_->dead(); }
  [[nodiscard]] std::vector<intake_loop>& loops() noexcept { return loops_; }
  [[nodiscard]] std::vector<running_sink>& sinks() noexcept { return sinks_; }
  [[nodiscard]] watched_log& log() noexcept { return *watched_; }

  // What the threads of weir do, one round at a time.
  void loop_turn(intake_loop& one);
  [[nodiscard]] bool log_is_due() const;
  [[nodiscard]] std::optional<std::int64_t> log_due_ms() const;
  void log_round();
  [[nodiscard]] bool is_due(const running_sink& one) const;
  void sink_turn(running_sink& one);
  /// The orderly end. Whether the log had all that was acknowledged.
  bool end();
  void drain();

  /// The least time at which something is due without a wake-up.
  [[nodiscard]] std::optional<std::int64_t> due_ms() const;
  /// Memory that is leased by requests, by sinks and for frames.
  [[nodiscard]] std::size_t leased_by_sinks() const noexcept { return sink_memory_.used(); }
  [[nodiscard]] std::size_t leased_by_requests() const noexcept { return request_memory_.used(); }
  [[nodiscard]] std::uint64_t discarded_by_log() const;

 private:
  explicit life(const surroundings& around);
  [[nodiscard]] outcome open(std::vector<configured_sink>& sinks, std::uint64_t number);
  [[nodiscard]] outcome open_log();
  [[nodiscard]] outcome add(configured_sink& one, std::uint64_t number);

  const surroundings around_;
  std::unique_ptr<process_files> files_;
  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  memory_budget frame_memory_;
  memory_budget sink_memory_;
  memory_budget request_memory_;
  database_registry databases_{100};
  std::unique_ptr<frame_log> opened_;
  local_log* log_ = nullptr;
  std::unique_ptr<watched_log> watched_;
  std::unique_ptr<write_services> services_;
  std::vector<intake_loop> loops_;
  std::vector<running_sink> sinks_;
  std::int64_t log_rested_since_ms_ = 0;
};

}  // namespace weir::simulation
