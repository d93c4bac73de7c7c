// SPDX-License-Identifier: Apache-2.0
//
// `weir log replay` of a topic: what is to be delivered once more is copied to a log on this
// machine first, from which the replay goes as from a local log. So it can be interrupted, and
// neither Kafka's retention nor what is written meanwhile changes what it is about.
#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <system_error>

#include "base/clock_posix.hpp"
#include "base/memory_budget.hpp"
#include "files/file_operations.hpp"
#include "log/open_log.hpp"
#include "tools/log/log_job.hpp"
#include "tools/log/topic/topic_job.hpp"
#include "tools/screen/progress_line_posix.hpp"

namespace weir {
namespace {

constexpr std::size_t memory_bytes = std::size_t{16} << 20;
/// Of frames in one append.
constexpr std::size_t append_bytes = std::size_t{4} << 20;
constexpr std::uint64_t segment_bytes = std::uint64_t{64} << 20;

/// Says that a copy is whole.
std::string mark_of(const std::string& directory) {
  return directory + "/copied";
}

outcome append(frame_log& to, std::vector<std::shared_ptr<frame>>& frames) {
  if (frames.empty()) {
    return nothing{};
  }
  const append_result appended = to.append(frames);
  frames.clear();
  return appended.status == append_status::taken ? outcome(nothing{}) : failure{appended.detail};
}

outcome copy(const topic_job& job, frame_log& to, std::uint64_t& points) {
  const auto from = job.log.offsets_at(job.since_ns);
  if (!from) {
    return from.error();
  }
  auto scan = topic_scan::begin(job.log, from.value(), job.log.end_offsets());
  if (!scan) {
    return scan.error();
  }
  progress_line shown(progress("fetching", "frames", 0), job.given.quiet);
  std::vector<std::shared_ptr<frame>> waiting;
  std::size_t bytes = 0;
  for (;;) {
    auto next = scan.value().next();
    if (!next) {
      return next.error();
    }
    if (next.value().found == nullptr) {
      break;
    }
    shown.show(scan.value().records());
    if (!job.wants(next.value().found->header)) {
      continue;
    }
    points += next.value().found->header.points;
    bytes += next.value().found->stored.size();
    waiting.push_back(std::move(next.value().found));
    if (bytes >= append_bytes) {
      bytes = 0;
      if (auto done = append(to, waiting); !done) {
        return done;
      }
    }
  }
  shown.wipe();
  return append(to, waiting);
}

}  // namespace

outcome fetch_for_replay(const topic_job& job, const std::string& directory) {
  if (auto mark = read_small_file(mark_of(directory)); mark && mark.value()) {
    std::fprintf(stderr, "goes on with what was copied to %s\n", directory.c_str());
    return nothing{};
  }
  if (auto forgotten = forget_fetched(directory); !forgotten) {
    return forgotten;
  }
  memory_budget memory(memory_bytes);
  auto opened = open_local_log({.directory = directory,
                                .promise = append_promise::written,
                                .when_full = full_policy::reject,
                                .keep_bytes = std::numeric_limits<std::int64_t>::max(),
                                .segment_bytes = segment_bytes,
                                .frames = memory,
                                .now_ns = wall_clock_ns});
  if (!opened) {
    return opened.error();
  }
  frame_log& to = *opened.value();
  // As long as nobody releases it, nothing of it goes.
  static_cast<void>(
      to.subscribe({.name = "copy", .required = true, .wake = [] {}}, log_position(1)));
  std::uint64_t points = 0;
  const outcome copied = copy(job, to, points);
  if (auto closed = to.close(); !closed || !copied) {
    return copied ? closed : copied;
  }
  return replace_file(mark_of(directory), std::to_string(points) + "\n", durability::process);
}

int replay_topic(const topic_job& job) {
  const std::string place = replay_place(job.given, job.configured);
  if (const std::string why = no_such_sink(job.given, job.configured); !why.empty()) {
    return complain_of_log(why, exit_wrong_arguments);
  }
  const std::string directory = job.given.dry_run ? place + "/dry" : place + "/log";
  if (auto fetched = fetch_for_replay(job, directory); !fetched) {
    return complain_of_log(fetched.error().message, 1);
  }
  auto stored = stored_log::open(directory);
  if (!stored) {
    return complain_of_log(stored.error().message, 1);
  }
  log_job copied{job.given, job.configured, std::move(stored).value(), job.since_ns, job.until_ns};
  bool finished = false;
  const int status = replay_log(copied, &finished);
  if (finished || job.given.dry_run) {
    if (auto forgotten = forget_fetched(directory); !forgotten) {
      return complain_of_log(forgotten.error().message, 1);
    }
  }
  return status;
}

outcome forget_fetched(const std::string& directory) {
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  return error ? outcome(failure{fmt::format("cannot remove {}: {}", directory, error.message())})
               : nothing{};
}

}  // namespace weir
