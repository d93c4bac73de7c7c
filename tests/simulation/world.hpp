// SPDX-License-Identifier: Apache-2.0
//
// One run of a simulation: clients, one process after the other, its disk and the servers, all
// drawn from a seed and driven one small step at a time. After its steps the faults end, and within
// bounded time everything must be where it belongs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulation/client.hpp"
#include "simulation/life.hpp"

namespace weir::simulation {

struct run_options {
  std::uint64_t seed = 1;
  mutation planted = mutation::none;
  /// Prints every event.
  bool loud = false;
  /// A real directory of this program's own, for lock files.
  std::string directory;
};

struct run_result {
  bool good = false;
  std::string failure;
  std::string last_events;
  std::uint64_t failed_at = 0;
  std::uint64_t steps = 0;
  std::uint64_t hash = 0;
  std::uint64_t points = 0;
  std::uint64_t lives = 0;
};

class world {
 public:
  explicit world(const run_options& options);
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  [[nodiscard]] run_result run();

 private:
  enum class actor : std::uint8_t { client, loop, log, sink, server };
  struct due_actor {
    actor who;
    std::size_t index;
  };

  // world.cpp: what goes on.
  void step();
  void live_step(bool writing);
  [[nodiscard]] std::vector<due_actor> due_actors(bool writing) const;
  void act(const due_actor& one);
  void pass_time();
  void run_planned();
  void try_begin();
  void bury(bool power_lost);
  void end_orderly();
  void check_step();
  void add_sink(const planned_sink& planned);

  // world_faults.cpp: what goes wrong.
  void maybe_fault();
  void upstream_fault();
  void disk_fault();
  void process_fault();
  void jump_clock();
  void reconfigure();
  void later(std::int64_t after_ms, std::function<void()> what);
  void end_faults();

  // world_end.cpp: what must come of it.
  void calm_down();
  [[nodiscard]] bool run_calmly(bool writing, const std::function<bool()>& done);
  [[nodiscard]] bool good_writes_are_kept();
  [[nodiscard]] bool all_delivered(bool held_too);
  [[nodiscard]] bool is_held(std::uint32_t client) const;
  void note_set_aside();
  void check_end();

  const run_options options_;
  dice chance_;
  virtual_clock clock_;
  trace events_;
  const plan planned_;
  virtual_disk disk_;
  model truth_;
  known_positions positions_;
  /// A cursor file was damaged, in this life or an earlier one.
  bool cursors_rot_ = false;
  surroundings around_;
  std::vector<configured_sink> sinks_;
  std::vector<std::unique_ptr<client>> clients_;
  std::unique_ptr<life> life_;
  std::uint64_t lives_ = 0;
  std::int64_t begin_ms_ = 0;
  bool power_will_go_ = false;
  bool calm_ = false;
  struct planned_event {
    std::int64_t due_ms = 0;
    std::function<void()> what;
  };
  std::vector<planned_event> later_;
  std::uint64_t set_aside_seen_ = 0;
};

}  // namespace weir::simulation
