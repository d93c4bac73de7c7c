// SPDX-License-Identifier: Apache-2.0
#include "files/atomic_file_posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weir {
namespace {

failure system_failure(const std::string& what, const std::string& path, int error) {
  return {what + " " + path + ": " + std::strerror(error)};
}

}  // namespace

int write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return count < 0 ? errno : ENOSPC;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

outcome write_file_atomically(const std::string& path, std::string_view content) {
  const std::string beside = path + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    return system_failure("cannot create", beside, errno);
  }
  int error = write_all(fd, content);
  if (::close(fd) != 0 && error == 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlink(beside.c_str());
    return system_failure("cannot write", beside, error);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    error = errno;
    ::unlink(beside.c_str());
    return system_failure("cannot rename to", path, error);
  }
  return nothing{};
}

result<std::optional<std::string>> read_small_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) {
      return std::optional<std::string>{};
    }
    return system_failure("cannot open", path, errno);
  }
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      const int error = errno;
      ::close(fd);
      return system_failure("cannot read", path, error);
    }
    if (count == 0) {
      break;
    }
    content.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(fd);
  return std::optional<std::string>{std::move(content)};
}

}  // namespace weir
