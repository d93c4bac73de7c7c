// SPDX-License-Identifier: Apache-2.0
//
// A segment file: what the log knows of each, and the writer of the newest. Files are reached
// through file_system only. Which lock guards what is said at each member.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "files/file_system.hpp"
#include "log/frame.hpp"
#include "log/record.hpp"

namespace weir {

/// Where a record begins.
struct record_place {
  std::uint64_t sequence = 0;
  std::uint64_t offset = 0;
};

/// Ranges of sequences, merged.
class sequence_ranges {
 public:
  /// Adds [first, end); how many of them are new.
  std::uint64_t add(std::uint64_t first, std::uint64_t end);

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // first -> end, disjoint
};

/// What appender and readers share about one segment. Thread-safe.
class segment {
 public:
  segment(std::string path, std::uint64_t first_sequence, std::uint64_t seed)
      : path_(std::move(path)), first_(first_sequence), seed_(seed) {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t first() const noexcept { return first_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

  /// Offers a record to the sparse index, which keeps every 64th.
  void note(record_place place);
  /// The last known place at or before `sequence`; the first record's if none is.
  [[nodiscard]] record_place place_before(std::uint64_t sequence) const;
  /// Counts damaged records once, however many readers meet them; how many are new.
  [[nodiscard]] std::uint64_t note_damaged(std::uint64_t first, std::uint64_t end);

 private:
  const std::string path_;
  const std::uint64_t first_;
  const std::uint64_t seed_;
  mutable std::mutex mutex_;
  std::vector<record_place> index_;
  sequence_ranges damaged_;
};

/// "00000000000000000001.log"
[[nodiscard]] std::string segment_name(std::uint64_t first_sequence);
/// Of a file that was a segment and may become one again. It holds nothing.
inline constexpr std::string_view spare_name = "spare";
/// The sequence in a segment's name; nothing for other names.
[[nodiscard]] std::optional<std::uint64_t> sequence_of_name(std::string_view name);

/// Writes records at the end of one segment. One thread at a time.
class segment_writer {
 public:
  /// Makes a segment file. It has its name once its header is in it, so that nothing of that name
  /// is left where that fails; an older file of that name is replaced.
  [[nodiscard]] static result<std::unique_ptr<segment_writer>> create(file_system& files,
                                                                      const std::string& directory,
                                                                      const segment_header& header);
  /// The same in the file at `spare`, of an earlier segment of this log that nobody reads any more:
  /// writing over its bytes costs less than half of writing new ones, and no sync has to bring
  /// their places to the disk. Where this fails, the file is gone.
  [[nodiscard]] static result<std::unique_ptr<segment_writer>> reuse(file_system& files,
                                                                     const std::string& directory,
                                                                     const segment_header& header,
                                                                     const std::string& spare);
  /// Goes on with a recovered one whose records end at `bytes`.
  [[nodiscard]] static result<std::unique_ptr<segment_writer>> reopen(
      file_system& files, std::shared_ptr<segment> recovered, std::uint64_t bytes);

  /// Writes what it holds over itself. The process that wrote it may have ended after a sync
  /// failed: the operating system holds such pages for stored, and the next sync would pass over
  /// them.
  [[nodiscard]] outcome write_again() const;

  /// Writes a record for each frame, or none: after a failure the file is as it was, or, where even
  /// that failed, broken().
  [[nodiscard]] outcome append(std::span<const frame_ptr> frames,
                               std::span<const std::uint64_t> checksums,
                               std::uint64_t first_sequence);
  /// Bytes that no record should follow may stand behind bytes().
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  /// Tries again to cut those bytes off; true if the file is whole.
  bool repair();

  /// Whether so many bytes could be appended: writes zeros and takes them back. Requires: not
  /// broken().
  [[nodiscard]] outcome probe(std::size_t bytes);

  /// Cuts off what an earlier segment had behind bytes(), before another segment is begun. Where it
  /// fails that stays, and no reader takes it for records.
  void end();

  /// Brings all that was appended to stable storage.
  [[nodiscard]] outcome sync() const;
  /// After `sync` failed: takes back what was appended behind `bytes`, and stays broken for good.
  /// The operating system may hold those bytes for stored although they are not, so no later sync
  /// of this file would say the truth about them.
  void distrust(std::uint64_t bytes);

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const std::shared_ptr<segment>& about() const noexcept { return about_; }

 private:
  segment_writer(file_handle file, std::shared_ptr<segment> about, std::uint64_t bytes)
      : file_(std::move(file)), about_(std::move(about)), bytes_(bytes) {}

  file_handle file_;
  std::shared_ptr<segment> about_;
  std::uint64_t bytes_;
  bool broken_ = false;
  bool distrusted_ = false;
  bool reused_ = false;
  std::string heads_;                     // reused
  std::vector<std::string_view> pieces_;  // reused
};

}  // namespace weir
