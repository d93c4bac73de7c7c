// SPDX-License-Identifier: Apache-2.0
//
// Opening a local log: which segments there are, where the newest one ends, what comes next. It
// deletes nothing that holds a record. Runs before any other thread knows the log.
#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "base/assert.hpp"
#include "files/directory_sync_posix.hpp"
#include "log/local/local_log.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

class recovery {
 public:
  recovery(file_system& files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}

  result<recovered_segments> run();

 private:
  struct candidate {
    std::uint64_t sequence = 0;
    std::uint64_t bytes = 0;
    bool damaged = false;
    segment_header header;
  };

  result<std::set<std::uint64_t>> list();
  result<candidate> examine(std::uint64_t sequence);
  outcome set_aside(const candidate& bad);
  outcome read_newest();
  outcome cut_tail(kept_segment& newest, std::uint64_t records_end);
  [[nodiscard]] std::string path_of(std::uint64_t sequence) const {
    return directory_ + "/" + segment_name(sequence);
  }

  file_system& files_;
  const std::string directory_;
  std::set<std::string> names_;
  recovered_segments found_;
  /// Records of the newest segment are below this: where a later one, set aside, began.
  std::uint64_t newest_end_max_ = std::numeric_limits<std::uint64_t>::max();
};

result<std::set<std::uint64_t>> recovery::list() {
  std::vector<std::string> names;
  if (const int error = files_.list(directory_, names); error < 0) {
    return failure{directory_ + ": " + errno_text(error)};
  }
  std::set<std::uint64_t> sequences;
  for (const std::string& name : names) {
    names_.insert(name);
    if (const auto sequence = sequence_of_name(name); sequence && *sequence > 0) {
      sequences.insert(*sequence);
    }
  }
  return sequences;
}

result<recovery::candidate> recovery::examine(std::uint64_t sequence) {
  candidate seen;
  seen.sequence = sequence;
  const int descriptor = files_.open_to_read(path_of(sequence));
  if (descriptor < 0) {
    return failure{path_of(sequence) + ": " + errno_text(descriptor)};
  }
  const file_handle file(files_, descriptor);
  std::array<char, segment_header_bytes> bytes{};
  const std::int64_t size = file.size();
  const std::int64_t read = size < 0 ? size : file.read_fully(bytes, 0);
  if (read < 0) {
    return failure{path_of(sequence) + ": " + errno_text(read)};
  }
  seen.bytes = static_cast<std::uint64_t>(size);
  const std::string_view begin(bytes.data(), static_cast<std::size_t>(read));
  if (const auto later = later_segment_version(begin)) {
    return failure{path_of(sequence) + " was written by a later weir (version " +
                   std::to_string(*later) + " of the log; this one reads " +
                   std::to_string(known_segment_version()) +
                   "): run that weir until it has delivered everything, or set log.directory to "
                   "another directory"};
  }
  const auto header = decode_segment_header(begin);
  seen.damaged = !header || header->first_sequence != sequence;
  seen.header = header.value_or(segment_header{});
  return seen;
}

outcome recovery::set_aside(const candidate& bad) {
  std::string target = segment_name(bad.sequence) + ".damaged";
  for (int i = 2; names_.contains(target); ++i) {
    target = segment_name(bad.sequence) + ".damaged." + std::to_string(i);
  }
  if (const int error = files_.rename(path_of(bad.sequence), directory_ + "/" + target);
      error < 0) {
    return failure{path_of(bad.sequence) + ": " + errno_text(error)};
  }
  ++found_.damaged_segments;
  journal(journal_level::error, path_of(bad.sequence) + " has a damaged header and " +
                                    std::to_string(bad.bytes) + " bytes; set aside as " + target);
  return nothing{};
}

result<recovered_segments> recovery::run() {
  const auto sequences = list();
  if (!sequences) {
    return sequences.error();
  }
  for (const std::uint64_t sequence : sequences.value()) {
    const auto seen = examine(sequence);
    if (!seen) {
      return seen.error();
    }
    const candidate& each = seen.value();
    found_.next_sequence = std::max(found_.next_sequence, sequence);
    if (!each.damaged) {
      if (!found_.segments.empty()) {
        found_.segments.back().limits.end = sequence;
      }
      auto about = std::make_shared<segment>(path_of(sequence), sequence, each.header.seed());
      found_.segments.push_back({std::move(about), {each.bytes, sequence}});
      newest_end_max_ = std::numeric_limits<std::uint64_t>::max();
      continue;
    }
    newest_end_max_ = std::min(newest_end_max_, sequence);
    if (each.bytes < segment_header_bytes) {
      if (const int error = files_.remove(path_of(sequence)); error < 0) {
        return failure{path_of(sequence) + ": " + errno_text(error)};
      }
      continue;
    }
    if (const outcome aside = set_aside(each); !aside) {
      return aside.error();
    }
    // No more records than these can have been in it.
    found_.next_sequence =
        std::max(found_.next_sequence, sequence + each.bytes / record_head_bytes_least + 1);
  }
  if (!found_.segments.empty()) {
    if (const outcome read = read_newest(); !read) {
      return read.error();
    }
  }
  return std::move(found_);
}

outcome recovery::read_newest() {
  kept_segment& newest = found_.segments.back();
  auto opened = segment_scanner::open(files_, newest.about);
  if (!opened) {
    return opened.error();
  }
  segment_scanner& scanner = *opened.value();
  const segment_limits limits{newest.limits.bytes, newest_end_max_};
  std::string payload;
  for (;;) {
    const segment_scanner::step found = scanner.next(limits);
    if (found.status == segment_scanner::step_status::failed) {
      return failure{found.detail};
    }
    if (found.status == segment_scanner::step_status::end) {
      break;
    }
    const std::uint64_t sequence = found.head.sequence;
    const std::uint32_t points = found.head.points;
    newest.limits.end = sequence + 1;
    if (found.lost_first < found.lost_end) {
      found_.damaged_records += newest.about->note_damaged(found.lost_first, found.lost_end);
    }
    const auto status = scanner.payload(found.head, payload);
    if (status == segment_scanner::payload_status::failed) {
      return failure{newest.about->path() + ": a record cannot be read"};
    }
    if (status == segment_scanner::payload_status::damaged) {
      found_.damaged_records += newest.about->note_damaged(sequence, sequence + 1);
      found_.damaged_points += points;
    }
  }
  if (found_.damaged_records > 0) {
    journal(journal_level::error, newest.about->path() + ": " +
                                      std::to_string(found_.damaged_records) +
                                      " damaged record(s) are passed over, with at least " +
                                      std::to_string(found_.damaged_points) + " points");
  }
  found_.next_sequence = std::max(found_.next_sequence, newest.limits.end);
  return cut_tail(newest, scanner.records_end());
}

outcome recovery::cut_tail(kept_segment& newest, std::uint64_t records_end) {
  const std::uint64_t torn = newest.limits.bytes - records_end;
  if (torn == 0) {
    return nothing{};
  }
  const int descriptor = files_.open_to_write(newest.about->path());
  if (descriptor < 0) {
    return failure{newest.about->path() + ": " + errno_text(descriptor)};
  }
  const file_handle file(files_, descriptor);
  if (const int error = file.truncate(records_end); error < 0) {
    return failure{newest.about->path() + ": " + errno_text(error)};
  }
  newest.limits.bytes = records_end;
  found_.torn_bytes = torn;
  journal(journal_level::warning, newest.about->path() + ": cut off " + std::to_string(torn) +
                                      " bytes of a write that was never finished");
  return nothing{};
}

/// The segment to write to: the newest, or a new one where sequences were lost or there is none.
result<std::unique_ptr<segment_writer>> writer_for(file_system& files, const std::string& directory,
                                                   const local_log_options& options,
                                                   recovered_segments& found) {
  if (!found.segments.empty() && found.segments.back().limits.end == found.next_sequence) {
    const kept_segment& newest = found.segments.back();
    return segment_writer::reopen(files, newest.about, newest.limits.bytes);
  }
  auto created = segment_writer::create(files, directory, {found.next_sequence, options.now_ns()});
  if (created) {
    if (!found.segments.empty()) {
      found.segments.back().limits.end = found.next_sequence;
    }
    found.segments.push_back(
        {created.value()->about(), {segment_header_bytes, found.next_sequence}});
  }
  return created;
}

}  // namespace

result<recovered_segments> recover_segments(file_system& files, const std::string& directory) {
  return recovery(files, directory).run();
}

result<std::unique_ptr<frame_log>> open_local_log(local_log_options options) {
  WEIR_ASSERT(options.now_ns);
  file_system& files = options.files != nullptr ? *options.files : posix_file_system();
  const std::string directory = options.directory + "/segments";
  if (const int error = files.make_directory(directory); error < 0) {
    return failure{directory + ": " + errno_text(error)};
  }
  directory_lock lock;
  if (const std::string why = lock.take(options.directory + "/lock"); !why.empty()) {
    return failure{"the log's directory cannot be used: " + why};
  }
  auto found = recover_segments(files, directory);
  if (!found) {
    return found.error();
  }
  auto writer = writer_for(files, directory, options, found.value());
  if (!writer) {
    return writer.error();
  }
  if (options.promise == append_promise::synced) {
    if (const outcome synced = sync_path_to(options.directory, files); !synced) {
      return synced.error();
    }
  }
  return std::unique_ptr<frame_log>(
      std::make_unique<local_log>(std::move(options), files, std::move(lock),
                                  std::move(found).value(), std::move(writer).value()));
}

}  // namespace weir
