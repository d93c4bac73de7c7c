// SPDX-License-Identifier: Apache-2.0
//
// What weir asks of a file system, and the seam where tests make a disk fail. Calls are those of
// POSIX: they may be short and they return a negated errno on failure. What is done with whole
// files is file_operations.hpp. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Who may read what is made, besides its owner; the process's umask takes away from it.
enum class file_access : std::uint8_t { group, all };

enum class entry_kind : std::uint8_t { missing, file, folder, other };

class file_system {
 public:
  virtual ~file_system() = default;

  /// File descriptors, or a negated errno.
  [[nodiscard]] virtual int open_to_read(const std::string& path) = 0;
  [[nodiscard]] virtual int open_to_write(const std::string& path) = 0;
  /// The file as it is, or an empty one; to read and to write.
  [[nodiscard]] virtual int open_or_create(const std::string& path) = 0;
  /// An empty file, also where there was one; to read and to write.
  [[nodiscard]] virtual int create(const std::string& path, file_access access) = 0;
  [[nodiscard]] int create(const std::string& path) { return create(path, file_access::group); }
  /// 0, or a negated errno: some file systems say only now that a write failed. Closed either way.
  virtual int close(int descriptor) = 0;

  /// Bytes read or written, perhaps fewer than asked for; or a negated errno.
  [[nodiscard]] virtual std::int64_t read_at(int descriptor, std::span<char> target,
                                             std::uint64_t offset) = 0;
  [[nodiscard]] virtual std::int64_t write_at(int descriptor,
                                              std::span<const std::string_view> pieces,
                                              std::uint64_t offset) = 0;
  [[nodiscard]] virtual std::int64_t size(int descriptor) = 0;

  /// 0, or a negated errno.
  [[nodiscard]] virtual int truncate(int descriptor, std::uint64_t size) = 0;
  /// The file is `size` bytes long at least, and the disk has room for all of them: a write below
  /// that does not fail for want of space. What was not written before reads as zeros.
  [[nodiscard]] virtual int preallocate(int descriptor, std::uint64_t size) = 0;
  [[nodiscard]] virtual int remove(const std::string& path) = 0;
  /// An empty one.
  [[nodiscard]] virtual int remove_directory(const std::string& path) = 0;
  [[nodiscard]] virtual int rename(const std::string& source, const std::string& target) = 0;
  /// With its parents; no failure if it is there.
  [[nodiscard]] virtual int make_directory(const std::string& path, file_access access) = 0;
  [[nodiscard]] int make_directory(const std::string& path) {
    return make_directory(path, file_access::all);
  }
  /// Returns when the file's bytes and its length are on stable storage (fdatasync). After a
  /// failure nothing written since the last success may be taken for stored, whatever a later call
  /// says.
  [[nodiscard]] virtual int sync(int descriptor) = 0;
  /// The same for the names in a directory: files made in it are found after a loss of power.
  [[nodiscard]] virtual int sync_directory(const std::string& path) = 0;
  /// Names (not paths) of what is in a directory, in no order.
  [[nodiscard]] virtual int list(const std::string& path, std::vector<std::string>& names) = 0;
  /// What has that name (of a symbolic link, the link); a missing one is no failure.
  [[nodiscard]] virtual int kind(const std::string& path, entry_kind& is) = 0;
};

/// The real one.
[[nodiscard]] file_system& posix_file_system();

/// An open file of a file system, or why there is none. Moves; closes itself. The file system must
/// outlive it. One thread at a time.
class file_handle {
 public:
  file_handle() = default;
  /// Takes over what one of the file system's `open` calls returned.
  file_handle(file_system& files, int descriptor) noexcept
      : files_(&files), descriptor_(descriptor) {}
  file_handle(file_handle&& other) noexcept : files_(other.files_), descriptor_(other.descriptor_) {
    other.descriptor_ = -1;
  }
  file_handle& operator=(file_handle&& other) noexcept {
    if (this != &other) {
      reset();
      files_ = other.files_;
      descriptor_ = other.descriptor_;
      other.descriptor_ = -1;
    }
    return *this;
  }
  ~file_handle() { reset(); }

  [[nodiscard]] bool open() const noexcept { return descriptor_ >= 0; }
  /// The negated errno of an open that failed. Requires: !open(), and made from a failure.
  [[nodiscard]] int error() const noexcept { return descriptor_; }
  /// Fills `target`, or reads up to the file's end; bytes read, or a negated errno.
  [[nodiscard]] std::int64_t read_fully(std::span<char> target, std::uint64_t offset) const;
  /// Writes all pieces, or returns a negated errno; some bytes may have been written then.
  [[nodiscard]] int write_fully(std::vector<std::string_view> pieces, std::uint64_t offset) const;
  [[nodiscard]] int truncate(std::uint64_t size) const;
  [[nodiscard]] int preallocate(std::uint64_t size) const;
  [[nodiscard]] int sync() const;
  [[nodiscard]] std::int64_t size() const;
  /// Closes it; 0, or a negated errno. Requires: open().
  [[nodiscard]] int close();
  /// Closes it where it is open, and does not ask what came of that.
  void reset();

 private:
  file_system* files_ = nullptr;
  int descriptor_ = -1;
};

/// A directory that this process has for itself until the lock is destroyed.
class directory_lock {
 public:
  directory_lock() = default;
  directory_lock(directory_lock&& other) noexcept : descriptor_(other.descriptor_) {
    other.descriptor_ = -1;
  }
  directory_lock& operator=(directory_lock&& other) noexcept;
  ~directory_lock();

  /// Locks the file at `path`. Empty on success, else why not, with the holder's process number.
  [[nodiscard]] std::string take(const std::string& path);

 private:
  int descriptor_ = -1;
};

/// "No space left on device" for a negated errno.
[[nodiscard]] std::string errno_text(std::int64_t negated_errno);

}  // namespace weir
