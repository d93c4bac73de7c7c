// SPDX-License-Identifier: Apache-2.0
//
// The log's segments: writing to the newest, beginning the next, removing the oldest, and what is
// said of those that are damaged or have vanished.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "files/file_operations.hpp"
#include "log/local/local_log.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

/// Of a segment since it was begun, in nanoseconds: longer, and a log this slow gains nothing.
constexpr std::int64_t reused_age_ns = std::int64_t{60} * 1'000'000'000;

}  // namespace

outcome local_log::write(const std::vector<frame_ptr>& frames,
                         const std::vector<std::uint64_t>& checksums, std::uint64_t bytes,
                         std::uint64_t first_sequence) {
  if (outcome ready = mend_writer(); !ready) {
    return ready;
  }
  const bool empty = writer_->bytes() == segment_header_bytes;
  const bool too_large = !empty && writer_->bytes() + bytes > segment_bytes_;
  if (too_large || first_sequence != writer_next_) {
    if (outcome rotated = rotate(first_sequence); !rotated) {
      return rotated;
    }
  }
  outcome written = writer_->append(frames, checksums, first_sequence);
  if (!written && !writer_->broken() && give_up_spare()) {
    written = writer_->append(frames, checksums, first_sequence);
  }
  if (written) {
    writer_next_ = first_sequence + frames.size();
  }
  return written;
}

/// Sees to it that the newest segment may be written to: where its file has vanished, or what
/// failed in it cannot be undone, the log goes on in a new one. Bytes written to a file that has no
/// name any more are lost with the process, so where that cannot be told nothing is written.
outcome local_log::mend_writer() {
  const std::string& path = writer_->about()->path();
  entry_kind is = entry_kind::missing;
  if (const int error = files_.kind(path, is); error < 0) {
    return file_failure("look for", path, error);
  }
  if (is == entry_kind::missing) {
    return remake();
  }
  return !writer_->broken() || writer_->repair() ? outcome(nothing{}) : begin_anew();
}

/// The newest segment's file has vanished: goes on in a new one. The log's own directory is not
/// made again, as something else may belong there (a disk that is not mounted).
outcome local_log::remake() {
  const std::string path = writer_->about()->path();
  entry_kind is = entry_kind::missing;
  if (files_.kind(options_.directory, is) == 0 && is == entry_kind::folder) {
    static_cast<void>(files_.make_directory(directory_));
    parent_unsynced_ = true;
  }
  if (outcome made = begin_anew(); !made) {
    return failure{path +
                   " has vanished (was log.directory deleted, or its disk unmounted?), and "
                   "a new segment cannot be made: " +
                   made.error().message};
  }
  headers_->renew();
  journal(journal_level::error, path + " has vanished under this process; the log goes on in " +
                                    writer_->about()->path());
  return nothing{};
}

/// Goes on in a new file right behind the last record. Behind that record may stand others, of a
/// write that failed: that the new file is named by the very next sequence says, when the log is
/// opened, that they are none. So where there is no record yet, the new file takes the old one's
/// name and place.
outcome local_log::begin_anew() {
  const std::shared_ptr<segment> old = writer_->about();
  if (writer_next_ != old->first()) {
    return rotate(writer_next_);
  }
  const segment_header header{old->first(), options_.now_ns(), identity_};
  auto created = segment_writer::create(files_, directory_, header);
  if (!created) {
    return created.error();
  }
  headers_->made_anew(header);
  writer_ = std::move(created).value();
  directory_unsynced_ = true;
  const std::lock_guard lock(mutex_);
  bytes_ += segment_header_bytes - segments_.back().limits.bytes;
  segments_.back() = {writer_->about(), {segment_header_bytes, written_end_}};
  return nothing{};
}

outcome local_log::rotate(std::uint64_t first_sequence) {
  if (first_sequence == writer_->about()->first()) {
    return failure{"the newest segment is empty"};
  }
  writer_->end();
  const segment_header header{first_sequence, options_.now_ns(), identity_};
  auto created = begin_segment(header);
  if (!created) {
    return created.error();
  }
  headers_->add({header, writer_next_, writer_->bytes()});
  writer_ = std::move(created).value();
  writer_next_ = first_sequence;
  directory_unsynced_ = true;
  frame_ring::dropped dropped;
  const std::lock_guard lock(mutex_);
  segments_.back().limits.end = first_sequence;
  segments_.push_back({writer_->about(), {segment_header_bytes, written_end_}});
  bytes_ += segment_header_bytes;
  retire_released(dropped);
  return nothing{};
}

/// In the file of an earlier one, if there is such a file and nothing fails.
result<std::unique_ptr<segment_writer>> local_log::begin_segment(const segment_header& header) {
  if (has_spare_) {
    auto reused = segment_writer::reuse(files_, directory_, header, spare_);
    has_spare_ = false;
    if (reused) {
      reused_segments_.add_shared();
      return reused;
    }
  }
  return segment_writer::create(files_, directory_, header);
}

/// A full disk has room for its bytes. True: it has them back.
bool local_log::give_up_spare() {
  if (!has_spare_ || files_.remove(spare_) != 0) {
    return false;
  }
  has_spare_ = false;
  return true;
}

/// Its pages are still in memory, where they are written over at little cost; nobody reads them;
/// and with it the files are not longer than `keep` allows.
bool local_log::may_reuse(const retired_segment& gone) const {
  if (has_spare_ || gone.discarded || gone.kept.limits.bytes < segment_bytes_ / 2 ||
      gone.kept.about.use_count() > 1 ||
      options_.now_ns() - static_cast<std::int64_t>(gone.kept.about->seed()) > reused_age_ns) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  return !closing_ && append_refused_.empty() && disk_refuses_.empty() &&
         bytes_ + unwritten_bytes_ + gone.kept.limits.bytes <= options_.keep_bytes;
}

void local_log::dispose(const retired_segment& gone) {
  if (gone.discarded) {
    count_discarded(gone);
  }
  const std::string& path = gone.kept.about->path();
  headers_->removed(gone.kept.about->first());
  if (may_reuse(gone) && files_.rename(path, spare_) == 0) {
    has_spare_ = true;
    return;
  }
  if (const int error = files_.remove(path); error < 0 && error != -ENOENT) {
    journal_limited("log remove", journal_level::warning,
                    "a segment cannot be removed: " + path + ": " + errno_text(error));
  }
}

void local_log::count_discarded(const retired_segment& gone) {
  std::uint64_t from = gone.kept.limits.end;
  for (const auto& mark : gone.marks) {
    from = std::min(from, mark.low_water.number());
  }
  from = gone.marks.empty() ? gone.kept.about->first() : from;
  std::uint64_t points = 0;
  auto scanner = segment_scanner::open(files_, gone.kept.about);
  if (scanner) {
    auto found = scanner.value()->find(std::max(from, gone.kept.about->first()), gone.kept.limits);
    for (; found.status == segment_scanner::step_status::record;
         found = scanner.value()->next(gone.kept.limits)) {
      points += found.head.points;
    }
  }
  if (points == 0) {
    return;  // it was only retained
  }
  discarded_points_.add_shared(points);
  // A sink knows which of these points it had delivered and which it needed: it says what it lost.
  journal_limited("log discard", journal_level::warning,
                  "the log is full: it discarded frames of " + std::to_string(points) +
                      " points that not every sink was done with");
}

void local_log::report_damaged(segment& about, std::uint64_t first, std::uint64_t end,
                               std::uint64_t points) const {
  if (first >= end) {
    return;
  }
  const std::uint64_t fresh = about.note_damaged(first, end);
  if (fresh == 0) {
    return;
  }
  damaged_records_.add_shared(fresh);
  damaged_points_.add_shared(points);
  journal_limited("log damage", journal_level::error,
                  about.path() + ": " + std::to_string(fresh) +
                      " damaged record(s) from sequence " + std::to_string(first) +
                      " on are passed over");
}

void local_log::report_missing(segment& about, std::uint64_t first, std::uint64_t end,
                               const std::string& why) const {
  if (first >= end) {
    return;
  }
  const std::uint64_t fresh = about.note_damaged(first, end);
  if (fresh == 0) {
    return;
  }
  missing_frames_.add_shared(fresh);
  journal_limited("log missing", journal_level::error,
                  about.path() + " " + why + ": " + std::to_string(fresh) +
                      " frame(s) from sequence " + std::to_string(first) + " on are missing");
}

}  // namespace weir
