// SPDX-License-Identifier: Apache-2.0
//
// `weir log tail`, `export` and `verify` of a topic.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>

#include "log/frame.hpp"
#include "tools/log/log_job.hpp"
#include "tools/log/log_lines.hpp"
#include "tools/log/log_output_posix.hpp"
#include "tools/log/topic/topic_job.hpp"
#include "tools/screen/progress_line_posix.hpp"

namespace weir {
namespace {

constexpr std::chrono::milliseconds follow_pause{200};
/// How many more records of each partition are looked at, when the last ones had too few lines.
constexpr std::int64_t further = 8;

lane_heading place_of(const frame& one) {
  return {one.header.database, one.header.retention_policy};
}

/// The lines of a frame that the arguments ask for, and how many.
std::uint64_t lines_of(const topic_job& job, const frame& one, std::string& out,
                       std::uint64_t& damaged) {
  std::string lines;
  if (!inflate_frame(one, lines)) {
    ++damaged;
    return 0;
  }
  return append_matching_lines(lines, job.given.measurement, out);
}

int tell_faults(const topic_faults& found, std::uint64_t damaged_values, std::size_t told = 0) {
  for (std::size_t i = told; i < found.words.size(); ++i) {
    std::fprintf(stderr, "weir log: %s\n", found.words[i].c_str());
  }
  if (damaged_values > 0) {
    std::fprintf(stderr, "weir log: %llu values are damaged: they cannot be inflated\n",
                 static_cast<unsigned long long>(damaged_values));
  }
  return found.whole() && damaged_values == 0 ? 0 : 1;
}

/// The newest lines, from the last `count` records of each partition; nothing where that was not
/// all, and too little.
struct newest {
  last_lines lines;
  topic_faults faults;
  std::uint64_t damaged = 0;
  bool enough = false;
};

result<newest> last_of(const topic_job& job, std::int64_t count) {
  newest out{.lines = last_lines(job.given.lines), .faults = {}};
  std::vector<std::int64_t> from;
  bool whole = true;
  for (const topic_log::partition& each : job.log.partitions()) {
    from.push_back(std::max(each.there.first, each.there.end - count));
    whole = whole && from.back() == each.there.first;
  }
  auto scan = topic_scan::begin(job.log, from, job.log.end_offsets());
  if (!scan) {
    return scan.error();
  }
  std::string lines;
  for (;;) {
    const auto next = scan.value().next();
    if (!next) {
      return next.error();
    }
    if (next.value().found == nullptr) {
      break;
    }
    const frame& one = *next.value().found;
    lines.clear();
    if (job.wants(one.header) && lines_of(job, one, lines, out.damaged) > 0) {
      out.lines.add(place_of(one), lines);
    }
  }
  out.faults = scan.value().faults();
  out.enough = whole || out.lines.size() >= job.given.lines;
  return out;
}

int follow(const topic_job& job, grouped_lines& with_heading) {
  auto scan = topic_scan::begin(job.log, job.log.end_offsets(), job.log.end_offsets());
  if (!scan) {
    return complain_of_log(scan.error().message, 1);
  }
  std::string lines;
  std::uint64_t damaged = 0;
  std::size_t told = 0;
  while (std::ferror(stdout) == 0) {
    const auto found = scan.value().poll(follow_pause);
    if (!found) {
      return complain_of_log(found.error().message, 1);
    }
    for (const topic_scan::item& each : found.value()) {
      lines.clear();
      if (job.wants(each.found->header) && lines_of(job, *each.found, lines, damaged) > 0) {
        print_lines(with_heading(place_of(*each.found), lines));
      }
    }
    std::fflush(stdout);
    static_cast<void>(tell_faults(scan.value().faults(), 0, told));
    told = scan.value().faults().words.size();
  }
  return 0;
}

std::uint64_t records_between(const std::vector<std::int64_t>& from,
                              const std::vector<std::int64_t>& to) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    count += static_cast<std::uint64_t>(std::max<std::int64_t>(0, to[i] - from[i]));
  }
  return count;
}

/// From the first record received then; all of them where no time is given.
result<std::vector<std::int64_t>> offsets_since(const topic_job& job) {
  return job.given.since.empty() ? result<std::vector<std::int64_t>>(job.log.first_offsets())
                                 : job.log.offsets_at(job.since_ns);
}

}  // namespace

int tail_topic(const topic_job& job) {
  grouped_lines with_heading;
  int status = 0;
  if (job.given.lines > 0) {
    std::optional<newest> shown;
    for (auto count = static_cast<std::int64_t>(std::min<std::uint64_t>(job.given.lines, 10'000));
         !shown || !shown->enough; count *= further) {
      auto found = last_of(job, count);
      if (!found) {
        return complain_of_log(found.error().message, 1);
      }
      shown = std::move(found).value();
    }
    shown->lines.print(with_heading);
    status = tell_faults(shown->faults, shown->damaged);
  }
  return job.given.follow ? follow(job, with_heading) : status;
}

int export_topic(const topic_job& job) {
  exported_lines out(job.given.gzip);
  if (const std::string why = refuse_terminal(job.given.gzip, job.given.out); !why.empty()) {
    return complain_of_log(why, exit_wrong_arguments);
  }
  const auto from = offsets_since(job);
  if (!from) {
    return complain_of_log(from.error().message, 1);
  }
  auto scan = topic_scan::begin(job.log, from.value(), job.log.end_offsets());
  if (!scan) {
    return complain_of_log(scan.error().message, 1);
  }
  if (auto opened = out.open(job.given.out); !opened) {
    return complain_of_log(opened.error().message, 1);
  }
  progress_line shown(
      progress("exporting", "frames", records_between(from.value(), job.log.end_offsets())),
      job.given.quiet);
  std::string lines;
  std::uint64_t damaged = 0;
  for (;;) {
    const auto next = scan.value().next();
    if (!next) {
      shown.wipe();
      static_cast<void>(out.close());
      return complain_of_log(next.error().message + "; what was written is not all", 1);
    }
    if (next.value().found == nullptr) {
      break;
    }
    shown.show(scan.value().records());
    const frame& one = *next.value().found;
    lines.clear();
    if (job.wants(one.header)) {
      if (const std::uint64_t count = lines_of(job, one, lines, damaged); count > 0) {
        out.add(place_of(one), lines, count);
      }
    }
  }
  shown.wipe();
  if (auto closed = out.close(); !closed) {
    return complain_of_log(closed.error().message, 1);
  }
  std::fprintf(stderr, "%llu lines\n", static_cast<unsigned long long>(out.count()));
  return tell_faults(scan.value().faults(), damaged);
}

int verify_topic(const topic_job& job) {
  const auto began = std::chrono::steady_clock::now();
  auto scan = topic_scan::begin(job.log, job.log.first_offsets(), job.log.end_offsets());
  if (!scan) {
    return complain_of_log(scan.error().message, 1);
  }
  progress_line shown(progress("checking", "frames",
                               records_between(job.log.first_offsets(), job.log.end_offsets())),
                      job.given.quiet);
  std::uint64_t frames = 0;
  std::uint64_t points = 0;
  std::uint64_t damaged = 0;
  std::string lines;
  for (;;) {
    const auto next = scan.value().next();
    if (!next) {
      shown.wipe();
      return complain_of_log(next.error().message, 1);
    }
    if (next.value().found == nullptr) {
      break;
    }
    shown.show(scan.value().records());
    lines.clear();
    ++frames;
    points += next.value().found->header.points;
    damaged += inflate_frame(*next.value().found, lines) &&
                       lines.size() == next.value().found->header.inflated_bytes
                   ? 0
                   : 1;
  }
  shown.wipe();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  const topic_faults& faults = scan.value().faults();
  std::printf("%llu bytes in %zu partitions read in %.2f s: %llu frames, %llu points\n",
              number(scan.value().bytes()), job.log.partitions().size(), seconds, number(frames),
              number(points));
  if (!faults.words.empty()) {
    std::printf(
        "%llu damaged frames with at least %llu points, %llu of a later weir, %llu records "
        "of other programs\n",
        number(faults.damaged), number(faults.damaged_points), number(faults.later),
        number(faults.foreign));
  }
  return tell_faults(faults, damaged);
}

}  // namespace weir
