// SPDX-License-Identifier: Apache-2.0
//
// File operations over POSIX.
#include "files/file_util_posix.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "files/atomic_file_posix.hpp"

namespace weir {
namespace {

failure failed(std::string_view what, const std::string& path, int error) {
  return {fmt::format("{} {}: {}", what, path, std::strerror(error))};
}

/// A descriptor that closes itself.
class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  /// 0, or errno. Some file systems tell only now that a write failed.
  [[nodiscard]] int close() noexcept { return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno; }

 private:
  int fd_;
};

/// Where the last whole line of a file of `size` bytes ends. A process that was killed within its
/// write leaves a part of a line, whose batch is sent again anyway.
off_t whole_lines_end(int file, off_t size) {
  char block[4096];
  while (size > 0) {
    const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(sizeof block));
    const ssize_t count = ::pread(file, block, static_cast<std::size_t>(size - begin), begin);
    if (count != static_cast<ssize_t>(size - begin)) {
      return size;  // it cannot be read: leave it as it is
    }
    const std::size_t found = std::string_view(block, static_cast<std::size_t>(count)).rfind('\n');
    if (found != std::string_view::npos) {
      return begin + static_cast<off_t>(found) + 1;
    }
    size = begin;
  }
  return 0;
}

outcome append(const std::string& path, bool cut_torn_line, std::string_view head,
               std::string_view tail) {
  descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (file.get() < 0) {
    return failed("cannot open", path, errno);
  }
  struct stat before {};
  if (::fstat(file.get(), &before) != 0) {
    return failed("cannot look at", path, errno);
  }
  const off_t whole = cut_torn_line ? whole_lines_end(file.get(), before.st_size) : before.st_size;
  if (whole != before.st_size && ::ftruncate(file.get(), whole) != 0) {
    return failed("cannot cut off a line that was never finished from", path, errno);
  }
  before.st_size = whole;
  int error = write_all(file.get(), head);
  if (error == 0) {
    error = write_all(file.get(), tail);
  }
  if (error != 0) {
    if (::ftruncate(file.get(), before.st_size) != 0) {
      return failed("cannot write, nor take back a part written of,", path, error);
    }
    return failed("cannot write", path, error);
  }
  if (error = file.close(); error != 0) {
    return failed("cannot write", path, error);
  }
  return nothing{};
}

}  // namespace

outcome make_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0750) != 0 && errno != EEXIST) {
      return failed("cannot create directory", part, errno);
    }
    if (end == std::string::npos) {
      break;
    }
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return failed("cannot use directory", path, errno);
  }
  if (!S_ISDIR(info.st_mode)) {
    return failed("cannot use directory", path, ENOTDIR);
  }
  return nothing{};
}

outcome rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return failed("cannot rename to", to, errno);
  }
  return nothing{};
}

outcome append_to_file(const std::string& path, std::string_view head, std::string_view tail) {
  return append(path, false, head, tail);
}

outcome append_lines_to_file(const std::string& path, std::string_view lines) {
  return append(path, true, lines, {});
}

std::uint64_t file_bytes(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

outcome rotate_file(const std::string& path, std::uint32_t kept) {
  if (kept == 0) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return failed("cannot delete", path, errno);
    }
    return nothing{};
  }
  // The oldest is overwritten by the rename onto its name.
  for (std::uint32_t i = kept; i > 0; --i) {
    const std::string from = i == 1 ? path : fmt::format("{}.{}", path, i - 1);
    const std::string to = fmt::format("{}.{}", path, i);
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
      return failed("cannot rotate to", to, errno);
    }
  }
  return nothing{};
}

}  // namespace weir
