// SPDX-License-Identifier: Apache-2.0
//
// Finding again what was parked: which files there are, and what of them is still to be delivered.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "log/record.hpp"
#include "observe/journal.hpp"
#include "sinks/parking/parked_files_posix.hpp"

namespace weir {

outcome parked_files::find() {
  entry_kind kind = entry_kind::missing;
  if (const int error = files_.kind(options_.directory, kind); error < 0) {
    return file_failure("look at", options_.directory, error);
  }
  if (kind == entry_kind::missing) {
    return nothing{};
  }
  if (kind != entry_kind::folder) {
    set_aside(options_.directory, "it is no folder");
    return nothing{};
  }
  std::vector<std::string> names;
  if (const int error = files_.list(options_.directory, names); error < 0) {
    return file_failure("list", options_.directory, error);
  }
  for (const std::string& name : names) {
    if (const int error = files_.kind(path_of(name), kind); error < 0) {
      return file_failure("look at", path_of(name), error);
    }
    if (kind != entry_kind::folder) {
      continue;
    }
    if (outcome found = find_in(name); !found) {
      return found;
    }
  }
  return nothing{};
}

outcome parked_files::find_in(const std::string& folder) {
  std::vector<std::string> names;
  if (const int error = files_.list(path_of(folder), names); error < 0) {
    return options_.read_only ? outcome{nothing{}} : file_failure("list", path_of(folder), error);
  }
  std::set<std::uint64_t>& firsts = found_[folder];
  for (const std::string& name : names) {
    if (const auto first = sequence_of_name(name)) {
      firsts.insert(*first);
    }
  }
  return nothing{};
}

void parked_files::set_aside(const std::string& path, const std::string& why) {
  if (options_.read_only) {
    return;
  }
  std::string target = path + ".damaged";
  entry_kind kind = entry_kind::missing;
  for (int i = 2; files_.kind(target, kind) == 0 && kind != entry_kind::missing; ++i) {
    target = fmt::format("{}.damaged.{}", path, i);
  }
  const int error = files_.rename(path, target);
  journal(journal_level::error,
          error < 0
              ? fmt::format("{}: {}; it cannot be set aside: {}", path, why, errno_text(error))
              : fmt::format("{}: {}; it is now {}, and what is in it is not delivered", path, why,
                            target));
}

/// A file while it is read: how far its records are pending.
struct parked_files::recovered {
  std::shared_ptr<segment> about;
  std::uint64_t bytes = 0;    // of the file
  std::uint64_t end_max = 0;  // its records are below
  segment_limits pending{segment_header_bytes, 0};
  bool any = false;
  /// The disk refused to the last: what lies behind is not known.
  bool cut_off = false;
  /// Its lane has another folder.
  bool twice = false;
};

std::shared_ptr<segment> parked_files::examine(const std::string& path, std::uint64_t first,
                                               std::uint64_t& bytes, std::string& why) {
  std::array<char, segment_header_bytes> begin{};
  const file_handle opened(files_, files_.open_to_read(path));
  const std::int64_t size = opened.open() ? opened.size() : opened.error();
  const std::int64_t read = size < 0 ? size : opened.read_fully(begin, 0);
  if (read < 0) {
    why = read == -ENOENT ? std::string{} : file_failure("read", path, read).message;
    return nullptr;
  }
  bytes = static_cast<std::uint64_t>(size);
  const std::string_view head(begin.data(), static_cast<std::size_t>(read));
  const auto header = decode_segment_header(head);
  if (header && header->first_sequence == first) {
    return std::make_shared<segment>(path, first, header->seed());
  }
  if (bytes < segment_header_bytes) {
    // A crash came while it was made.
    if (!options_.read_only) {
      static_cast<void>(files_.remove(path));
    }
  } else if (const auto later = later_segment_version(head)) {
    set_aside(path, fmt::format("a later weir wrote it (version {})", *later));
  } else {
    set_aside(path, "its header is damaged");
  }
  return nullptr;
}

/// Goes on where it stopped the last time. Returns why the disk refused; nothing: it is read.
std::string parked_files::read_records(recovered& of,
                                       const std::function<park_claim(const frame_header&)>& judge,
                                       std::optional<lane_key>& lane) {
  auto opened = segment_scanner::open(files_, of.about);
  if (!opened) {
    return opened.error().message;
  }
  segment_scanner& scanner = *opened.value();
  const segment_limits all{of.bytes, of.end_max};
  for (auto step = scanner.find(of.pending.end, all);; step = scanner.next(all)) {
    if (step.status == segment_scanner::step_status::failed) {
      return step.detail;
    }
    if (step.lost_first < step.lost_end) {
      journal_limited("parked damage", journal_level::error,
                      of.about->path() + ": damaged records are passed over");
    }
    if (step.status == segment_scanner::step_status::end) {
      return {};
    }
    frame_header header = step.head.to_header();
    lane_key own{header.database, header.retention_policy};
    if (!lane) {
      of.twice = lanes_.contains(own);
      lane = own;
    }
    if (of.twice) {
      return {};
    }
    const park_claim claim = own == *lane ? judge(header) : park_claim::done;
    if (claim == park_claim::leftover) {
      return {};
    }
    of.any = of.any || claim == park_claim::pending;
    of.pending = {scanner.records_end(), header.position.next().number()};
  }
}

/// Takes away what lies behind the last record that counts: it could be read as one later.
void parked_files::cut(recovered& of) {
  if (of.bytes == of.pending.bytes || of.cut_off || options_.read_only) {
    return;
  }
  const file_handle opened(files_, files_.open_to_write(of.about->path()));
  of.cut_off = !opened.open() || opened.truncate(of.pending.bytes) < 0;
}

/// How far the folder that is being read is read.
struct parked_files::reading {
  lane_files of;
  std::optional<lane_key> lane;
  recovered file;
};

/// The disk refused: whether that may pass. Where not, it is told what cannot be read.
bool parked_files::refusal_may_pass(const std::string& why) {
  const bool may = !options_.read_only && recovery_tries_ > 0;
  if (may) {
    --recovery_tries_;
    journal_limited("parked unread", journal_level::warning,
                    "what is parked cannot be read, and is tried again: " + why);
  } else {
    journal(journal_level::error, "what is parked cannot be read: " + why);
  }
  return may;
}

/// Reads the file that begins at `first`, or goes on with it. False: the disk refuses.
bool parked_files::read_file(std::uint64_t first, std::uint64_t end_max,
                             const std::function<park_claim(const frame_header&)>& judge) {
  recovered& one = reading_->file;
  const std::string path = path_of(reading_->of.folder) + "/" + segment_name(first);
  std::string why;
  if (!one.about) {
    one.about = examine(path, first, one.bytes, why);
    one.end_max = end_max;
  }
  if (one.about) {
    why = read_records(one, judge, reading_->lane);
  }
  if (why.empty()) {
    return true;
  }
  if (refusal_may_pass(why)) {
    return false;
  }
  one.cut_off = true;
  if (!one.any) {
    // Its name is taken, so that no later start takes what is in it for delivered.
    set_aside(path, "it cannot be read");
    one.about = nullptr;
  }
  return true;
}

/// False: the disk refuses.
bool parked_files::recover_folder(const std::string& folder, std::set<std::uint64_t>& firsts,
                                  const std::function<park_claim(const frame_header&)>& judge) {
  if (!reading_) {
    reading_ = std::make_shared<reading>(reading{{folder, {}}, std::nullopt, {}});
  }
  lane_files& of = reading_->of;
  while (!firsts.empty()) {
    const auto after = std::next(firsts.begin());
    const std::uint64_t end_max =
        after == firsts.end() ? std::numeric_limits<std::uint64_t>::max() : *after;
    if (!read_file(*firsts.begin(), end_max, judge)) {
      return false;
    }
    firsts.erase(firsts.begin());
    recovered one = std::exchange(reading_->file, {});
    if (one.twice) {
      set_aside(path_of(folder), "another folder has points of the same database");
      return true;
    }
    if (one.any) {
      cut(one);
      // Of what another process wrote last, a sync may have failed; no later one would say so.
      const bool closed = one.cut_off || options_.kept == durability::power;
      of.files.push_back({one.about, one.pending, closed, false});
    } else if (one.about && !options_.read_only) {
      remove_file({one.about, one.pending, false, false});
    }
  }
  if (of.files.empty()) {
    if (!options_.read_only) {
      forget_folder(folder);
    }
    return true;
  }
  folders_.insert(folder);
  const lane_key lane = *reading_->lane;
  lanes_.emplace(lane, std::move(of));
  count(lane);
  return true;
}

bool parked_files::recover(const std::function<park_claim(const frame_header&)>& judge) {
  while (!found_.empty()) {
    const auto first = found_.begin();
    if (!recover_folder(first->first, first->second, judge)) {
      return false;
    }
    reading_.reset();
    found_.erase(first);
  }
  return true;
}

}  // namespace weir
