// SPDX-License-Identifier: Apache-2.0
//
// The file "headers" beside the segments (docs/log_format.md): a copy of each segment's header, and
// where the segment before it ended. With it a damaged header is restored, and a segment that
// vanished or was cut short is known. It is a help: where it is missing or cannot be written, the
// log goes on without. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_system.hpp"
#include "log/record.hpp"

namespace weir {

inline constexpr std::size_t segment_entry_bytes = 72;

/// Whether a segment's file is missed when it is not there.
enum class segment_absence : std::uint8_t {
  is_missed = 0,
  was_told = 1,    // it had vanished before
  is_removal = 2,  // the log removed it, released or discarded, as it did all before it
};

struct segment_entry {
  segment_header header;
  /// Of the segment before: the sequence after its last record, and its length. 0: not known.
  std::uint64_t previous_end = 0;
  std::uint64_t previous_bytes = 0;
  segment_absence absence = segment_absence::is_missed;
};

void append_segment_entry(const segment_entry& entry, std::string& out);
/// Nothing for a damaged one.
[[nodiscard]] std::optional<segment_entry> decode_segment_entry(std::string_view bytes);

class header_copies {
 public:
  /// `files` must outlive it.
  header_copies(file_system& files, std::string path);

  /// What the file says, by first sequence; damaged entries are passed over. Once, before the rest.
  [[nodiscard]] std::map<std::uint64_t, segment_entry> read();
  /// From here on the file has these entries, and takes further ones.
  void begin(const std::vector<segment_entry>& present);
  /// After the directory was deleted: makes the file again, where it is not there.
  void renew();
  void add(const segment_entry& entry);
  /// The segment's file was made again, under the same first sequence.
  void made_anew(const segment_header& header);
  /// Before the file of that segment is removed.
  void removed(std::uint64_t first_sequence);

 private:
  void put(const segment_entry& entry, std::uint64_t offset);

  file_system& files_;
  const std::string path_;
  std::mutex mutex_;
  file_handle file_;
  std::uint64_t end_ = 0;
  struct place {
    segment_entry entry;
    std::uint64_t offset = 0;
  };
  std::map<std::uint64_t, place> places_;
};

}  // namespace weir
