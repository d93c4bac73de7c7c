// SPDX-License-Identifier: Apache-2.0
//
// `weir log stat`: what the log holds, and for whom.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/percent_escape.hpp"
#include "base/text/json_text.hpp"
#include "base/text/rfc3339.hpp"
#include "base/text/terminal_text.hpp"
#include "files/file_operations.hpp"
#include "files/state_directory_posix.hpp"
#include "sinks/state/cursor_area.hpp"
#include "tools/log/log_job.hpp"

namespace weir {
namespace {

struct counted {
  std::uint64_t frames = 0;
  std::uint64_t points = 0;
  std::uint64_t bytes = 0;
  std::int64_t first_ns = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_ns = std::numeric_limits<std::int64_t>::min();

  void add(const record_head& head) {
    ++frames;
    points += head.points;
    bytes += head.record_bytes();
    first_ns = std::min(first_ns, head.received_ns);
    last_ns = std::max(last_ns, head.received_ns);
  }
  [[nodiscard]] std::string times() const {
    return frames == 0 ? "-"
                       : rfc3339(first_ns, rfc3339_decimals::three) + " .. " +
                             rfc3339(last_ns, rfc3339_decimals::three);
  }
};

struct sink_need {
  std::string name;
  std::string problem;
  cursor_state cursor;
  std::uint64_t pinned_bytes = 0;
  std::uint64_t pinned_segments = 0;
};

std::optional<cursor_state> read_cursor(const std::string& path) {
  const auto content = read_small_file(path);
  if (!content || !content.value()) {
    return std::nullopt;
  }
  if (content.value()->starts_with("weir-cursor ")) {
    auto state = decode_cursor_text(*content.value());
    return state ? std::optional(std::move(state).value()) : std::nullopt;
  }
  return read_cursor_content(*content.value()).state;
}

std::vector<sink_need> sinks_of(const log_job& job) {
  std::vector<sink_need> needs;
  const std::string directory = find_state_entry(
      state_directory_of(job.configured), job.configured.log.directory, state_entry::cursors);
  std::vector<std::string> names;
  static_cast<void>(posix_file_system().list(directory, names));
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    constexpr std::string_view suffix = ".cursor";
    if (!name.ends_with(suffix)) {
      continue;
    }
    sink_need need;
    const std::string escaped = name.substr(0, name.size() - suffix.size());
    need.name = percent_unescape(escaped).value_or(escaped);
    std::string path = directory;
    path.append("/").append(name);
    const auto state = read_cursor(path);
    if (!state) {
      need.problem = "its cursor cannot be read";
    } else if (are_different_logs(state->log_identity, job.log.identity())) {
      need.problem = "its cursor is of another log";
    } else {
      need.cursor = *state;
      const auto& segments = job.log.segments();
      for (std::size_t i = 0; i < segments.size(); ++i) {
        const bool needed =
            i + 1 == segments.size() || segments[i + 1].first > state->low_water.number();
        need.pinned_bytes += needed ? segments[i].bytes : 0;
        need.pinned_segments += needed ? 1 : 0;
      }
    }
    needs.push_back(std::move(need));
  }
  return needs;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

void print_json(const log_job& job, const stored_scan& found, std::uint64_t bytes,
                const counted& all,
                const std::map<std::pair<std::string, std::string>, counted>& lanes,
                const std::vector<sink_need>& needs) {
  std::string out = fmt::format(
      "{{\"directory\":{},\"segments\":{},\"bytes\":{},\"frames\":{},\"points\":{},"
      "\"first_sequence\":{},\"end_sequence\":{},\"damaged_records\":{},\"missing_frames\":{},"
      "\"databases\":[",
      json_string(job.configured.log.directory), job.log.segments().size(), bytes, all.frames,
      all.points, job.log.segments().empty() ? 0 : job.log.segments().front().first, found.end,
      found.damaged_records, found.missing_frames);
  const char* comma = "";
  for (const auto& [lane, of] : lanes) {
    out += fmt::format(
        "{}{{\"database\":{},\"retention_policy\":{},\"frames\":{},\"points\":{},\"bytes\":{},"
        "\"first_received_ns\":{},\"last_received_ns\":{}}}",
        comma, json_string(lane.first), json_string(lane.second), of.frames, of.points, of.bytes,
        of.first_ns, of.last_ns);
    comma = ",";
  }
  out += "],\"sinks\":[";
  comma = "";
  for (const sink_need& each : needs) {
    out += fmt::format(
        "{}{{\"sink\":{},\"problem\":{},\"low_water\":{},\"pending_points\":{},"
        "\"pinned_segments\":{},\"pinned_bytes\":{}}}",
        comma, json_string(each.name), json_string(each.problem), each.cursor.low_water.number(),
        each.cursor.pending(), each.pinned_segments, each.pinned_bytes);
    comma = ",";
  }
  out += "]}\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
}

}  // namespace

int stat_log(const log_job& job) {
  counted all;
  std::map<std::pair<std::string, std::string>, counted> lanes;
  const stored_scan found = job.log.scan(0, [&](const record_head& head, const auto&) {
    all.add(head);
    lanes[{std::string(head.database), std::string(head.retention_policy)}].add(head);
    return stored_log::visit::go_on;
  });
  std::uint64_t bytes = 0;
  for (const stored_segment& each : job.log.segments()) {
    bytes += each.bytes;
  }
  const std::vector<sink_need> needs = sinks_of(job);
  if (job.given.json) {
    print_json(job, found, bytes, all, lanes, needs);
    return found.whole() ? 0 : 1;
  }
  std::string out = fmt::format(
      "{}: {} segments, {} bytes, {} frames, {} points; sequences {} to {}; received {}\n",
      visible(job.configured.log.directory), job.log.segments().size(), bytes, all.frames,
      all.points, job.log.segments().empty() ? 0 : job.log.segments().front().first, found.end,
      all.times());
  for (const auto& [lane, of] : lanes) {
    out += fmt::format("database {}{}: {} frames, {} points, {} bytes; received {}\n",
                       visible(lane.first), lane.second.empty() ? "" : "/" + visible(lane.second),
                       of.frames, of.points, of.bytes, of.times());
  }
  for (const sink_need& each : needs) {
    out += each.problem.empty()
               ? fmt::format(
                     "sink {}: {} points pending in {} lanes; needs the log from sequence {} "
                     "on: {} segments, {} bytes\n",
                     visible(each.name), each.cursor.pending(), each.cursor.lanes.size(),
                     each.cursor.low_water.number(), each.pinned_segments, each.pinned_bytes)
               : fmt::format("sink {}: {}\n", visible(each.name), each.problem);
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  for (const std::string& each : found.faults) {
    std::fprintf(stderr, "weir log: %s\n", each.c_str());
  }
  return found.whole() ? 0 : 1;
}

}  // namespace weir
