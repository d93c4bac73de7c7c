// SPDX-License-Identifier: Apache-2.0
//
// The file of field types beside the log (docs/types_format.md): read at the start, in pieces, then
// appended to before a request that uses a new type is acknowledged. What of it stands for nothing
// any more is left out by a new file that takes its place, made on a thread of its own while
// records are appended. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.hpp"
#include "files/replacement_file_posix.hpp"
#include "gate/series/gate_memory.hpp"
#include "gate/types/types_text.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// What reading a whole file of types found.
struct types_reading {
  std::uint64_t records = 0;
  /// Lines that were passed over.
  std::uint64_t damaged = 0;
  /// Up to the end of the last whole line.
  std::uint64_t whole_bytes = 0;
  std::uint64_t bytes = 0;
};

/// Shows each record of the file at `path`; none where there is no file. Also while weir appends to
/// it. Memory does not depend on the file's size.
[[nodiscard]] result<types_reading> read_types_file(const std::string& path,
                                                    const types_reader::taker& take);

struct types_file_options {
  /// What `keep` has kept survives a loss of power.
  bool sync = false;
  /// A file up to this size is made anew before `open` returns, a larger one on a thread.
  std::uint64_t compact_at_once_bytes = std::uint64_t{4} << 20;
};

class types_file {
 public:
  /// Loads what the file says into `memory`, which must outlive this object.
  [[nodiscard]] static result<std::unique_ptr<types_file>> open(std::string path,
                                                                gate_memory& memory,
                                                                types_file_options options);
  ~types_file();
  types_file(const types_file&) = delete;
  types_file& operator=(const types_file&) = delete;

  /// When it succeeds, every type that was registered before the call is in the file. Costs a look
  /// at two numbers when there is none. After a failure the next call tries again.
  [[nodiscard]] outcome keep();

  /// Records that were damaged when the file was opened; they are not in it any more.
  [[nodiscard]] std::uint64_t damaged() const noexcept { return damaged_; }
  /// Where the file was put when it was opened, as nothing in it was a record of types; else empty.
  [[nodiscard]] const std::string& set_aside() const noexcept { return set_aside_; }
  /// Records for which limits.types had no room when it was opened.
  [[nodiscard]] std::uint64_t beyond() const noexcept { return beyond_; }
  /// A new file is being made.
  [[nodiscard]] bool compacting() const noexcept { return compacting_.load(); }
  void collect(metric_collector& out) const;

 private:
  types_file(std::string path, gate_memory& memory, types_file_options options)
      : path_(std::move(path)), memory_(memory), options_(options) {}
  [[nodiscard]] outcome load();
  [[nodiscard]] outcome put_aside();
  [[nodiscard]] outcome begin_appending(const types_reading& found);
  [[nodiscard]] outcome write_owed();
  [[nodiscard]] outcome sync_directory();
  void compact_until_done();
  [[nodiscard]] outcome compact();
  [[nodiscard]] outcome copy_current(std::int64_t bytes, replacement_file& to);
  [[nodiscard]] outcome take_place(std::int64_t copied, replacement_file& to);

  const std::string path_;
  gate_memory& memory_;
  const types_file_options options_;
  std::uint64_t damaged_ = 0;
  std::uint64_t beyond_ = 0;
  std::string set_aside_;
  std::atomic<std::uint64_t> kept_{0};
  mutable std::mutex mutex_;
  int descriptor_ = -1;
  /// Bytes of whole records: where the next is written.
  std::int64_t size_ = 0;
  std::string owed_;
  /// The file has its name, but a loss of power could undo that.
  bool directory_owed_ = false;

  // Of the thread that makes a new file.
  std::uint8_t pass_ = 0;
  std::atomic<bool> compacting_{false};
  std::atomic<bool> stopping_{false};
  std::mutex pause_mutex_;
  std::condition_variable stop_called_;
  std::thread compactor_;
};

/// Takes fields out of the file at `path`: those of `measurement`, or of the whole database where
/// that is empty; and of those `field`, or all. How many. Nobody else may have it open.
[[nodiscard]] result<std::size_t> forget_types(const std::string& path,
                                               const registered_field& wanted);

/// Whether `wanted`, whose empty names stand for all, names this field.
[[nodiscard]] bool names_field(const registered_field& wanted,
                               const registered_field& field) noexcept;

}  // namespace weir
