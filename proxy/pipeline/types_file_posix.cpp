// SPDX-License-Identifier: Apache-2.0
#include "pipeline/types_file_posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/atomic_file_posix.hpp"

namespace weir {
namespace {

failure system_failure(std::string_view what, const std::string& path, int error) {
  return {std::string(what) + " " + path + ": " + std::strerror(error)};
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

}  // namespace

result<types_reading> read_types_file(const std::string& path) {
  auto content = read_small_file(path);
  if (!content) {
    return content.error();
  }
  auto reading = read_types_text(content.value() ? *content.value() : std::string{});
  if (!reading) {
    return failure{path + ": " + reading.error().message + "; move it away to go on"};
  }
  return reading;
}

result<std::unique_ptr<types_file>> types_file::open(std::string path, gate_memory& memory,
                                                     bool sync) {
  std::unique_ptr<types_file> made(new types_file(std::move(path), memory, sync));
  if (auto loaded = made->load(); !loaded) {
    return loaded.error();
  }
  return made;
}

outcome types_file::load() {
  auto reading = read_types_file(path_);
  if (!reading) {
    return reading.error();
  }
  const types_reading& found = reading.value();
  damaged_ = found.damaged;
  memory_.load(found.types);
  struct stat status {};
  const bool missing = ::stat(path_.c_str(), &status) != 0 ||
                       static_cast<std::size_t>(status.st_size) < types_text_head.size();
  if (missing || found.records != found.types.size()) {
    if (auto written = write_file_atomically(path_, types_text(found.types)); !written) {
      return written;
    }
  }
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    return system_failure("cannot open", path_, errno);
  }
  size_ = ::lseek(descriptor_, 0, SEEK_END);
  if (sync_) {
    int error = ::fsync(descriptor_) == 0 ? 0 : errno;
    error = error != 0 ? error : sync_directory_of(path_);
    if (error != 0) {
      return system_failure("cannot sync", path_, error);
    }
  }
  return nothing{};
}

types_file::~types_file() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

outcome types_file::keep() {
  if (kept_.load(std::memory_order_acquire) >= memory_.registrations()) {
    return nothing{};
  }
  const std::lock_guard lock(mutex_);
  std::uint64_t registrations = 0;
  owed_ += memory_.take_unwritten(registrations);
  if (auto written = write_owed(); !written) {
    return written;
  }
  owed_.clear();
  kept_.store(registrations, std::memory_order_release);
  return nothing{};
}

/// All of it or nothing: what a failure left behind is written over by the next attempt.
outcome types_file::write_owed() {
  if (owed_.empty()) {
    return nothing{};
  }
  if (::ftruncate(descriptor_, size_) != 0 || ::lseek(descriptor_, size_, SEEK_SET) < 0) {
    return system_failure("cannot write", path_, errno);
  }
  if (const int error = write_all(descriptor_, owed_); error != 0) {
    return system_failure("cannot write", path_, error);
  }
  if (sync_ && ::fdatasync(descriptor_) != 0) {
    return system_failure("cannot sync", path_, errno);
  }
  size_ += static_cast<std::int64_t>(owed_.size());
  return nothing{};
}

result<std::size_t> forget_types(const std::string& path, const std::string& database,
                                 const std::string& measurement, const std::string& field) {
  auto reading = read_types_file(path);
  if (!reading) {
    return reading.error();
  }
  registered_types& types = reading.value().types;
  const std::size_t forgotten = std::erase_if(types, [&](const auto& each) {
    const registered_field& name = each.first;
    return name.database == database && (measurement.empty() || name.measurement == measurement) &&
           (field.empty() || name.field == field);
  });
  if (forgotten > 0) {
    if (auto written = write_file_atomically(path, types_text(types)); !written) {
      return written.error();
    }
  }
  return forgotten;
}

}  // namespace weir
