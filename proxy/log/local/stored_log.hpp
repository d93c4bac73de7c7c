// SPDX-License-Identifier: Apache-2.0
//
// A look at the log in a directory, whether a weir runs there or not: takes no lock and changes
// nothing. What is appended or removed meanwhile may be seen or not. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "files/file_system.hpp"
#include "log/local/header_copies.hpp"
#include "log/local/segment_scanner.hpp"

namespace weir {

struct stored_segment {
  std::string path;
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
  /// Where its records end, and what is behind them of a write under way or one that was cut off.
  std::uint64_t records_end = 0;
  std::uint64_t torn_bytes = 0;
  segment_header header;
  /// With an index of where its records are, as far as they were seen.
  std::shared_ptr<segment> about;
  /// Its header is damaged, and was found again from its copy or its own bits.
  bool restored = false;
  /// Its header is lost: its records cannot be read.
  bool unreadable = false;
};

/// What reading records found.
struct stored_scan {
  std::uint64_t frames = 0;
  std::uint64_t points = 0;
  std::uint64_t damaged_records = 0;
  std::uint64_t damaged_points = 0;
  /// Known from neighbours: gaps between segments, segments that vanished or cannot be read.
  std::uint64_t missing_frames = 0;
  /// Behind the newest segment's last record: a write under way, or one that was cut off.
  std::uint64_t torn_bytes = 0;
  /// Files that could not be read.
  std::uint64_t failures = 0;
  /// The sequence after the last record.
  std::uint64_t end = 0;
  /// Of the first thing that is wrong, for people.
  std::vector<std::string> faults;

  [[nodiscard]] bool whole() const noexcept {
    return damaged_records == 0 && missing_frames == 0 && failures == 0;
  }
};

class stored_log {
 public:
  static constexpr std::size_t faults_max = 100;

  /// `directory` is log.directory. `files` must outlive it.
  [[nodiscard]] static result<stored_log> open(const std::string& directory,
                                               file_system& files = posix_file_system());

  /// In order.
  [[nodiscard]] const std::vector<stored_segment>& segments() const noexcept { return segments_; }
  [[nodiscard]] std::uint32_t identity() const noexcept;
  /// Looks again at which files there are, and how long they are.
  [[nodiscard]] outcome refresh();

  enum class visit : std::uint8_t { go_on, stop };
  /// `payload`: valid within the call; fills a text with the record's lines as stored.
  using payload_reader = std::function<segment_scanner::payload_status(std::string&)>;
  using visitor = std::function<visit(const record_head&, const payload_reader&)>;
  /// Shows each record at or after sequence `from`. With `check`, payloads are read and checked,
  /// whatever the visitor does.
  [[nodiscard]] stored_scan scan(std::uint64_t from, const visitor& see, bool check = false) const;

 private:
  stored_log(std::string directory, file_system& files)
      : directory_(std::move(directory)), files_(&files) {}
  static visit show(segment_scanner& scanner, const record_head& found, const visitor& see,
                    bool check, stored_scan& into);
  [[nodiscard]] bool scan_segment(std::size_t index, std::uint64_t from, const visitor& see,
                                  bool check, stored_scan& into) const;

  void find_end();
  [[nodiscard]] bool has_left(const stored_segment& each) const;

  std::string directory_;
  file_system* files_;
  std::vector<stored_segment> segments_;
  std::map<std::uint64_t, segment_entry> known_;
};

}  // namespace weir
