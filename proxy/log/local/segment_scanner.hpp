// SPDX-License-Identifier: Apache-2.0
//
// Reads the records of one segment in order and finds its way past damage. It decides what is a
// record; what becomes of damage is its caller's matter. One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "files/file_system.hpp"
#include "log/local/segment.hpp"
#include "log/record.hpp"

namespace weir {

/// How much of a segment may be read: what was published when the caller looked.
struct segment_limits {
  std::uint64_t bytes = 0;
  /// Records at or above this sequence are not of the log.
  std::uint64_t end = 0;
};

/// Bytes of a file, read in pieces that fit the way it is read.
class read_window {
 public:
  /// The file is shorter than it was: no errno of reading.
  static constexpr std::int64_t shortened = std::numeric_limits<std::int64_t>::min();

  /// At least `length` bytes at `offset`, fewer at `limit`; valid until the next call. A negative
  /// `error` is a negated errno, or `shortened`.
  [[nodiscard]] std::string_view view(const file_handle& file, std::uint64_t offset,
                                      std::size_t length, std::uint64_t limit, std::int64_t& error);

 private:
  std::string buffer_;
  std::uint64_t start_ = 0;
};

class segment_scanner {
 public:
  enum class step_status : std::uint8_t { record, end, failed };

  struct step {
    step_status status = step_status::end;
    /// `record`: valid until the next call.
    record_head head;
    /// Sequences lost to damage before this record (or the end): [lost_first, lost_end).
    std::uint64_t lost_first = 0;
    std::uint64_t lost_end = 0;
    /// `end`: the file is shorter than it was; what is lost is not there, rather than damaged.
    bool shortened = false;
    std::string detail;
  };

  /// The file system must outlive the scanner.
  [[nodiscard]] static result<std::unique_ptr<segment_scanner>> open(
      file_system& files, std::shared_ptr<segment> about);

  [[nodiscard]] const std::shared_ptr<segment>& about() const noexcept { return about_; }

  /// The first record at or after `from`. Cheap when `from` follows the record found last.
  [[nodiscard]] step find(std::uint64_t from, const segment_limits& limits);
  /// `find` will be asked for the record at this place, as an earlier look said.
  void go_to(record_place place) noexcept {
    expected_ = place.sequence;
    offset_ = place.offset;
  }
  /// Where the record found last is.
  [[nodiscard]] record_place found_at() const noexcept { return found_at_; }
  /// The record after the one found last.
  [[nodiscard]] step next(const segment_limits& limits);

  enum class payload_status : std::uint8_t { whole, damaged, failed };
  /// The payload of the record found last, whose head must be passed. Ends the head's validity.
  [[nodiscard]] payload_status payload(const record_head& head, std::string& out);

  /// After `end`: whether records of an earlier segment stand behind the last one that was found,
  /// as the file was that segment's. Then a payload that was being written when it ended is
  /// damaged, not short.
  [[nodiscard]] bool earlier_follow(const segment_limits& limits);

  /// Where the last record that was found ends.
  [[nodiscard]] std::uint64_t records_end() const noexcept { return records_end_; }

 private:
  segment_scanner(file_handle file, std::shared_ptr<segment> about)
      : file_(std::move(file)),
        about_(std::move(about)),
        expected_(about_->first()),
        offset_(segment_header_bytes),
        records_end_(segment_header_bytes) {}

  enum class look_status : std::uint8_t { record, none, failed };
  look_status look(const segment_limits& limits, head_result& found, std::int64_t& error);
  /// Moves offset_ to the next place that begins like a record, or to the limit.
  bool search(const segment_limits& limits, std::int64_t& error);
  [[nodiscard]] step cut_short(const segment_limits& limits) const;
  /// Also forgets the position: the next call must be `find`.
  step failed(std::int64_t error);

  file_handle file_;
  std::shared_ptr<segment> about_;
  read_window window_;
  std::uint64_t expected_;
  std::uint64_t offset_;
  std::uint64_t records_end_;
  record_place found_at_{};
  std::uint64_t payload_offset_ = 0;
  std::uint64_t limit_bytes_ = 0;  // of the last call
};

}  // namespace weir
