// SPDX-License-Identifier: Apache-2.0
#include "log/local/stored_log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "log/local/segment_tail.hpp"

namespace weir {
namespace {

void note_fault(stored_scan& into, std::string words) {
  if (into.faults.size() < stored_log::faults_max) {
    into.faults.push_back(std::move(words));
  }
}

}  // namespace

result<stored_log> stored_log::open(const std::string& directory, file_system& files) {
  stored_log made(directory, files);
  if (auto looked = made.refresh(); !looked) {
    return looked.error();
  }
  return made;
}

outcome stored_log::refresh() {
  std::vector<std::string> names;
  const std::string folder = directory_ + "/segments";
  if (const int error = files_->list(folder, names); error < 0) {
    return failure{folder + ": " + errno_text(error)};
  }
  known_ = header_copies(*files_, directory_ + "/headers").read();
  std::map<std::uint64_t, std::shared_ptr<segment>> before;
  for (const stored_segment& each : segments_) {
    before[each.first] = each.about;
  }
  segments_.clear();
  for (const std::string& name : names) {
    const auto sequence = sequence_of_name(name);
    if (!sequence || *sequence == 0) {
      continue;
    }
    stored_segment each;
    each.path = folder;
    each.path.append("/").append(name);
    each.first = *sequence;
    const file_handle file(*files_, files_->open_to_read(each.path));
    std::array<char, segment_header_bytes> bytes{};
    const std::int64_t size = file.open() ? file.size() : file.error();
    const std::int64_t read = size < 0 ? size : file.read_fully(bytes, 0);
    if (read == -ENOENT) {
      continue;  // removed meanwhile
    }
    if (read < static_cast<std::int64_t>(segment_header_bytes)) {
      // An empty one is being made, or was when a crash came: it holds nothing.
      each.unreadable = read < 0;
      if (read >= 0) {
        continue;
      }
    }
    each.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, size));
    const std::string_view begin(bytes.data(), bytes.size());
    auto header = decode_segment_header(begin);
    if (!header || header->first_sequence != each.first) {
      const auto copy = known_.find(each.first);
      header = copy != known_.end() ? std::optional(copy->second.header)
                                    : mend_segment_header(begin, each.first);
      each.restored = header.has_value();
      each.unreadable = !header;
    }
    each.header = header.value_or(segment_header{});
    const auto known = before.find(each.first);
    each.about = known != before.end() && known->second->seed() == each.header.seed()
                     ? known->second
                     : std::make_shared<segment>(each.path, each.first, each.header.seed());
    segments_.push_back(std::move(each));
  }
  std::sort(segments_.begin(), segments_.end(),
            [](const auto& one, const auto& other) { return one.first < other.first; });
  find_end();
  return nothing{};
}

/// Of the newest; where it cannot be read its scan says so.
void stored_log::find_end() {
  for (stored_segment& each : segments_) {
    each.records_end = each.bytes;
  }
  if (segments_.empty() || segments_.back().unreadable) {
    return;
  }
  stored_segment& newest = segments_.back();
  const auto tail =
      read_tail(*files_, newest.about, {newest.bytes, std::numeric_limits<std::uint64_t>::max()});
  if (tail) {
    newest.records_end = tail.value().records_end;
    newest.torn_bytes = tail.value().torn_bytes;
  }
}

std::uint32_t stored_log::identity() const noexcept {
  for (auto each = segments_.rbegin(); each != segments_.rend(); ++each) {
    if (each->header.log_identity != 0) {
      return each->header.log_identity;
    }
  }
  return 0;
}

stored_scan stored_log::scan(std::uint64_t from, const visitor& see, bool check) const {
  stored_scan found;
  found.end = from;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const bool last = i + 1 == segments_.size();
    if (!last && segments_[i + 1].first <= from) {
      continue;
    }
    const stored_scan before = found;
    if (!scan_segment(i, from, see, check, found)) {
      return found;
    }
    if (found.faults.size() > before.faults.size() && has_left(segments_[i])) {
      found = before;
      found.end = last ? before.end : segments_[i + 1].first;
    }
    // Where the next one begins is where this one ended, if the copies of the headers say so: a
    // number may also have been skipped.
    const auto next = last ? known_.end() : known_.find(segments_[i + 1].first);
    if (next != known_.end() && next->second.previous_end > found.end) {
      const std::uint64_t gap = next->second.previous_end - std::max(found.end, segments_[0].first);
      found.missing_frames += gap;
      note_fault(found, segments_[i].path + ": " + std::to_string(gap) +
                            " frame(s) before sequence " +
                            std::to_string(next->second.previous_end) + " are missing");
      found.end = next->second.previous_end;
    }
  }
  return found;
}

stored_log::visit stored_log::show(segment_scanner& scanner, const record_head& found,
                                   const visitor& see, bool check, stored_scan& into) {
  ++into.frames;
  into.points += found.points;
  into.end = found.sequence + 1;
  // Its names are views that reading the payload ends.
  const std::string database(found.database);
  const std::string policy(found.retention_policy);
  record_head head = found;
  head.database = database;
  head.retention_policy = policy;
  std::string payload;
  bool read = false;
  auto status = segment_scanner::payload_status::whole;
  const payload_reader load = [&](std::string& out) {
    if (!read) {
      status = scanner.payload(head, payload);
      read = true;
    }
    out = payload;
    return status;
  };
  const visit wanted = see(head, load);
  if (check && !read) {
    status = scanner.payload(head, payload);
    read = true;
  }
  if (read && status != segment_scanner::payload_status::whole) {
    ++into.damaged_records;
    into.damaged_points += head.points;
    note_fault(into, scanner.about()->path() + ": the record with sequence " +
                         std::to_string(head.sequence) +
                         " is damaged: " + std::to_string(head.points) + " point(s)");
  }
  return wanted;
}

/// A segment that the log is done with meanwhile may become another one under its reader.
bool stored_log::has_left(const stored_segment& each) const {
  entry_kind is = entry_kind::missing;
  return files_->kind(each.path, is) == 0 && is == entry_kind::missing;
}

bool stored_log::scan_segment(std::size_t index, std::uint64_t from, const visitor& see, bool check,
                              stored_scan& into) const {
  const stored_segment& each = segments_[index];
  const bool last = index + 1 == segments_.size();
  if (each.restored) {
    note_fault(into, each.path + ": its header is damaged, but known");
  }
  if (each.unreadable) {
    ++into.failures;
    note_fault(into, each.path + ": its header is lost, and with it what it holds");
    return true;
  }
  auto opened = segment_scanner::open(*files_, each.about);
  if (!opened) {
    ++into.failures;
    note_fault(into, opened.error().message);
    return true;
  }
  segment_scanner& scanner = *opened.value();
  const segment_limits limits{each.records_end, last ? std::numeric_limits<std::uint64_t>::max()
                                                     : segments_[index + 1].first};
  for (auto found = scanner.find(std::max(from, each.first), limits);;
       found = scanner.next(limits)) {
    if (found.status == segment_scanner::step_status::failed) {
      ++into.failures;
      note_fault(into, found.detail);
      return true;
    }
    const bool at_end = found.status == segment_scanner::step_status::end;
    if (at_end && last) {
      into.torn_bytes += each.torn_bytes;
      return true;
    }
    if (found.lost_first < found.lost_end) {
      into.damaged_records += found.lost_end - found.lost_first;
      note_fault(into, each.path + ": " + std::to_string(found.lost_end - found.lost_first) +
                           " damaged record(s) from sequence " + std::to_string(found.lost_first) +
                           " on");
      into.end = std::max(into.end, found.lost_end);
    }
    if (at_end) {
      return true;
    }
    if (show(scanner, found.head, see, check, into) == visit::stop) {
      return false;
    }
  }
}

}  // namespace weir
