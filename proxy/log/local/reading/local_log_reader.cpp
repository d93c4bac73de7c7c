// SPDX-License-Identifier: Apache-2.0
//
// Reading the local log: from memory where a frame still is, else from its segment. A reader lives
// on its sink's thread and takes the log's lock only to look, never while it reads a file.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "log/local/local_log.hpp"
#include "log/local/reading/seen_records.hpp"

namespace weir {
namespace {

/// Frames looked at in memory while the lock is held.
constexpr std::size_t walk_frames_max = 256;

bool belongs_to(std::string_view database, std::string_view retention_policy,
                const lane_key& lane) {
  return database == lane.database && retention_policy == lane.retention_policy;
}

}  // namespace

class local_reader final : public log_reader {
 public:
  explicit local_reader(local_log& log) : log_(log) {}

  read_result next(log_position from, const lane_key& lane) override;
  log_position headers(log_position from, std::size_t count_max,
                       std::vector<frame_header>& out) override;

 private:
  enum class walk_status : std::uint8_t { found, go_on, caught_up, failed };
  struct disk_part {
    kept_segment kept;
    std::uint64_t memory_first = 0;
  };
  /// What is done with a frame in memory, or a record whose head was read. True: stop there.
  using on_frame = std::function<bool(const frame_ptr&)>;
  using on_record = std::function<walk_status(segment_scanner&, const record_head&)>;

  /// Of one lane alone, if there is one.
  walk_status walk(const on_frame& in_memory, const on_record& on_disk, const lane_key* lane);
  walk_status walk_memory(const on_frame& in_memory, disk_part& disk);
  walk_status walk_disk(const disk_part& disk, const on_record& on_disk);
  segment_scanner* scanner_of(const disk_part& disk);
  std::optional<record_place> pass_others(const disk_part& disk);
  void remember(const disk_part& disk, const segment_scanner& scanner, const record_head& head);
  bool vanished(const disk_part& disk);

  local_log& log_;
  std::unique_ptr<segment_scanner> scanner_;  // of the segment read last
  std::uint64_t from_ = 0;
  std::string detail_;
  seen_records seen_;
  /// The lane that is walked for; nothing: all of them.
  std::optional<seen_records::lane_tag> wanted_;
  std::optional<seen_records::lane_tag> wanted_last_;
  /// More than one was walked for: it is worth remembering whose records are.
  bool has_lanes_ = false;
};

std::unique_ptr<log_reader> local_log::reader() {
  return std::make_unique<local_reader>(*this);
}

local_reader::walk_status local_reader::walk(const on_frame& in_memory, const on_record& on_disk,
                                             const lane_key* lane) {
  wanted_.reset();
  if (lane != nullptr) {
    wanted_ = seen_records::tag_of(lane->database, lane->retention_policy);
    has_lanes_ = has_lanes_ || (wanted_last_ && wanted_last_ != wanted_);
    wanted_last_ = wanted_;
  }
  for (;;) {
    disk_part disk;
    walk_status status = walk_memory(in_memory, disk);
    if (disk.kept.about) {
      status = walk_disk(disk, on_disk);
    }
    if (status != walk_status::go_on) {
      return status;
    }
  }
}

local_reader::walk_status local_reader::walk_memory(const on_frame& in_memory, disk_part& disk) {
  const std::lock_guard lock(log_.mutex_);
  const std::uint64_t first = log_.segments_.front().about->first();
  from_ = std::max(from_, first);
  seen_.forget_before(first);
  if (from_ >= log_.end_) {
    return walk_status::caught_up;
  }
  if (log_position(from_) < log_.ring_.first()) {
    const auto after = std::upper_bound(log_.segments_.begin(), log_.segments_.end(), from_,
                                        [](std::uint64_t wanted, const kept_segment& kept) {
                                          return wanted < kept.about->first();
                                        });
    disk = {*std::prev(after), log_.ring_.first().number()};
    return walk_status::go_on;
  }
  std::size_t index = log_.ring_.find(log_position(from_));
  for (std::size_t seen = 0; seen < walk_frames_max; ++seen, ++index) {
    if (index == log_.ring_.size()) {
      from_ = log_.end_;
      return walk_status::caught_up;
    }
    const frame_ptr& each = log_.ring_.at(index);
    from_ = each->header.position.next().number();
    if (in_memory(each)) {
      return walk_status::found;
    }
  }
  return walk_status::go_on;
}

segment_scanner* local_reader::scanner_of(const disk_part& disk) {
  if (!scanner_ || scanner_->about() != disk.kept.about) {
    auto opened = segment_scanner::open(log_.files_, disk.kept.about);
    if (!opened) {
      scanner_.reset();
      detail_ = opened.error().message;
      return nullptr;
    }
    scanner_ = std::move(opened).value();
  }
  return scanner_.get();
}

/// Whether the segment's file is not there any more, though its directory is. Its frames are passed
/// over then; while the directory is away, too, they may come back with it.
bool local_reader::vanished(const disk_part& disk) {
  entry_kind file = entry_kind::other;
  entry_kind folder = entry_kind::missing;
  if (log_.files_.kind(disk.kept.about->path(), file) < 0 || file != entry_kind::missing ||
      log_.files_.kind(log_.directory_, folder) < 0 || folder == entry_kind::missing) {
    return false;
  }
  const std::uint64_t end = std::min(disk.kept.limits.end, disk.memory_first);
  log_.report_missing(*disk.kept.about, from_, end, "has vanished");
  from_ = std::max(from_, end);
  return true;
}

/// Passes over records that are known to be other lanes'. Where the next one is, if that is known.
std::optional<record_place> local_reader::pass_others(const disk_part& disk) {
  if (!wanted_ || !has_lanes_) {
    return std::nullopt;
  }
  const seen_records::passed passed =
      seen_.pass(disk.kept.about->first(), from_, disk.kept.limits.end, *wanted_);
  from_ = passed.sequence;
  return passed.place;
}

void local_reader::remember(const disk_part& disk, const segment_scanner& scanner,
                            const record_head& head) {
  if (has_lanes_) {
    seen_.note(disk.kept.about->first(), scanner.found_at(),
               seen_records::tag_of(head.database, head.retention_policy));
  }
}

local_reader::walk_status local_reader::walk_disk(const disk_part& disk, const on_record& on_disk) {
  std::optional<record_place> place = pass_others(disk);
  if (from_ >= std::min(disk.kept.limits.end, disk.memory_first)) {
    return walk_status::go_on;
  }
  segment_scanner* const scanner = scanner_of(disk);
  if (scanner == nullptr) {
    // It may have been discarded since the lock was let go.
    if (log_position(from_) < log_.first()) {
      return walk_status::go_on;
    }
    return vanished(disk) ? walk_status::go_on : walk_status::failed;
  }
  for (; from_ < disk.kept.limits.end; place = pass_others(disk)) {
    if (from_ >= disk.memory_first) {
      return walk_status::go_on;
    }
    if (place) {
      scanner->go_to(*place);
    }
    const segment_scanner::step found = scanner->find(from_, disk.kept.limits);
    if (found.shortened) {
      log_.report_missing(*disk.kept.about, found.lost_first, found.lost_end, "was cut short");
    } else {
      log_.report_damaged(*disk.kept.about, found.lost_first, found.lost_end, 0);
    }
    switch (found.status) {
      case segment_scanner::step_status::failed:
        detail_ = found.detail;
        return walk_status::failed;
      case segment_scanner::step_status::end:
        from_ = disk.kept.limits.end;
        return walk_status::go_on;
      case segment_scanner::step_status::record:
        break;
    }
    from_ = found.head.sequence;
    if (from_ >= disk.memory_first) {
      return walk_status::go_on;
    }
    remember(disk, *scanner, found.head);
    const walk_status status = on_disk(*scanner, found.head);
    if (status == walk_status::failed) {
      return status;
    }
    ++from_;
    if (status != walk_status::go_on) {
      return status;
    }
  }
  return walk_status::go_on;
}

read_result local_reader::next(log_position from, const lane_key& lane) {
  read_result result;
  from_ = from.number();
  const auto in_memory = [&](const frame_ptr& each) {
    if (!belongs_to(each->header.database, each->header.retention_policy, lane)) {
      return false;
    }
    result.found = each;
    return true;
  };
  const auto on_disk = [&](segment_scanner& scanner, const record_head& head) {
    if (!belongs_to(head.database, head.retention_policy, lane)) {
      return walk_status::go_on;
    }
    auto read = std::make_shared<frame>();
    read->header = head.to_header();
    switch (scanner.payload(head, read->stored)) {
      case segment_scanner::payload_status::whole:
        log_.disk_reads_.add_shared();
        result.found = std::move(read);
        return walk_status::found;
      case segment_scanner::payload_status::damaged:
        log_.report_damaged(*scanner.about(), head.sequence, head.sequence + 1, head.points);
        return walk_status::go_on;
      case segment_scanner::payload_status::failed:
        break;
    }
    detail_ = scanner.about()->path() + ": a record cannot be read";
    return walk_status::failed;
  };
  const walk_status status = walk(in_memory, on_disk, &lane);
  result.next = log_position(from_);
  result.status = status == walk_status::found    ? read_status::frame
                  : status == walk_status::failed ? read_status::failed
                                                  : read_status::caught_up;
  if (status == walk_status::failed) {
    result.detail = detail_;
  }
  return result;
}

log_position local_reader::headers(log_position from, std::size_t count_max,
                                   std::vector<frame_header>& out) {
  if (count_max == 0) {
    return from;
  }
  from_ = from.number();
  std::size_t left = count_max;
  const auto in_memory = [&](const frame_ptr& each) {
    out.push_back(each->header);
    return --left == 0;
  };
  const auto on_disk = [&](segment_scanner&, const record_head& head) {
    out.push_back(head.to_header());
    return --left == 0 ? walk_status::found : walk_status::go_on;
  };
  static_cast<void>(walk(in_memory, on_disk, nullptr));
  return log_position(from_);
}

}  // namespace weir
