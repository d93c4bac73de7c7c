// SPDX-License-Identifier: Apache-2.0
//
// Writing, reading and removing what is parked.
#include "sinks/parking/parked_files_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.hpp"
#include "base/percent_escape.hpp"
#include "files/directory_sync_posix.hpp"
#include "log/record.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

/// A file is as large as a 256th of the place, or a quarter of its lane's share, within these.
constexpr std::uint64_t file_bytes_least = std::uint64_t{64} << 10;
constexpr std::uint64_t file_bytes_most = std::uint64_t{64} << 20;
/// Of a folder's name that people read, for each of the two names in it.
constexpr std::size_t folder_name_bytes_max = 80;

bool belongs_to(const record_head& head, const lane_key& lane) {
  return head.database == lane.database && head.retention_policy == lane.retention_policy;
}

}  // namespace

std::string parking_directory(const std::string& of_all, const std::string& sink_name) {
  return of_all + "/" + percent_escape(sink_name);
}

result<std::unique_ptr<parked_files>> parked_files::open(parked_files_options options) {
  std::unique_ptr<parked_files> made(new parked_files(std::move(options)));
  if (const outcome found = made->find(); !found) {
    return found.error();
  }
  return made;
}

// ---- names and sizes

/// Names may be longer than a file's, and differ in bytes that a file's cannot have.
std::string parked_files::folder_for(const lane_key& lane) {
  const auto shown = [](const std::string& name) {
    return percent_escape(name).substr(0, folder_name_bytes_max);
  };
  const std::string name = fmt::format(
      "{}{}{}.{:016x}", shown(lane.database), lane.retention_policy.empty() ? "" : ".",
      shown(lane.retention_policy), payload_checksum(lane.database + '\0' + lane.retention_policy));
  std::string folder = name;
  for (int i = 2; !folders_.insert(folder).second; ++i) {
    folder = fmt::format("{}.{}", name, i);
  }
  return folder;
}

std::uint64_t parked_files::file_bytes_max() const {
  const std::uint64_t wanted = std::min(options_.keep_bytes / 256, shares_.share() / 4);
  return std::clamp(wanted, file_bytes_least, file_bytes_most);
}

std::uint64_t parked_files::bytes_of(const frame& one) const {
  return record_bytes(one.header, one.stored.size());
}

void parked_files::count(const lane_key& lane) {
  const auto found = lanes_.find(lane);
  std::uint64_t bytes = 0;
  if (found != lanes_.end()) {
    for (const file& one : found->second.files) {
      bytes += one.given_up ? 0 : one.limits.bytes;
    }
  }
  shares_.set(lane, bytes);
}

// ---- writing

outcome parked_files::make_folder(const std::string& folder) {
  const std::string path = path_of(folder);
  if (const int error = files_.make_directory(path, file_access::group); error < 0) {
    return file_failure("make", path, error);
  }
  return options_.kept == durability::power ? sync_path_to(path, files_) : outcome{nothing{}};
}

/// Adds a file to the lane's where the last one cannot be gone on with.
result<std::unique_ptr<segment_writer>> parked_files::writer_for(lane_files& of,
                                                                 log_position first) {
  if (!of.files.empty()) {
    const file& last = of.files.back();
    if (!last.closed && last.limits.bytes < file_bytes_max()) {
      return segment_writer::reopen(files_, last.about, last.limits.bytes);
    }
  } else if (const outcome made = make_folder(of.folder); !made) {
    return made.error();
  }
  auto created =
      segment_writer::create(files_, path_of(of.folder), {first.number(), options_.now_ns()});
  if (created) {
    of.files.push_back(
        {created.value()->about(), {segment_header_bytes, first.number()}, false, false});
    if (options_.kept == durability::power) {
      if (const int error = files_.sync_directory(path_of(of.folder)); error < 0) {
        of.files.back().closed = true;
        return file_failure("sync", path_of(of.folder), error);
      }
    }
  }
  return created;
}

parking::parked parked_files::park(const lane_key& lane, std::span<const frame_ptr> frames) {
  WEIR_ASSERT(!frames.empty() && !options_.read_only);
  parked done;
  auto place = lanes_.find(lane);
  if (place == lanes_.end()) {
    place = lanes_.emplace(lane, lane_files{folder_for(lane), {}}).first;
  }
  lane_files& of = place->second;
  if (auto writer = writer_for(of, frames.front()->header.position); !writer) {
    done.why = writer.error().message;
  } else {
    segment_writer& to = *writer.value();
    const std::uint64_t before = to.bytes();
    for (const frame_ptr& one : frames) {
      const std::uint64_t sum = payload_checksum(one->stored);
      const outcome written = to.append({&one, 1}, {&sum, 1}, one->header.position.number());
      if (!written) {
        done.why = written.error().message;
        break;
      }
      ++done.frames;
    }
    if (options_.kept == durability::power && done.frames > 0) {
      if (const outcome synced = to.sync(); !synced) {
        to.distrust(before);
        done = {0, synced.error().message};
      }
    }
    file& last = of.files.back();
    last.closed = to.broken();
    if (done.frames > 0) {
      last.limits = {to.bytes(), frames[done.frames - 1]->header.position.next().number()};
    }
  }
  if (!of.files.empty() && of.files.back().limits.bytes <= segment_header_bytes) {
    remove_file(of.files.back());
    of.files.pop_back();
  }
  if (of.files.empty()) {
    forget_folder(of.folder);
    lanes_.erase(place);
  }
  count(lane);
  return done;
}

// ---- reading

segment_scanner* parked_files::scanner_of(const file& one, std::string& why, bool& gone) {
  if (!scanner_ || scanner_->about() != one.about) {
    scanner_.reset();
    auto opened = segment_scanner::open(files_, one.about);
    if (!opened) {
      why = opened.error().message;
      entry_kind kind = entry_kind::other;
      gone = files_.kind(one.about->path(), kind) == 0 && kind == entry_kind::missing;
      return nullptr;
    }
    scanner_ = std::move(opened).value();
  }
  return scanner_.get();
}

read_result parked_files::next(log_position from, const lane_key& lane) {
  read_result out;
  out.next = from;
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) {
    return out;
  }
  for (const file& one : found->second.files) {
    while (!one.given_up && out.next.number() < one.limits.end) {
      bool gone = false;
      segment_scanner* const scanner = scanner_of(one, out.detail, gone);
      segment_scanner::step step;
      if (scanner == nullptr && !gone) {
        out.status = read_status::failed;
        return out;
      }
      if (scanner == nullptr) {
        journal_limited("parked file gone", journal_level::error,
                        "what was parked in it is lost: " + out.detail);
      } else {
        step = scanner->find(out.next.number(), one.limits);
      }
      if (step.status == segment_scanner::step_status::failed) {
        out = {read_status::failed, nullptr, from, step.detail};
        return out;
      }
      if (step.status == segment_scanner::step_status::end) {
        out.next = log_position(one.limits.end);
        break;
      }
      out.next = log_position(step.head.sequence).next();
      if (!belongs_to(step.head, lane)) {
        continue;
      }
      auto read = std::make_shared<frame>();
      read->header = step.head.to_header();
      const auto payload = scanner->payload(step.head, read->stored);
      if (payload == segment_scanner::payload_status::failed) {
        out = {read_status::failed, nullptr, from, one.about->path() + ": a record cannot be read"};
        return out;
      }
      if (payload == segment_scanner::payload_status::whole) {
        out.status = read_status::frame;
        out.found = std::move(read);
        return out;
      }
      journal_limited("parked damage", journal_level::error,
                      fmt::format("{}: a damaged record of {} points is passed over",
                                  one.about->path(), read->header.points));
    }
  }
  out.next = std::max(from, out.next);
  return out;
}

// ---- giving up and removing

parking::given_up parked_files::give_up_oldest(const lane_key& lane, const lane_position& at) {
  lane_files& of = lanes_.at(lane);
  const auto oldest =
      std::find_if(of.files.begin(), of.files.end(), [](const file& one) { return !one.given_up; });
  WEIR_ASSERT(oldest != of.files.end());
  given_up out{.below = log_position(oldest->limits.end)};
  std::string why;
  bool gone = false;
  if (segment_scanner* const scanner = scanner_of(*oldest, why, gone)) {
    auto step = scanner->find(at.next.number(), oldest->limits);
    for (; step.status == segment_scanner::step_status::record;
         step = scanner->next(oldest->limits)) {
      if (belongs_to(step.head, lane)) {
        const bool begun = log_position(step.head.sequence) == at.next;
        out.points += step.head.points - (begun ? std::min(at.skip_points, step.head.points) : 0);
        out.bytes += step.head.inflated_bytes -
                     (begun ? std::min(at.skip_bytes, step.head.inflated_bytes) : 0);
      }
    }
  }
  oldest->given_up = true;
  oldest->closed = true;
  count(lane);
  return out;
}

void parked_files::release(const lane_key& lane, log_position below) {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) {
    return;
  }
  std::vector<file>& files = found->second.files;
  const auto kept = std::find_if(files.begin(), files.end(), [below](const file& one) {
    return one.limits.end > below.number();
  });
  if (kept == files.begin()) {
    return;
  }
  std::for_each(files.begin(), kept, [this](const file& one) { remove_file(one); });
  files.erase(files.begin(), kept);
  if (files.empty()) {
    forget_folder(found->second.folder);
    lanes_.erase(found);
  }
  count(lane);
}

void parked_files::remove_file(const file& one) {
  if (scanner_ && scanner_->about() == one.about) {
    scanner_.reset();
  }
  // One that stays is found again at the next start, and is dealt with then.
  if (const int error = files_.remove(one.about->path()); error < 0 && error != -ENOENT) {
    journal_limited("parked remove", journal_level::warning,
                    file_failure("remove", one.about->path(), error).message);
  }
}

void parked_files::forget_folder(const std::string& folder) {
  folders_.erase(folder);
  // It stays where a file that was set aside is in it.
  static_cast<void>(files_.remove_directory(path_of(folder)));
}

}  // namespace weir
