// SPDX-License-Identifier: Apache-2.0
//
// Walks a segment record by record. Linear in what it reads, also where it has to search.
#include "log/local/segment_scanner.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/assert.hpp"

namespace weir {
namespace {

/// Read at once where one record follows another closely, and where the next is far away.
constexpr std::size_t near_bytes = std::size_t{64} * 1024;
constexpr std::size_t far_bytes = std::size_t{4} * 1024;

}  // namespace

std::string_view read_window::view(const file_handle& file, std::uint64_t offset,
                                   std::size_t length, std::uint64_t limit, std::int64_t& error) {
  WEIR_ASSERT(offset <= limit);
  length = static_cast<std::size_t>(std::min<std::uint64_t>(length, limit - offset));
  const std::uint64_t stop = start_ + buffer_.size();
  if (offset < start_ || offset + length > stop) {
    const bool near = offset >= start_ && offset <= stop;
    const std::size_t wanted = std::max(length, near ? near_bytes : far_bytes);
    buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, limit - offset)));
    start_ = offset;
    const std::int64_t bytes = file.read_fully(buffer_, offset);
    buffer_.resize(bytes < 0 ? 0 : static_cast<std::size_t>(bytes));
    if (bytes < static_cast<std::int64_t>(length)) {
      // Published bytes are never taken back, so another program shortened this file.
      error = bytes < 0 ? bytes : shortened;
      return {};
    }
  }
  return std::string_view(buffer_).substr(static_cast<std::size_t>(offset - start_));
}

result<std::unique_ptr<segment_scanner>> segment_scanner::open(file_system& files,
                                                               std::shared_ptr<segment> about) {
  const int descriptor = files.open_to_read(about->path());
  if (descriptor < 0) {
    return failure{about->path() + ": " + errno_text(descriptor)};
  }
  return std::unique_ptr<segment_scanner>(
      new segment_scanner(file_handle(files, descriptor), std::move(about)));
}

segment_scanner::step segment_scanner::find(std::uint64_t from, const segment_limits& limits) {
  const record_place known = about_->place_before(from);
  if (expected_ > from || expected_ < known.sequence) {
    expected_ = known.sequence;
    offset_ = known.offset;
  }
  step found = next(limits);
  while (found.status == step_status::record && found.head.sequence < from) {
    // Damage before `from` is reported by the reader that reads there.
    found = next(limits);
  }
  found.lost_first = std::max(found.lost_first, from);
  found.lost_end = std::max(found.lost_end, found.lost_first);
  return found;
}

segment_scanner::step segment_scanner::next(const segment_limits& limits) {
  bool damaged = false;
  limit_bytes_ = limits.bytes;
  for (;;) {
    head_result found;
    std::int64_t error = 0;
    const look_status status = look(limits, found, error);
    if (status == look_status::failed && error != read_window::shortened) {
      return failed(error);
    }
    step out;
    if (status == look_status::failed) {
      return cut_short(limits);
    }
    if (status == look_status::record) {
      const std::uint64_t sequence = found.head.sequence;
      out.status = step_status::record;
      out.head = found.head;
      out.lost_first = damaged ? expected_ : sequence;
      out.lost_end = sequence;
      found_at_ = {sequence, offset_};
      about_->note(found_at_);
      payload_offset_ = offset_ + found.head.head_bytes();
      offset_ += found.head.record_bytes();
      records_end_ = offset_;
      expected_ = sequence + 1;
      return out;
    }
    if (offset_ == limits.bytes) {
      out.lost_first = damaged ? std::min(expected_, limits.end) : limits.end;
      out.lost_end = limits.end;
      return out;
    }
    damaged = true;
    ++offset_;
    if (!search(limits, error)) {
      return error == read_window::shortened ? cut_short(limits) : failed(error);
    }
  }
}

segment_scanner::step segment_scanner::cut_short(const segment_limits& limits) const {
  step out;
  out.lost_first = std::min(expected_, limits.end);
  out.lost_end = limits.end;
  out.shortened = true;
  return out;
}

segment_scanner::look_status segment_scanner::look(const segment_limits& limits, head_result& found,
                                                   std::int64_t& error) {
  std::size_t needed = record_head_bytes_least;
  for (;;) {
    const std::string_view bytes = window_.view(file_, offset_, needed, limits.bytes, error);
    if (error < 0) {
      return look_status::failed;
    }
    found = decode_record_head(bytes, about_->seed());
    if (found.status == head_status::cut && offset_ + found.needed <= limits.bytes) {
      WEIR_ASSERT(found.needed > bytes.size());
      needed = found.needed;
      continue;
    }
    const record_head& head = found.head;
    const bool whole = found.status == head_status::whole && head.sequence >= expected_ &&
                       head.sequence < limits.end && head.record_bytes() <= limits.bytes - offset_;
    return whole ? look_status::record : look_status::none;
  }
}

bool segment_scanner::search(const segment_limits& limits, std::int64_t& error) {
  while (offset_ < limits.bytes) {
    const std::string_view bytes =
        window_.view(file_, offset_, record_magic.size(), limits.bytes, error);
    if (error < 0) {
      return false;
    }
    const std::size_t found = bytes.find(record_magic);
    if (found != std::string_view::npos) {
      offset_ += found;
      return true;
    }
    // The magic may begin in the last bytes of what was read.
    const bool last = offset_ + bytes.size() == limits.bytes;
    offset_ += last ? bytes.size() : bytes.size() - (record_magic.size() - 1);
  }
  return true;
}

bool segment_scanner::earlier_follow(const segment_limits& limits) {
  std::int64_t error = 0;
  for (offset_ = std::min(records_end_, limits.bytes); search(limits, error); ++offset_) {
    if (offset_ == limits.bytes) {
      return false;
    }
    const auto head = decode_unproven_head(
        window_.view(file_, offset_, record_head_bytes_least, limits.bytes, error));
    if (head && head->sequence < about_->first()) {
      return true;
    }
  }
  return false;
}

segment_scanner::payload_status segment_scanner::payload(const record_head& head,
                                                         std::string& out) {
  const std::size_t length = head.stored_bytes;
  const std::uint64_t checksum = head.checksum;
  std::int64_t error = 0;
  if (length <= near_bytes / 4) {
    // Small records come out of the window, many to one read.
    out = window_.view(file_, payload_offset_, length, limit_bytes_, error).substr(0, length);
  } else {
    out.resize(length);
    const std::int64_t bytes = file_.read_fully(out, payload_offset_);
    error = bytes < 0                                   ? bytes
            : bytes < static_cast<std::int64_t>(length) ? read_window::shortened
                                                        : 0;
  }
  if (error < 0) {
    return error == read_window::shortened ? payload_status::damaged : payload_status::failed;
  }
  return payload_checksum(out) == checksum ? payload_status::whole : payload_status::damaged;
}

segment_scanner::step segment_scanner::failed(std::int64_t error) {
  expected_ = std::numeric_limits<std::uint64_t>::max();
  step out;
  out.status = step_status::failed;
  out.detail = about_->path() + ": " + errno_text(error);
  return out;
}

}  // namespace weir
