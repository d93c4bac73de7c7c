// SPDX-License-Identifier: Apache-2.0
//
// What is done with whole files, over a file_system: replace one with the durability asked for,
// append to one or leave it as it was, read, rotate, rename. No handle of the operating system and
// no call of it is here. Failures name the path and the reason. Any thread; two threads must not
// write to one path at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "files/file_system.hpp"

namespace weir {

/// What a change of files survives once the call that made it has returned.
enum class durability : std::uint8_t {
  process,  // the end of the process
  power,    // a loss of power as well: bytes, length and name are on stable storage
};

/// "cannot ACTION PATH: REASON", for a negated errno.
[[nodiscard]] failure file_failure(std::string_view action, const std::string& path,
                                   std::int64_t negated_errno);

/// A new file that is written beside the one at its path and then takes its place, all or nothing:
/// for content that is made piece by piece. One thread. The file system must outlive it.
class replacement_file {
 public:
  /// Opens `path`.new, which is removed unless it takes the place of `path`.
  [[nodiscard]] static result<replacement_file> create(std::string path,
                                                       file_system& files = posix_file_system(),
                                                       file_access access = file_access::all);
  replacement_file(replacement_file&& other) noexcept = default;
  replacement_file& operator=(replacement_file&&) = delete;
  ~replacement_file();

  /// Adds to the content; gathered in memory up to some hundred KiB.
  [[nodiscard]] outcome append(std::string_view bytes);
  /// Hands what was appended to the operating system, or to stable storage.
  [[nodiscard]] outcome flush(durability wanted);
  /// Flushes, and from here on the path names this file. With `power` its bytes are on stable
  /// storage before it has the name; the name is there for good only after `sync_directory_of`. The
  /// handle, open for writing, is the caller's.
  [[nodiscard]] result<file_handle> take_place(durability wanted);
  /// Bytes appended so far.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  /// What `path`.new is called.
  [[nodiscard]] static std::string name_beside(const std::string& path) { return path + ".new"; }

 private:
  replacement_file(std::string path, file_system& files, file_handle file)
      : path_(std::move(path)), files_(&files), file_(std::move(file)) {}

  std::string path_;
  file_system* files_;
  file_handle file_;
  std::string waiting_;
  std::uint64_t written_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Replaces the content of the file at `path`, or makes it: a reader, and whoever comes after a
/// crash, finds the old content or the new one, whole.
[[nodiscard]] outcome replace_file(const std::string& path, std::string_view content,
                                   durability wanted, file_system& files = posix_file_system());

/// Brings the names in the directory of `path` to stable storage.
[[nodiscard]] outcome sync_directory_of(const std::string& path,
                                        file_system& files = posix_file_system());

/// Brings a file's bytes and length to stable storage, whoever wrote them; a missing one is none.
[[nodiscard]] outcome sync_file(const std::string& path, file_system& files = posix_file_system());

/// The file's content; nullopt if there is no such file.
[[nodiscard]] result<std::optional<std::string>> read_small_file(
    const std::string& path, file_system& files = posix_file_system());

/// Appends the pieces to the file at `path`, which is made when it is missing. All or nothing: a
/// write that fails half-way is cut off again. With `power` the bytes, and the file's name, are on
/// stable storage then.
[[nodiscard]] outcome append_to_file(const std::string& path, std::string_view head,
                                     std::string_view tail,
                                     file_system& files = posix_file_system(),
                                     durability wanted = durability::process);

/// The same for a file of lines: a last line without a line feed, which a process left when it was
/// killed, is cut off before.
[[nodiscard]] outcome append_lines_to_file(const std::string& path, std::string_view lines,
                                           file_system& files = posix_file_system());

/// Size of a file in bytes; 0 if there is none.
[[nodiscard]] std::uint64_t file_bytes(const std::string& path,
                                       file_system& files = posix_file_system());

[[nodiscard]] outcome rename_file(const std::string& from, const std::string& to,
                                  file_system& files = posix_file_system());

/// `path` becomes `path`.1, that one `path`.2 and so on; the one beyond `kept` is deleted.
[[nodiscard]] outcome rotate_file(const std::string& path, std::uint32_t kept,
                                  file_system& files = posix_file_system());

/// Like `mkdir -p`: those it makes are for their owner and group alone.
[[nodiscard]] outcome make_directories(const std::string& path,
                                       file_system& files = posix_file_system());

}  // namespace weir
