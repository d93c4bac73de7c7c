// SPDX-License-Identifier: Apache-2.0
//
// The log's files on a POSIX system. It retries what a signal interrupted and decides nothing else.
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
  int create(const std::string& path) override { return opened(path, O_RDWR | O_CREAT | O_TRUNC); }
  void close(int descriptor) override { ::close(descriptor); }

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
  int remove(const std::string& path) override { return zero_or_errno(::unlink(path.c_str())); }
  int rename(const std::string& source, const std::string& target) override {
    return zero_or_errno(::rename(source.c_str(), target.c_str()));
  }

  int make_directory(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    return -error.value();
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

 private:
  static int opened(const std::string& path, int flags) {
    const int descriptor = retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0640); });
    return descriptor < 0 ? -errno : descriptor;
  }
};

}  // namespace

file_system& posix_file_system() {
  static posix_files files;
  return files;
}

std::int64_t log_file::read_fully(std::span<char> target, std::uint64_t offset) const {
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

int log_file::write_fully(std::vector<std::string_view> pieces, std::uint64_t offset) const {
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

int log_file::truncate(std::uint64_t size) const {
  return files_->truncate(descriptor_, size);
}

int log_file::sync() const {
  return files_->sync(descriptor_);
}

std::int64_t log_file::size() const {
  return files_->size(descriptor_);
}

void log_file::reset() {
  if (descriptor_ >= 0) {
    files_->close(descriptor_);
    descriptor_ = -1;
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
std::string holder_words(const std::string& holder) {
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
                                : path + " is held by " + holder_words(holder);
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
