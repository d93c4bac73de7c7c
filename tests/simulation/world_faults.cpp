// SPDX-License-Identifier: Apache-2.0
//
// What goes wrong in a run: servers, disk, process and clocks, each for a while.
#include <algorithm>
#include <utility>

#include "log/record.hpp"
#include "simulation/world.hpp"

namespace weir::simulation {
namespace {

/// One of so many steps brings a fault.
constexpr std::uint64_t fault_one_in = 25;
constexpr std::uint64_t fault_ms_least = 50;
constexpr std::uint64_t fault_ms_most = 5'000;

}  // namespace

void world::later(std::int64_t after_ms, std::function<void()> what) {
  later_.push_back({clock_.now_ms + after_ms, std::move(what)});
}

void world::maybe_fault() {
  if (!chance_.one_in(fault_one_in)) {
    return;
  }
  switch (chance_.below(4)) {
    case 0:
      upstream_fault();
      break;
    case 1:
      disk_fault();
      break;
    case 2:
      process_fault();
      break;
    default:
      jump_clock();
      break;
  }
}

void world::upstream_fault() {
  configured_sink& one = sinks_[static_cast<std::size_t>(chance_.below(sinks_.size()))];
  upstream_weather& weather = one.server->weather;
  const auto lasts = static_cast<std::int64_t>(chance_.between(fault_ms_least, fault_ms_most));
  if (planned_.faults.large_bodies_refused && chance_.one_in(3)) {
    weather.body_bytes_max = chance_.between(60, 3'000);
    later(lasts, [&weather] { weather.body_bytes_max = 0; });
  }
  if (!planned_.faults.upstreams) {
    return;
  }
  const std::uint64_t kind = chance_.below(4);
  events_.note("upstream fault", one.number, kind);
  if (kind == 0) {
    weather.down = true;
    later(lasts, [&weather] { weather.down = false; });
  } else if (kind == 1) {
    weather.wrong_one_in = static_cast<std::uint32_t>(chance_.between(1, 6));
    later(lasts, [&weather] { weather.wrong_one_in = 0; });
  } else if (kind == 2) {
    weather.answer_ms_most = static_cast<std::int64_t>(chance_.between(100, 8'000));
    later(lasts, [&weather] { weather.answer_ms_most = 20; });
  } else if (!one.server->databases.empty()) {
    // It loses a database, which somebody makes again later.
    auto& databases = one.server->databases;
    const std::string name =
        *std::next(databases.begin(), static_cast<std::ptrdiff_t>(chance_.below(databases.size())));
    databases.erase(name);
    later(lasts, [&databases, name] { databases.insert(name); });
  }
}

void world::disk_fault() {
  disk_faults& faults = disk_.faults;
  const planned_faults& may = planned_.faults;
  const auto lasts = static_cast<std::int64_t>(chance_.between(fault_ms_least, fault_ms_most));
  const std::uint64_t kind = chance_.below(6);
  if (kind == 0 && may.disk_errors) {
    faults.errors_one_in = static_cast<std::uint32_t>(chance_.between(2, 40));
    later(lasts, [&faults] { faults.errors_one_in = 0; });
  } else if (kind == 1 && may.disk_full) {
    faults.capacity = disk_.bytes_below("/") + chance_.below(20'000);
    later(lasts, [&faults] { faults.capacity = disk_faults::unlimited; });
  } else if (kind == 2 && may.read_only) {
    faults.read_only = true;
    later(lasts, [&faults] { faults.read_only = false; });
  } else if (kind == 3 && may.syncs_fail) {
    faults.syncs_fail = true;
    later(lasts, [&faults] { faults.syncs_fail = false; });
  } else if (kind == 4 && may.rot) {
    const std::size_t from = chance_.one_in(4) ? 0 : segment_header_bytes;
    const auto path = chance_.one_in(4) ? disk_.rot("/cursors/", 0) : disk_.rot("/segments/", from);
    if (path) {
      truth_.frames_lost();
      truth_.cursors_lost();
      // What is kept behind a damaged record is not found again by later lives either.
      cursors_rot_ = cursors_rot_ || path->find("/cursors/") != std::string::npos;
      positions_.forget();  // a damaged end of the log is cut off as if it had never been written
    }
  } else if (kind == 5 && may.deletion) {
    disk_.remove_tree(around_.directory + (chance_.one_in(2) ? "/segments" : "/cursors"));
    truth_.frames_lost();
    truth_.cursors_lost();
    positions_.forget();
  } else {
    return;
  }
  events_.note("disk fault", kind);
}

void world::process_fault() {
  const planned_faults& may = planned_.faults;
  const std::uint64_t kind = chance_.below(4);
  if (!life_) {
    if (may.power && kind == 0) {
      bury(true);
    }
    return;
  }
  if ((kind == 0 && may.power) || (kind == 1 && may.kills)) {
    if (chance_.one_in(2)) {
      power_will_go_ = kind == 0;
      life_->files().die_in(chance_.below(30));
    } else {
      bury(kind == 0);
    }
  } else if (kind == 2 && may.restarts) {
    end_orderly();
  } else if (kind == 3 && may.reconfiguration) {
    reconfigure();
  }
}

void world::reconfigure() {
  end_orderly();
  if (life_) {
    return;
  }
  const auto active = static_cast<std::size_t>(
      std::count_if(sinks_.begin(), sinks_.end(), [](const auto& one) { return !one.removed; }));
  if (active > 1 && chance_.one_in(2)) {
    configured_sink& one = sinks_[static_cast<std::size_t>(chance_.below(sinks_.size()))];
    one.removed = true;
    truth_.remove_sink(one.number);
    events_.note("sink removed", one.number);
  } else if (sinks_.size() < sinks_.capacity()) {
    add_sink(draw_sink(chance_, sinks_.size()));
    events_.note("sink added", sinks_.size() - 1);
  }
}

void world::jump_clock() {
  if (!planned_.faults.clock) {
    return;
  }
  const auto ms = static_cast<std::int64_t>(chance_.below(20'000));
  if (chance_.one_in(2)) {
    clock_.now_ms += ms;  // the machine slept
  } else {
    clock_.wall_ahead_ns += (chance_.one_in(2) ? ms : -ms) * 1'000'000;
  }
  events_.note("clock", static_cast<std::uint64_t>(ms));
}

void world::end_faults() {
  later_.clear();
  const std::uint32_t shorts = disk_.faults.short_one_in;
  disk_.faults = {};
  disk_.faults.short_one_in = shorts;
  for (configured_sink& one : sinks_) {
    one.server->weather = {};
    for (const planned_client& each : planned_.clients) {
      const std::string name = upstream_name(each);
      if (std::find(planned_.held.begin(), planned_.held.end(), name) == planned_.held.end()) {
        one.server->databases.insert(name);
      }
    }
  }
}

}  // namespace weir::simulation
