// SPDX-License-Identifier: Apache-2.0
#include "tools/park/parked_places_posix.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/clock_posix.hpp"
#include "files/file_operations.hpp"
#include "files/state_directory_posix.hpp"
#include "sinks/parking/park_claim.hpp"
#include "sinks/parking/parked_files_posix.hpp"
#include "sinks/state/cursor_area.hpp"
#include "sinks/state/cursor_store_posix.hpp"

namespace weir {
namespace {

struct place {
  const sink_settings& sink;
  std::string cursors;
  std::string parked;
};

std::vector<place> places_of(const settings& configured, const std::string& sink) {
  const std::string state = state_directory_of(configured);
  const std::string log = log_directory_of(configured);
  const std::string cursors = find_state_entry(state, log, state_entry::cursors);
  const std::string parked = find_state_entry(state, log, state_entry::parked);
  std::vector<place> all;
  for (const sink_settings& one : configured.sinks) {
    if (sink.empty() || sink == one.name) {
      all.push_back({one, cursors, parking_directory(parked, one.name)});
    }
  }
  return all;
}

/// Adds up what is pending of `opened`, lane by lane.
std::map<lane_key, parked_row> add_up(parked_files& opened, const std::string& sink,
                                      const cursor_state& cursor, bool cursor_missing) {
  std::map<lane_key, parked_row> lanes;
  // One that only looks does not wait for the disk: it tells what can be read.
  static_cast<void>(opened.recover([&](const frame_header& header) {
    const park_claim claim = claim_of_parked(cursor, cursor_missing, header, log_position());
    if (claim != park_claim::pending) {
      return claim;
    }
    const lane_key key{header.database, header.retention_policy};
    const auto [row, fresh] = lanes.try_emplace(key, parked_row{sink, key, 0, 0, 0});
    if (fresh) {
      row->second.oldest_received_ns = header.received_ns;
    }
    const auto stood = cursor.lanes.find(key);
    const bool begun = stood != cursor.lanes.end() && stood->second.next == header.position;
    row->second.points += header.points;
    row->second.points -= begun ? std::min(stood->second.skip_points, header.points) : 0;
    return claim;
  }));
  for (auto& [key, row] : lanes) {
    row.bytes = opened.shares().of(key);
  }
  return lanes;
}

result<std::unique_ptr<parked_files>> open_place(const place& at, bool read_only) {
  return parked_files::open({.directory = at.parked,
                             .keep_bytes = at.sink.park_keep,
                             .read_only = read_only,
                             .now_ns = wall_clock_ns});
}

outcome drop_of(const place& at, const parked_filter& which, std::vector<parked_row>& dropped) {
  cursor_file file(at.cursors, at.sink.name);
  auto loaded = file.load();
  if (!loaded.ok()) {
    return loaded.error();
  }
  if (!loaded.value()) {
    return nothing{};  // weir has not run with this sink, or its next start finds out
  }
  cursor_state cursor = std::move(*loaded.value());
  auto opened = open_place(at, false);
  if (!opened) {
    return opened.error();
  }
  std::set<lane_key> changed;
  for (const auto& [key, row] : add_up(*opened.value(), at.sink.name, cursor, false)) {
    lane_position& stood = cursor.lanes[key];
    if (which.matches(key)) {
      stood = {.next = std::max(stood.next, stood.parked_end), .parked_end = stood.parked_end};
      cursor.discarded[static_cast<std::size_t>(discard_reason::dropped)] += row.points;
      changed.insert(key);
      dropped.push_back(row);
    }
  }
  if (changed.empty()) {
    return nothing{};
  }
  // The cursor first: what it does not need any more is removed at the next start at the latest.
  if (outcome saved = file.save(cursor, changed); !saved.ok()) {
    return saved;
  }
  for (const lane_key& key : changed) {
    opened.value()->release(key, cursor.lanes[key].next);
  }
  return nothing{};
}

}  // namespace

result<std::vector<parked_row>> read_parked(const settings& configured, const std::string& sink,
                                            const parked_filter& which) {
  std::vector<parked_row> rows;
  for (const place& at : places_of(configured, sink)) {
    const std::string path = cursor_file(at.cursors, at.sink.name).path();
    auto bytes = read_small_file(path);
    if (!bytes.ok()) {
      return bytes.error();
    }
    const std::optional<cursor_state> cursor =
        bytes.value() ? read_cursor_content(*bytes.value()).state : std::nullopt;
    auto opened = open_place(at, true);
    if (!opened) {
      return opened.error();
    }
    for (const auto& [key, row] :
         add_up(*opened.value(), at.sink.name, cursor.value_or(cursor_state{}), !cursor)) {
      if (which.matches(key)) {
        rows.push_back(row);
      }
    }
  }
  return rows;
}

result<std::vector<parked_row>> drop_parked_files(const settings& configured,
                                                  const std::string& sink,
                                                  const parked_filter& which) {
  std::vector<parked_row> dropped;
  for (const place& at : places_of(configured, sink)) {
    if (const outcome done = drop_of(at, which, dropped); !done.ok()) {
      return done.error();
    }
  }
  return dropped;
}

}  // namespace weir
