// SPDX-License-Identifier: Apache-2.0
#include "files/replacement_file_posix.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "files/atomic_file_posix.hpp"

namespace weir {
namespace {

constexpr std::size_t waiting_bytes_max = std::size_t{256} << 10;

failure system_failure(const std::string& words, const std::string& path, int error) {
  return {words + " " + path + ": " + std::strerror(error)};
}

}  // namespace

result<replacement_file> replacement_file::create(std::string path) {
  const std::string beside = name_beside(path);
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    return system_failure("cannot create", beside, errno);
  }
  return replacement_file(std::move(path), fd);
}

replacement_file::~replacement_file() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    ::unlink(name_beside(path_).c_str());
  }
}

outcome replacement_file::append(std::string_view bytes) {
  waiting_.append(bytes);
  bytes_ += bytes.size();
  return waiting_.size() < waiting_bytes_max ? outcome(nothing{}) : flush(false);
}

outcome replacement_file::flush(bool sync) {
  if (const int error = write_all(descriptor_, waiting_); error != 0) {
    return system_failure("cannot write", name_beside(path_), error);
  }
  waiting_.clear();
  if (sync && ::fdatasync(descriptor_) != 0) {
    return system_failure("cannot sync", name_beside(path_), errno);
  }
  return nothing{};
}

result<int> replacement_file::take_place() {
  if (::rename(name_beside(path_).c_str(), path_.c_str()) != 0) {
    return system_failure("cannot rename to", path_, errno);
  }
  return std::exchange(descriptor_, -1);
}

int sync_directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno;
  }
  const int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace weir
