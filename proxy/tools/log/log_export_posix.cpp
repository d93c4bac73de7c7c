// SPDX-License-Identifier: Apache-2.0
//
// `weir log tail` and `weir log export`: lines out of the log.
#include <chrono>
#include <cstdio>
#include <deque>
#include <thread>

#include "log/frame.hpp"
#include "tools/log/log_job.hpp"
#include "tools/log/log_lines.hpp"
#include "tools/log/log_output_posix.hpp"
#include "tools/screen/progress_line_posix.hpp"

namespace weir {
namespace {

constexpr std::chrono::milliseconds follow_pause{200};

/// The lines of a record that the arguments ask for; nothing where it is damaged.
std::optional<std::size_t> lines_of(const log_job& job, const record_head& head,
                                    const stored_log::payload_reader& load, std::string& out) {
  frame one;
  one.header = head.to_header();
  std::string lines;
  if (load(one.stored) != segment_scanner::payload_status::whole || !inflate_frame(one, lines)) {
    return std::nullopt;
  }
  return append_matching_lines(lines, job.given.measurement, out);
}

int tell_faults(const stored_scan& found) {
  for (const std::string& each : found.faults) {
    std::fprintf(stderr, "weir log: %s\n", each.c_str());
  }
  return found.whole() ? 0 : 1;
}

std::uint64_t bytes_of(const stored_log& log) {
  std::uint64_t bytes = 0;
  for (const stored_segment& each : log.segments()) {
    bytes += each.bytes;
  }
  return bytes;
}

lane_heading place_of(const record_head& head) {
  return {head.database, head.retention_policy};
}

}  // namespace

int tail_log(log_job& job) {
  last_lines last(job.given.lines);
  grouped_lines with_heading;
  // Where nothing is filtered by measurement, records of points long past need not be read.
  std::deque<std::pair<std::uint64_t, std::uint64_t>> newest;  // sequence, points
  std::uint64_t points = 0;
  stored_scan found = job.log.scan(0, [&](const record_head& head, const auto&) {
    if (job.wants(head)) {
      newest.emplace_back(head.sequence, head.points);
      points += head.points;
      while (job.given.measurement.empty() && points - newest.front().second >= job.given.lines &&
             newest.size() > 1) {
        points -= newest.front().second;
        newest.pop_front();
      }
    }
    return stored_log::visit::go_on;
  });
  const std::uint64_t from = newest.empty() ? found.end : newest.front().first;
  std::string lines;
  found = job.log.scan(from, [&](const record_head& head, const auto& load) {
    lines.clear();
    if (job.given.lines > 0 && job.wants(head) && lines_of(job, head, load, lines)) {
      last.add(place_of(head), lines);
    }
    return stored_log::visit::go_on;
  });
  last.print(with_heading);
  const int status = tell_faults(found);
  std::uint64_t next = found.end;
  while (job.given.follow && std::ferror(stdout) == 0) {
    std::this_thread::sleep_for(follow_pause);
    if (auto looked = job.log.refresh(); !looked) {
      return complain_of_log(looked.error().message, 1);
    }
    found = job.log.scan(next, [&](const record_head& head, const auto& load) {
      lines.clear();
      if (job.wants(head) && lines_of(job, head, load, lines).value_or(0) > 0) {
        print_lines(with_heading(place_of(head), lines));
      }
      return stored_log::visit::go_on;
    });
    next = std::max(next, found.end);
    std::fflush(stdout);
    tell_faults(found);
  }
  return status;
}

int export_log(const log_job& job) {
  exported_lines out(job.given.gzip);
  if (const std::string why = refuse_terminal(job.given.gzip, job.given.out); !why.empty()) {
    return complain_of_log(why, exit_wrong_arguments);
  }
  if (auto opened = out.open(job.given.out); !opened) {
    return complain_of_log(opened.error().message, 1);
  }
  std::string lines;
  progress_line shown(progress("exporting", "bytes", bytes_of(job.log)), job.given.quiet);
  std::uint64_t read = 0;
  const stored_scan found = job.log.scan(0, [&](const record_head& head, const auto& load) {
    lines.clear();
    read += head.record_bytes();
    shown.show(read);
    const auto matched = job.wants(head) ? lines_of(job, head, load, lines) : 0;
    if (matched.value_or(0) > 0) {
      out.add(place_of(head), lines, *matched);
    }
    return stored_log::visit::go_on;
  });
  shown.wipe();
  if (auto closed = out.close(); !closed) {
    return complain_of_log(closed.error().message, 1);
  }
  std::fprintf(stderr, "%llu lines\n", static_cast<unsigned long long>(out.count()));
  return tell_faults(found);
}

int verify_log(const log_job& job) {
  const auto began = std::chrono::steady_clock::now();
  const std::uint64_t bytes = bytes_of(job.log);
  progress_line shown(progress("checking", "bytes", bytes), job.given.quiet);
  std::uint64_t read = 0;
  const stored_scan found = job.log.scan(
      0,
      [&](const record_head& head, const auto&) {
        read += head.record_bytes();
        shown.show(read);
        return stored_log::visit::go_on;
      },
      true);
  shown.wipe();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%llu bytes in %zu segments read in %.2f s: %llu frames, %llu points\n",
              number(bytes), job.log.segments().size(), seconds, number(found.frames),
              number(found.points));
  if (found.torn_bytes > 0) {
    std::printf("%llu bytes behind the last record: a write under way, or one that was cut off\n",
                number(found.torn_bytes));
  }
  if (!found.whole()) {
    std::printf(
        "%llu damaged records with at least %llu points, %llu frames missing, %llu segments that "
        "cannot be read\n",
        number(found.damaged_records), number(found.damaged_points), number(found.missing_frames),
        number(found.failures));
  }
  return tell_faults(found);
}

}  // namespace weir
