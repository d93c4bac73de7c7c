// SPDX-License-Identifier: Apache-2.0
//
// Opening a local log: which segments there are, where the newest one ends, what comes next. It
// deletes nothing that holds a record, but for segments that the log had decided to remove. Runs
// before any other thread knows the log.
#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "base/assert.hpp"
#include "files/directory_sync_posix.hpp"
#include "files/file_operations.hpp"
#include "log/local/local_log.hpp"
#include "log/local/segment_census.hpp"
#include "log/local/segment_tail.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

class recovery {
 public:
  recovery(file_system& files, std::string directory,
           const std::map<std::uint64_t, segment_entry>& known)
      : files_(files), directory_(std::move(directory)), known_(known) {
    for (const auto& [sequence, copy] : known) {
      if (copy.absence == segment_absence::is_removal) {
        last_removed_ = sequence;
      }
    }
  }

  result<recovered_segments> run();

 private:
  struct candidate {
    std::uint64_t sequence = 0;
    std::uint64_t bytes = 0;
    bool damaged = false;
    /// Nothing of the segment that it is named after.
    bool void_of_it = false;
    segment_header header;
  };

  result<std::set<std::uint64_t>> list();
  result<candidate> examine(std::uint64_t sequence);
  [[nodiscard]] bool is_done_with(std::uint64_t sequence) const;
  bool holds_records(const candidate& seen, const segment_header& header, bool is_another);
  bool restore(candidate& seen, std::string_view begin);
  outcome set_aside(const candidate& bad);
  void note_gaps();
  void note_shortened(kept_segment& kept, const segment_entry& next);
  outcome read_newest();
  outcome cut_tail(kept_segment& newest, std::uint64_t records_end);
  [[nodiscard]] std::string path_of(std::uint64_t sequence) const {
    return directory_ + "/" + segment_name(sequence);
  }

  file_system& files_;
  const std::string directory_;
  const std::map<std::uint64_t, segment_entry>& known_;
  /// The last one that is known to be removed; 0: none is.
  std::uint64_t last_removed_ = 0;
  std::set<std::string> names_;
  /// Sequences of the files that were set aside.
  std::set<std::uint64_t> aside_;
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
  const std::string unbegun = replacement_file::name_beside({});
  for (const std::string& name : names) {
    const bool never_begun =
        name.ends_with(unbegun) &&
        sequence_of_name(std::string_view(name).substr(0, name.size() - unbegun.size()));
    if (never_begun || name == spare_name) {
      static_cast<void>(files_.remove(directory_ + "/" + name));  // it is no segment
      continue;
    }
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
  seen.header = header.value_or(segment_header{});
  if (header && is_done_with(sequence)) {
    // Its name is still there, or there again after a loss of power; perhaps it is another by now.
    seen.damaged = seen.void_of_it = true;
  } else if (!header || header->first_sequence != sequence) {
    seen.damaged = !restore(seen, begin);
    // A file that was another segment got its name, and then a loss of power took its header.
    seen.void_of_it = seen.damaged && header && is_done_with(header->first_sequence);
  }
  return seen;
}

/// The log was about to remove it, or to make another of it: every sink was done with it, or it was
/// discarded. That happens in the segments' order, so the word about a later one is enough: a loss
/// of power may have left that alone, and an old value that were delivered again, without the newer
/// one behind it, would stay.
bool recovery::is_done_with(std::uint64_t sequence) const {
  return sequence <= last_removed_;
}

/// Whether that header fits what follows it: a file that is spoilt all over is better set aside. Of
/// a file that has the header of another segment the first record must be this one's: further
/// behind may be what is left of it.
bool recovery::holds_records(const candidate& seen, const segment_header& header, bool is_another) {
  if (seen.bytes == segment_header_bytes) {
    return true;
  }
  auto scanner = segment_scanner::open(
      files_, std::make_shared<segment>(path_of(seen.sequence), seen.sequence, header.seed()));
  if (!scanner) {
    return false;
  }
  const auto first = scanner.value()->next({seen.bytes, std::numeric_limits<std::uint64_t>::max()});
  return first.status == segment_scanner::step_status::record &&
         (!is_another ||
          scanner.value()->records_end() == segment_header_bytes + first.head.record_bytes());
}

/// Finds out what a damaged header said: from its copy, else from its own bytes; and writes it
/// again.
bool recovery::restore(candidate& seen, std::string_view begin) {
  if (begin.size() < segment_header_bytes) {
    return false;
  }
  const auto copy = known_.find(seen.sequence);
  const auto header = copy != known_.end() ? std::optional(copy->second.header)
                                           : mend_segment_header(begin, seen.sequence);
  if (!header || !holds_records(seen, *header, decode_segment_header(begin).has_value())) {
    return false;
  }
  seen.header = *header;
  ++found_.restored_headers;
  std::string bytes;
  append_segment_header(*header, bytes);
  const file_handle file(files_, files_.open_to_write(path_of(seen.sequence)));
  const int error = file.open() ? file.write_fully({bytes}, 0) : file.error();
  journal(journal_level::error,
          path_of(seen.sequence) + " had a damaged header; it is restored from " +
              (copy != known_.end() ? "its copy" : "what is left of it") +
              (error < 0 ? ", but cannot be written: " + errno_text(error) : std::string()));
  return true;
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
  aside_.insert(bad.sequence);
  const segment_census held = count_without_header(files_, directory_ + "/" + target, bad.sequence);
  // What follows it says how many frames it held, where its own records do not lead to the end.
  const auto copy = known_.upper_bound(bad.sequence);
  const std::uint64_t end =
      copy != known_.end() ? std::max(held.end, copy->second.previous_end) : held.end;
  found_.set_aside_frames += std::max(held.frames, end - bad.sequence);
  found_.set_aside_points += held.points;
  found_.next_sequence = std::max(found_.next_sequence, end);
  journal(journal_level::error,
          path_of(bad.sequence) + " has a damaged header and " + std::to_string(bad.bytes) +
              " bytes; set aside as " + target + ", with " +
              std::to_string(std::max(held.frames, end - bad.sequence)) +
              " frame(s) and at least " + std::to_string(held.points) + " point(s)");
  return nothing{};
}

/// Segments that were in the log when it was closed, and are not now, or not whole.
void recovery::note_gaps() {
  for (auto each = known_.begin(); each != known_.end(); ++each) {
    const std::uint64_t first = each->first;
    if (each->second.absence != segment_absence::is_missed || aside_.contains(first) ||
        is_done_with(first)) {
      continue;
    }
    const auto after = std::next(each);
    const std::uint64_t end = after != known_.end() ? after->second.previous_end : 0;
    const auto kept = std::find_if(found_.segments.begin(), found_.segments.end(),
                                   [&](const auto& one) { return one.about->first() == first; });
    if (kept != found_.segments.end()) {
      if (end > first && kept->limits.bytes < after->second.previous_bytes) {
        note_shortened(*kept, after->second);
      }
      continue;
    }
    if (end == first) {
      continue;  // it held nothing
    }
    // Sequences that it may have given are not given again.
    found_.next_sequence = std::max(found_.next_sequence, std::max(end, first + 1));
    found_.missing_frames += end > first ? end - first : 0;
    journal(journal_level::error,
            path_of(first) + " has vanished: " +
                (end > first ? std::to_string(end - first) + " frame(s) from sequence " +
                                   std::to_string(first) + " on are missing"
                             : "frames from sequence " + std::to_string(first) +
                                   " on are missing, their number is not known"));
  }
}

void recovery::note_shortened(kept_segment& kept, const segment_entry& next) {
  std::uint64_t end = kept.about->first();
  if (auto scanner = segment_scanner::open(files_, kept.about)) {
    const segment_limits limits{kept.limits.bytes, next.previous_end};
    for (auto found = scanner.value()->next(limits);
         found.status == segment_scanner::step_status::record;
         found = scanner.value()->next(limits)) {
      end = found.head.sequence + 1;
    }
  }
  if (end >= next.previous_end) {
    return;
  }
  const std::uint64_t frames = kept.about->note_damaged(end, next.previous_end);
  found_.missing_frames += frames;
  journal(journal_level::error,
          kept.about->path() + " is " + std::to_string(next.previous_bytes - kept.limits.bytes) +
              " bytes shorter than it was: " + std::to_string(frames) + " frame(s) from sequence " +
              std::to_string(end) + " on are missing");
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
      if (each.header.log_identity != 0) {
        found_.identity = each.header.log_identity;
      }
      newest_end_max_ = std::numeric_limits<std::uint64_t>::max();
      continue;
    }
    newest_end_max_ = std::min(newest_end_max_, sequence);
    if (each.bytes < segment_header_bytes || each.void_of_it) {
      if (const int error = files_.remove(path_of(sequence)); error < 0) {
        return failure{path_of(sequence) + ": " + errno_text(error)};
      }
    } else if (const outcome aside = set_aside(each); !aside) {
      return aside.error();
    }
    if (each.bytes >= segment_header_bytes && !is_done_with(sequence)) {
      // No more records than these can have been in it.
      found_.next_sequence =
          std::max(found_.next_sequence, sequence + each.bytes / record_head_bytes_least + 1);
    }
  }
  if (!found_.segments.empty()) {
    if (const outcome read = read_newest(); !read) {
      return read.error();
    }
  }
  note_gaps();
  if (found_.identity == 0 && !known_.empty()) {
    // No segment is left to name the log: it is the same one all the same, whose next sequence is
    // known, and what is parked of it is its own.
    found_.identity = known_.rbegin()->second.header.log_identity;
  }
  return std::move(found_);
}

outcome recovery::read_newest() {
  kept_segment& newest = found_.segments.back();
  const auto tail = read_tail(files_, newest.about, {newest.limits.bytes, newest_end_max_});
  if (!tail) {
    return tail.error();
  }
  auto opened = segment_scanner::open(files_, newest.about);
  if (!opened) {
    return opened.error();
  }
  segment_scanner& scanner = *opened.value();
  const segment_limits limits{tail.value().records_end, newest_end_max_};
  newest.limits.end = tail.value().next;
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
  found_.torn_bytes = tail.value().torn_bytes;
  return cut_tail(newest, tail.value().records_end);
}

outcome recovery::cut_tail(kept_segment& newest, std::uint64_t records_end) {
  if (newest.limits.bytes == records_end) {
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
  if (found_.torn_bytes > 0) {
    journal(journal_level::warning, newest.about->path() + ": cut off " +
                                        std::to_string(found_.torn_bytes) +
                                        " bytes of a write that was never finished");
  }
  return nothing{};
}

/// Of a log that is new, or whose segments are all of an earlier weir: what will tell it from
/// others. Not 0.
std::uint32_t new_identity(std::int64_t now_ns) {
  const auto time = static_cast<std::uint64_t>(now_ns);
  const std::uint64_t mixed = (time ^ (time >> 29)) * 0x9E3779B97F4A7C15U;
  return static_cast<std::uint32_t>(mixed >> 32) | 1U;
}

/// Appends to it are as durable as the log promises: so is what they follow.
result<std::unique_ptr<segment_writer>> go_on_with(file_system& files,
                                                   const local_log_options& options,
                                                   const kept_segment& newest) {
  auto writer = segment_writer::reopen(files, newest.about, newest.limits.bytes);
  if (writer && options.promise == append_promise::synced) {
    if (const outcome written = writer.value()->write_again(); !written) {
      return written.error();
    }
  }
  return writer;
}

/// The segment to write to: the newest, or a new one where sequences were lost, there is none, or
/// none says which log this is.
result<std::unique_ptr<segment_writer>> writer_for(file_system& files, const std::string& directory,
                                                   const local_log_options& options,
                                                   recovered_segments& found,
                                                   header_copies& headers) {
  const bool nameless = found.identity == 0;
  const bool empty =
      !found.segments.empty() && found.segments.back().about->first() == found.next_sequence;
  if (!found.segments.empty() && found.segments.back().limits.end == found.next_sequence &&
      (!nameless || empty)) {
    return go_on_with(files, options, found.segments.back());
  }
  if (nameless) {
    found.identity = new_identity(options.now_ns());
  }
  const segment_header header{found.next_sequence, options.now_ns(), found.identity};
  auto created = segment_writer::create(files, directory, header);
  if (!created && nameless && !found.segments.empty()) {
    // The disk is full: it goes on in the old segment, and gets its identity with the next one.
    found.identity = 0;
    return go_on_with(files, options, found.segments.back());
  }
  if (created) {
    segment_entry entry{header};
    if (!found.segments.empty()) {
      entry.previous_end = found.segments.back().limits.end;
      entry.previous_bytes = found.segments.back().limits.bytes;
    }
    headers.add(entry);
    if (!found.segments.empty()) {
      found.segments.back().limits.end = found.next_sequence;
    }
    found.segments.push_back(
        {created.value()->about(), {segment_header_bytes, found.next_sequence}});
  }
  return created;
}

/// What the copies of the headers are to say of the segments that there are.
std::vector<segment_entry> entries_of(const recovered_segments& found,
                                      const std::map<std::uint64_t, segment_entry>& known) {
  std::vector<segment_entry> entries;
  for (const kept_segment& each : found.segments) {
    const std::uint64_t first = each.about->first();
    segment_entry entry{{first, static_cast<std::int64_t>(each.about->seed()), found.identity}};
    if (const auto before = known.find(first); before != known.end()) {
      entry.previous_end = before->second.previous_end;
      entry.previous_bytes = before->second.previous_bytes;
    }
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace

result<recovered_segments> recover_segments(file_system& files, const std::string& directory,
                                            const std::map<std::uint64_t, segment_entry>& known) {
  return recovery(files, directory, known).run();
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
  auto headers = std::make_unique<header_copies>(files, options.directory + "/headers");
  const auto known = headers->read();
  auto found = recover_segments(files, directory, known);
  if (!found) {
    return found.error();
  }
  headers->begin(entries_of(found.value(), known));
  auto writer = writer_for(files, directory, options, found.value(), *headers);
  if (!writer) {
    return writer.error();
  }
  if (options.promise == append_promise::synced) {
    if (const outcome synced = sync_path_to(options.directory, files); !synced) {
      return synced.error();
    }
  }
  return std::unique_ptr<frame_log>(std::make_unique<local_log>(
      std::move(options), files, std::move(lock), std::move(found).value(),
      std::move(writer).value(), std::move(headers)));
}

}  // namespace weir
