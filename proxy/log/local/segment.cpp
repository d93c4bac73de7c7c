// SPDX-License-Identifier: Apache-2.0
//
// Bookkeeping and writing of segments (docs/log_format.md). Reading is segment_scanner's part.
#include "log/local/segment.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.hpp"
#include "files/file_operations.hpp"

namespace weir {
namespace {

/// Records between two entries of the index: 16 bytes of memory for so many records.
constexpr std::uint64_t index_stride = 64;
constexpr std::string_view segment_suffix = ".log";
constexpr std::size_t segment_digits = 20;
constexpr std::uint64_t written_again_at_once = std::uint64_t{1} << 20;

}  // namespace

std::uint64_t sequence_ranges::add(std::uint64_t first, std::uint64_t end) {
  WEIR_ASSERT(first < end);
  std::uint64_t fresh = end - first;
  std::uint64_t merged_first = first;
  std::uint64_t merged_end = end;
  auto range = ranges_.upper_bound(first);
  if (range != ranges_.begin() && std::prev(range)->second >= first) {
    --range;
  }
  while (range != ranges_.end() && range->first <= end) {
    const std::uint64_t overlap_first = std::max(range->first, first);
    const std::uint64_t overlap_end = std::min(range->second, end);
    fresh -= overlap_end > overlap_first ? overlap_end - overlap_first : 0;
    merged_first = std::min(merged_first, range->first);
    merged_end = std::max(merged_end, range->second);
    range = ranges_.erase(range);
  }
  ranges_.emplace(merged_first, merged_end);
  return fresh;
}

void segment::note(record_place place) {
  if (place.sequence % index_stride != 0) {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (index_.empty() || index_.back().sequence < place.sequence) {
    index_.push_back(place);
  }
}

record_place segment::place_before(std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto after = std::upper_bound(
      index_.begin(), index_.end(), sequence,
      [](std::uint64_t wanted, const record_place& place) { return wanted < place.sequence; });
  return after == index_.begin() ? record_place{first_, segment_header_bytes} : *std::prev(after);
}

std::uint64_t segment::note_damaged(std::uint64_t first, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  return damaged_.add(first, end);
}

std::string segment_name(std::uint64_t first_sequence) {
  const std::string digits = std::to_string(first_sequence);
  return std::string(segment_digits - digits.size(), '0') + digits + std::string(segment_suffix);
}

std::optional<std::uint64_t> sequence_of_name(std::string_view name) {
  if (name.size() != segment_digits + segment_suffix.size() || !name.ends_with(segment_suffix)) {
    return std::nullopt;
  }
  std::uint64_t sequence = 0;
  const char* const end = name.data() + segment_digits;
  const auto [stop, error] = std::from_chars(name.data(), end, sequence);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return sequence;
}

result<std::unique_ptr<segment_writer>> segment_writer::create(file_system& files,
                                                               const std::string& directory,
                                                               const segment_header& header) {
  std::string path = directory + "/" + segment_name(header.first_sequence);
  auto begun = replacement_file::create(path, files, file_access::group);
  if (!begun) {
    return begun.error();
  }
  std::string bytes;
  append_segment_header(header, bytes);
  if (const outcome written = begun.value().append(bytes); !written) {
    return written.error();
  }
  auto file = begun.value().take_place(durability::process);
  if (!file) {
    return file.error();
  }
  auto about = std::make_shared<segment>(std::move(path), header.first_sequence, header.seed());
  return std::unique_ptr<segment_writer>(
      new segment_writer(std::move(file).value(), std::move(about), segment_header_bytes));
}

result<std::unique_ptr<segment_writer>> segment_writer::reuse(file_system& files,
                                                              const std::string& directory,
                                                              const segment_header& header,
                                                              const std::string& spare) {
  std::string path = directory + "/" + segment_name(header.first_sequence);
  std::string bytes;
  append_segment_header(header, bytes);
  file_handle file(files, files.open_to_write(spare));
  int error = file.open() ? file.write_fully({bytes}, 0) : file.error();
  error = error < 0 ? error : files.rename(spare, path);
  if (error < 0) {
    static_cast<void>(files.remove(spare));
    return file_failure("write over", spare, error);
  }
  auto about = std::make_shared<segment>(std::move(path), header.first_sequence, header.seed());
  std::unique_ptr<segment_writer> made(
      new segment_writer(std::move(file), std::move(about), segment_header_bytes));
  made->reused_ = true;
  return made;
}

result<std::unique_ptr<segment_writer>> segment_writer::reopen(file_system& files,
                                                               std::shared_ptr<segment> recovered,
                                                               std::uint64_t bytes) {
  const int descriptor = files.open_to_write(recovered->path());
  if (descriptor < 0) {
    return failure{recovered->path() + ": " + errno_text(descriptor)};
  }
  return std::unique_ptr<segment_writer>(
      new segment_writer(file_handle(files, descriptor), std::move(recovered), bytes));
}

outcome segment_writer::write_again() const {
  std::string piece;
  for (std::uint64_t at = 0; at < bytes_; at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min(bytes_ - at, written_again_at_once)));
    const std::int64_t read = file_.read_fully(piece, at);
    if (read >= 0 && static_cast<std::size_t>(read) < piece.size()) {
      return failure{about_->path() + ": it became shorter while it was read"};
    }
    const int error = read < 0 ? static_cast<int>(read) : file_.write_fully({piece}, at);
    if (error < 0) {
      return failure{about_->path() + ": " + errno_text(error)};
    }
  }
  return nothing{};
}

outcome segment_writer::append(std::span<const frame_ptr> frames,
                               std::span<const std::uint64_t> checksums,
                               std::uint64_t first_sequence) {
  WEIR_ASSERT(!broken_ && frames.size() == checksums.size());
  heads_.clear();
  std::vector<std::size_t> head_ends(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    append_record_head(frames[i]->header, first_sequence + i, checksums[i], about_->seed(), heads_);
    head_ends[i] = heads_.size();
  }
  pieces_.clear();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : head_ends[i - 1];
    pieces_.push_back(std::string_view(heads_).substr(begin, head_ends[i] - begin));
    pieces_.push_back(frames[i]->stored);
  }
  if (const int error = file_.write_fully(pieces_, bytes_); error < 0) {
    broken_ = true;
    repair();
    return failure{about_->path() + ": " + errno_text(error)};
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    about_->note({first_sequence + i, bytes_});
    bytes_ += pieces_[2 * i].size() + pieces_[2 * i + 1].size();
  }
  return nothing{};
}

bool segment_writer::repair() {
  if (broken_ && !distrusted_ && file_.truncate(bytes_) == 0) {
    broken_ = false;
  }
  return !broken_;
}

outcome segment_writer::probe(std::size_t bytes) {
  WEIR_ASSERT(!broken_);
  const std::string zeros(bytes, '\0');
  const int error = file_.write_fully({zeros}, bytes_);
  broken_ = true;
  if (!repair()) {
    return failure{about_->path() + ": bytes behind the last record cannot be cut off"};
  }
  if (error < 0) {
    return failure{about_->path() + ": " + errno_text(error)};
  }
  return nothing{};
}

void segment_writer::end() {
  if (reused_) {
    static_cast<void>(file_.truncate(bytes_));
  }
}

outcome segment_writer::sync() const {
  if (const int error = file_.sync(); error < 0) {
    return failure{about_->path() + ": " + errno_text(error)};
  }
  return nothing{};
}

void segment_writer::distrust(std::uint64_t bytes) {
  WEIR_ASSERT(bytes <= bytes_);
  bytes_ = bytes;
  broken_ = true;
  distrusted_ = true;
  // Where this fails too, the next segment's name says that no record follows here.
  static_cast<void>(file_.truncate(bytes_));
}

}  // namespace weir
