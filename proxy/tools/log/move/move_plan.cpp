// SPDX-License-Identifier: Apache-2.0
#include "tools/log/move/move_plan.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/text/series_shard.hpp"
#include "tools/log/log_lines.hpp"

namespace weir {
namespace {

/// A canonical line ends in its time.
std::optional<std::int64_t> time_of(std::string_view line) {
  while (!line.empty() && line.back() == '\n') {
    line.remove_suffix(1);
  }
  const std::string_view digits = line.substr(line.rfind(' ') + 1);
  std::int64_t time = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), time);
  return error == std::errc{} && end == digits.data() + digits.size() ? std::optional(time)
                                                                      : std::nullopt;
}

}  // namespace

std::vector<cut_lines> cut_by_shard(std::string_view lines, std::uint32_t shards) {
  std::map<std::uint32_t, cut_lines> out;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, first_line_bytes(lines));
    lines.remove_prefix(line.size());
    const std::uint32_t shard = shards == 1 ? 0 : shard_of_series(series_of_line(line), shards);
    cut_lines& to = out[shard];
    const std::int64_t time = time_of(line).value_or(0);
    to.time_least = to.points == 0 ? time : std::min(to.time_least, time);
    to.time_greatest = to.points == 0 ? time : std::max(to.time_greatest, time);
    to.shard = shard;
    to.lines.append(line);
    ++to.points;
  }
  std::vector<cut_lines> all;
  all.reserve(out.size());
  for (auto& [shard, each] : out) {
    all.push_back(std::move(each));
  }
  return all;
}

std::uint32_t points_of(std::string_view lines) {
  std::uint32_t points = 0;
  for (; !lines.empty(); ++points) {
    lines.remove_prefix(first_line_bytes(lines));
  }
  return points;
}

std::vector<byte_range> ranges_between(const std::set<std::uint32_t>& places, std::uint32_t bytes) {
  std::vector<byte_range> out;
  std::uint32_t begin = 0;
  for (const std::uint32_t each : places) {
    if (each > begin && each < bytes) {
      out.push_back({begin, each});
      begin = each;
    }
  }
  out.push_back({begin, bytes});
  return out;
}

// ---- who needs what

move_part part_of(const frame_header& header) {
  return {.position = header.position,
          .lane = {header.database, header.retention_policy},
          .kind = header.kind,
          .bytes = {0, header.inflated_bytes},
          .points = header.points};
}

void add_cuts(const cursor_state& cursor, const move_part& whole, std::set<std::uint32_t>& into) {
  const auto stood = cursor.lanes.find(whole.lane);
  if (whole.kind == frame_kind::lines && stood != cursor.lanes.end() &&
      stood->second.next == whole.position && stood->second.skip_bytes > 0) {
    into.insert(stood->second.skip_bytes);
  }
}

bool is_needed(const cursor_state& cursor, const move_part& part) {
  if (part.kind != frame_kind::lines) {
    return part.position >= cursor.low_water;
  }
  if (part.position >= cursor.discovered) {
    return true;
  }
  const auto stood = cursor.lanes.find(part.lane);
  if (stood == cursor.lanes.end()) {
    return false;
  }
  const lane_position& at = stood->second;
  return part.position > at.next || (part.position == at.next && part.bytes.end > at.skip_bytes);
}

std::uint64_t delivered_of(const cursor_state& cursor, const move_part& part) {
  const auto stood = cursor.lanes.find(part.lane);
  if (part.kind != frame_kind::lines || stood == cursor.lanes.end() ||
      stood->second.next != part.position || stood->second.skip_bytes <= part.bytes.begin) {
    return 0;
  }
  return std::min(part.points, stood->second.skip_points);
}

// ---- from a log to a partition

namespace {

/// `now` is of a sink that needs `part`, which is at `at`.
void add_pending(const move_part& part, log_position at, cursor_state& now) {
  now.low_water = std::min(now.low_water, at);
  if (part.kind == frame_kind::lines) {
    now.lanes.try_emplace(part.lane, lane_position{.next = at});
    now.accepted += part.points;
  }
}

}  // namespace

void add_counts(const cursor_state& of, cursor_state& to) {
  to.accepted += of.delivered + of.discarded_total();
  to.delivered += of.delivered;
  for (std::size_t reason = 0; reason < of.discarded.size(); ++reason) {
    to.discarded[reason] += of.discarded[reason];
  }
}

moved_cursor cursor_of_moved(const cursor_state& was, const std::vector<moved_part>& moved,
                             log_position end, std::uint32_t identity, bool counts) {
  moved_cursor out;
  cursor_state& now = out.state;
  now.log_identity = identity;
  const auto unseen = std::find_if(moved.begin(), moved.end(), [&](const moved_part& each) {
    return each.was.position >= was.discovered;
  });
  now.discovered = now.low_water = unseen == moved.end() ? end : unseen->to;
  if (counts) {
    add_counts(was, now);
  }
  for (auto each = moved.begin(); each != unseen; ++each) {
    if (is_needed(was, each->was)) {
      add_pending(each->was, each->to, now);
      out.repeated_points += delivered_of(was, each->was);
    }
  }
  return out;
}

// ---- from partitions to a log

void gathered_cursors::add(const move_part& part, const std::vector<bool>& needed_by,
                           const std::vector<std::uint64_t>& delivered) {
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    moved_cursor& sink = sinks_[i];
    const bool follows = part.kind == frame_kind::lines && sink.state.lanes.contains(part.lane);
    if (!needed_by[i] && !follows) {
      continue;
    }
    if (sink.state.low_water == log_position()) {
      sink.state.low_water = next_;
    }
    add_pending(part, next_, sink.state);
    sink.repeated_points += needed_by[i] ? delivered[i] : part.points;
  }
  next_ = next_.next();
}

moved_cursor gathered_cursors::cursor_of(std::size_t sink, std::uint32_t identity) const {
  moved_cursor out = sinks_[sink];
  out.state.log_identity = identity;
  out.state.discovered = next_;
  if (out.state.low_water == log_position()) {
    out.state.low_water = next_;
  }
  return out;
}

}  // namespace weir
