// SPDX-License-Identifier: Apache-2.0
//
// What a seed draws before anything happens: how weir is configured, who writes, what can go wrong
// and what cannot in this run. Most runs have a few kinds of faults only, because one that has all
// of them hides what a single one would show.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "log/open_log.hpp"
#include "simulation/random.hpp"
#include "simulation/virtual_upstream.hpp"

namespace weir::simulation {

/// A fault planted on purpose, to see that it is found.
enum class mutation : std::uint8_t {
  none,
  early_release,    // the log is told that frames are delivered which are not
  skipped_sync,     // a sync says that it was done, and was not
  lost_wake_up,     // some appends wake nobody
  wrong_low_water,  // the cursor that is kept says that less of the log is needed
  cursor_ahead,     // the cursor that is kept is ahead of what was delivered
};

struct planned_sink {
  sink_settings settings;
  virtual_upstream::identity server;
};

struct planned_client {
  /// "db" or "db/policy" as the servers name it.
  std::string database;
  std::string policy;
  std::uint32_t series = 1;
  /// One of so many of its points is poisoned; 0: none.
  std::uint32_t poison_one_in = 0;
  /// One of so many of its lines is no line protocol; 0: none.
  std::uint32_t broken_one_in = 0;
  std::uint64_t lines_max = 50;
  std::uint64_t padding_max = 40;
  /// One of so many of its requests is larger than a segment.
  std::uint32_t huge_one_in = 200;
};

/// Which kinds of faults a run has.
struct planned_faults {
  bool upstreams = false;
  bool large_bodies_refused = false;
  bool disk_errors = false;
  bool disk_full = false;
  bool read_only = false;
  bool syncs_fail = false;
  bool kills = false;
  bool power = false;
  bool restarts = false;
  bool reconfiguration = false;
  bool rot = false;
  bool deletion = false;
  bool clock = false;
};

struct plan {
  append_promise promise = append_promise::written;
  full_policy when_full = full_policy::reject;
  std::uint64_t keep_bytes = 0;
  std::uint64_t segment_bytes = 0;
  std::size_t frame_memory = 0;
  std::size_t sink_memory = 0;
  std::size_t request_memory = 0;
  std::size_t loops = 1;
  std::vector<planned_sink> sinks;
  std::vector<planned_client> clients;
  /// Databases that no upstream has until the end.
  std::vector<std::string> held;
  planned_faults faults;
  std::uint64_t steps = 0;
};

[[nodiscard]] plan draw_plan(dice& chance, mutation planted);
/// A sink that is added while weir runs; `number` makes its name.
[[nodiscard]] planned_sink draw_sink(dice& chance, std::size_t number);
/// "db" or "db/policy".
[[nodiscard]] std::string upstream_name(const planned_client& client);

}  // namespace weir::simulation
