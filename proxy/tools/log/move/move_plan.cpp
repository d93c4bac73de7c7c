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

std::vector<shard_lines> cut_by_shard(std::string_view lines, std::uint32_t shards) {
  std::map<std::uint32_t, shard_lines> out;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, first_line_bytes(lines));
    lines.remove_prefix(line.size());
    const std::uint32_t shard = shard_of_series(series_of_line(line), shards);
    shard_lines& to = out[shard];
    const std::int64_t time = time_of(line).value_or(0);
    to.time_least = to.points == 0 ? time : std::min(to.time_least, time);
    to.time_greatest = to.points == 0 ? time : std::max(to.time_greatest, time);
    to.shard = shard;
    to.lines.append(line);
    ++to.points;
  }
  std::vector<shard_lines> all;
  all.reserve(out.size());
  for (auto& [shard, each] : out) {
    all.push_back(std::move(each));
  }
  return all;
}

lane_key lane_of(const frame_header& header) {
  return header.kind == frame_kind::lines ? lane_key{header.database, header.retention_policy}
                                          : lane_key{};
}

bool is_needed(const cursor_state& cursor, log_position position, const lane_key& lane) {
  if (position >= cursor.discovered) {
    return true;
  }
  const auto stood = cursor.lanes.find(lane);
  return stood != cursor.lanes.end() && position >= stood->second.next;
}

moved_start start_of_moved(const cursor_state& was, const moved_frames& moved, log_position end) {
  moved_start out{.at = end};
  bool found = false;
  for (const moved_frame& each : moved) {
    const bool needed = is_needed(was, each.from, each.lane);
    if (needed && !found) {
      out.at = each.to;
      found = true;
    }
    if (!found) {
      continue;
    }
    const auto stood = was.lanes.find(each.lane);
    const bool in_part = needed && stood != was.lanes.end() && stood->second.next == each.from;
    out.repeated_points += !needed   ? each.points
                           : in_part ? std::min(each.points, stood->second.skip_points)
                                     : 0;
  }
  return out;
}

}  // namespace weir
