// SPDX-License-Identifier: Apache-2.0
//
// Files on a POSIX system. It retries what a signal interrupted and decides nothing else.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/assert.hpp"
#include "base/text/ascii.hpp"
#include "files/file_system.hpp"

namespace weir {
namespace {

/// Pieces of one pwritev; below IOV_MAX everywhere.
constexpr std::size_t pieces_max = 1024;

template <class Call>
auto retried(Call call) {
  auto status = call();
  while (status < 0 && errno == EINTR) {
    status = call();
  }
  return status;
}

int zero_or_errno(int status) {
  return status < 0 ? -errno : 0;
}

class posix_files final : public file_system {
 public:
  int open_to_read(const std::string& path) override { return opened(path, O_RDONLY); }
  int open_to_write(const std::string& path) override { return opened(path, O_RDWR); }
  int open_or_create(const std::string& path) override { return opened(path, O_RDWR | O_CREAT); }
  int create(const std::string& path, file_access access) override {
    return opened(path, O_RDWR | O_CREAT | O_TRUNC, access == file_access::all ? 0644 : 0640);
  }
  int close(int descriptor) override { return zero_or_errno(::close(descriptor)); }

  std::int64_t read_at(int descriptor, std::span<char> target, std::uint64_t offset) override {
    const ssize_t bytes = retried([&] {
      return ::pread(descriptor, target.data(), target.size(), static_cast<off_t>(offset));
    });
    return bytes < 0 ? -errno : bytes;
  }

  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override {
    std::array<iovec, pieces_max> vectors;
    const std::size_t count = std::min(pieces.size(), pieces_max);
    for (std::size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
    }
    const ssize_t bytes = retried([&] {
      return ::pwritev(descriptor, vectors.data(), static_cast<int>(count),
                       static_cast<off_t>(offset));
    });
    return bytes < 0 ? -errno : bytes;
  }

  std::int64_t size(int descriptor) override {
    struct stat status {};
    return ::fstat(descriptor, &status) < 0 ? -errno : static_cast<std::int64_t>(status.st_size);
  }

  int truncate(int descriptor, std::uint64_t size) override {
    return zero_or_errno(
        retried([&] { return ::ftruncate(descriptor, static_cast<off_t>(size)); }));
  }
  // posix_fallocate writes zeros where the file system knows no better way.
  int preallocate(int descriptor, std::uint64_t size) override {
    int error = ::posix_fallocate(descriptor, 0, static_cast<off_t>(size));
    while (error == EINTR) {
      error = ::posix_fallocate(descriptor, 0, static_cast<off_t>(size));
    }
    return -error;
  }
  int remove(const std::string& path) override { return zero_or_errno(::unlink(path.c_str())); }
  int remove_directory(const std::string& path) override {
    return zero_or_errno(::rmdir(path.c_str()));
  }
  int rename(const std::string& source, const std::string& target) override {
    return zero_or_errno(::rename(source.c_str(), target.c_str()));
  }

  int make_directory(const std::string& path, file_access access) override {
    const mode_t mode = access == file_access::all ? 0777 : 0750;
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      if (::mkdir(path.substr(0, end).c_str(), mode) != 0 && errno != EEXIST) {
        return -errno;
      }
      if (end == std::string::npos) {
        break;
      }
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      return -errno;
    }
    return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
  }

  int sync(int descriptor) override { return zero_or_errno(::fdatasync(descriptor)); }
  int sync_directory(const std::string& path) override {
    const int descriptor = opened(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY);
    if (descriptor < 0) {
      return descriptor;
    }
    const int error = zero_or_errno(::fsync(descriptor));
    ::close(descriptor);
    // Some file systems know no such call for directories; they keep names in order by themselves.
    return error == -EINVAL ? 0 : error;
  }

  int list(const std::string& path, std::vector<std::string>& names) override {
    std::error_code error;
    std::filesystem::directory_iterator entry(path, error);
    while (!error && entry != std::filesystem::directory_iterator()) {
      names.push_back(entry->path().filename().string());
      entry.increment(error);
    }
    return -error.value();
  }

  int kind(const std::string& path, entry_kind& is) override {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
      is = entry_kind::missing;
      return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    }
    is = S_ISREG(status.st_mode)   ? entry_kind::file
         : S_ISDIR(status.st_mode) ? entry_kind::folder
                                   : entry_kind::other;
    return 0;
  }

 private:
  static int opened(const std::string& path, int flags, mode_t mode = 0640) {
    const int descriptor = retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
    return descriptor < 0 ? -errno : descriptor;
  }
};

}  // namespace

file_system& posix_file_system() {
  static posix_files files;
  return files;
}

std::int64_t file_handle::read_fully(std::span<char> target, std::uint64_t offset) const {
  WEIR_ASSERT(open());
  std::size_t done = 0;
  while (done < target.size()) {
    const std::int64_t bytes = files_->read_at(descriptor_, target.subspan(done), offset + done);
    if (bytes < 0) {
      return bytes;
    }
    if (bytes == 0) {
      break;
    }
    done += static_cast<std::size_t>(bytes);
  }
  return static_cast<std::int64_t>(done);
}

int file_handle::write_fully(std::vector<std::string_view> pieces, std::uint64_t offset) const {
  WEIR_ASSERT(open());
  std::span<std::string_view> rest(pieces);
  while (!rest.empty()) {
    if (rest.front().empty()) {
      rest = rest.subspan(1);
      continue;
    }
    std::int64_t bytes = files_->write_at(descriptor_, rest, offset);
    if (bytes <= 0) {
      return bytes < 0 ? static_cast<int>(bytes) : -EIO;
    }
    offset += static_cast<std::uint64_t>(bytes);
    while (bytes > 0) {
      const std::size_t taken = std::min(rest.front().size(), static_cast<std::size_t>(bytes));
      rest.front().remove_prefix(taken);
      bytes -= static_cast<std::int64_t>(taken);
      if (rest.front().empty()) {
        rest = rest.subspan(1);
      }
    }
  }
  return 0;
}

int file_handle::truncate(std::uint64_t size) const {
  return files_->truncate(descriptor_, size);
}

int file_handle::preallocate(std::uint64_t size) const {
  return files_->preallocate(descriptor_, size);
}

int file_handle::sync() const {
  return files_->sync(descriptor_);
}

std::int64_t file_handle::size() const {
  return files_->size(descriptor_);
}

int file_handle::close() {
  WEIR_ASSERT(open());
  return files_->close(std::exchange(descriptor_, -1));
}

void file_handle::reset() {
  if (descriptor_ >= 0) {
    static_cast<void>(close());
  }
}

directory_lock& directory_lock::operator=(directory_lock&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
    descriptor_ = other.descriptor_;
    other.descriptor_ = -1;
  }
  return *this;
}

directory_lock::~directory_lock() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

namespace {

std::string holder_of(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t bytes = ::pread(descriptor, text.data(), text.size(), 0);
  std::string holder(text.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  holder.erase(std::find_if_not(holder.begin(), holder.end(), is_digit), holder.end());
  return holder;
}

/// "process 17 (weir)".
std::string holder_name(const std::string& holder) {
  if (holder.empty()) {
    return "another process";
  }
  std::ifstream file("/proc/" + holder + "/comm");
  std::string name;
  std::getline(file, name);
  return "process " + holder + (name.empty() ? "" : " (" + name + ")");
}

}  // namespace

std::string directory_lock::take(const std::string& path) {
  WEIR_ASSERT(descriptor_ < 0);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return path + ": " + errno_text(-errno);
  }
  if (retried([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) < 0) {
    const int error = errno;
    const std::string holder = holder_of(descriptor);
    ::close(descriptor);
    return error != EWOULDBLOCK ? path + ": " + errno_text(-error)
                                : path + " is held by " + holder_name(holder);
  }
  const std::string self = std::to_string(::getpid()) + "\n";
  const bool noted =
      ::ftruncate(descriptor, 0) == 0 &&
      ::pwrite(descriptor, self.data(), self.size(), 0) == static_cast<ssize_t>(self.size());
  // A full disk cannot hold the number; the lock itself holds all the same.
  static_cast<void>(noted);
  descriptor_ = descriptor;
  return {};
}

std::string errno_text(std::int64_t negated_errno) {
  return std::generic_category().message(static_cast<int>(-negated_errno));
}

}  // namespace weir
