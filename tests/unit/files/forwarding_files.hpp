// SPDX-License-Identifier: Apache-2.0
//
// File systems for tests: one that hands every call to the real one, for those that change a few,
// and one whose calls fail, or stop for good, at a number.
#pragma once

#include <cerrno>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_system.hpp"

namespace weir {

class forwarding_files : public file_system {
 public:
  int open_to_read(const std::string& path) override { return real_.open_to_read(path); }
  int open_to_write(const std::string& path) override { return real_.open_to_write(path); }
  int open_or_create(const std::string& path) override { return real_.open_or_create(path); }
  int create(const std::string& path, file_access access) override {
    return real_.create(path, access);
  }
  int close(int descriptor) override { return real_.close(descriptor); }
  std::int64_t read_at(int descriptor, std::span<char> target, std::uint64_t offset) override {
    return real_.read_at(descriptor, target, offset);
  }
  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override {
    return real_.write_at(descriptor, pieces, offset);
  }
  std::int64_t size(int descriptor) override { return real_.size(descriptor); }
  int truncate(int descriptor, std::uint64_t size) override {
    return real_.truncate(descriptor, size);
  }
  int preallocate(int descriptor, std::uint64_t size) override {
    return real_.preallocate(descriptor, size);
  }
  int remove(const std::string& path) override { return real_.remove(path); }
  int remove_directory(const std::string& path) override { return real_.remove_directory(path); }
  int rename(const std::string& source, const std::string& target) override {
    return real_.rename(source, target);
  }
  int make_directory(const std::string& path, file_access access) override {
    return real_.make_directory(path, access);
  }
  int sync(int descriptor) override { return real_.sync(descriptor); }
  int sync_directory(const std::string& path) override { return real_.sync_directory(path); }
  int list(const std::string& path, std::vector<std::string>& names) override {
    return real_.list(path, names);
  }
  int kind(const std::string& path, entry_kind& is) override { return real_.kind(path, is); }

 protected:
  file_system& real_ = posix_file_system();
};

/// Calls that change something are counted and written down; call number `fail_at` (from 0) fails
/// with `error`, and with `dead` every later one as well, as if the process had been killed there.
class counting_files : public forwarding_files {
 public:
  int fail_at = -1;
  int error = -EIO;
  bool dead = false;
  /// rename between two directories says EXDEV, as between two file systems.
  bool across = false;
  std::vector<std::string> calls;

  int open_or_create(const std::string& path) override {
    const int fault = next("open " + path);
    return fault < 0 ? fault : real_.open_or_create(path);
  }
  int create(const std::string& path, file_access access) override {
    const int fault = next("create " + path);
    return fault < 0 ? fault : real_.create(path, access);
  }
  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override {
    const int fault = next("write");
    return fault < 0 ? fault : real_.write_at(descriptor, pieces, offset);
  }
  int truncate(int descriptor, std::uint64_t size) override {
    const int fault = next("truncate");
    return fault < 0 ? fault : real_.truncate(descriptor, size);
  }
  int preallocate(int descriptor, std::uint64_t size) override {
    const int fault = next("preallocate");
    return fault < 0 ? fault : real_.preallocate(descriptor, size);
  }
  int remove(const std::string& path) override {
    const int fault = next("remove " + path);
    return fault < 0 ? fault : real_.remove(path);
  }
  int remove_directory(const std::string& path) override {
    const int fault = next("remove " + path);
    return fault < 0 ? fault : real_.remove_directory(path);
  }
  int rename(const std::string& source, const std::string& target) override {
    const auto folder = [](const std::string& path) { return path.substr(0, path.rfind('/')); };
    if (across && folder(source) != folder(target)) {
      return -EXDEV;
    }
    const int fault = next("rename " + source + " " + target);
    return fault < 0 ? fault : real_.rename(source, target);
  }
  int make_directory(const std::string& path, file_access access) override {
    const int fault = next("make " + path);
    return fault < 0 ? fault : real_.make_directory(path, access);
  }
  int sync(int descriptor) override {
    const int fault = next("sync");
    return fault < 0 ? fault : real_.sync(descriptor);
  }
  int sync_directory(const std::string& path) override {
    const int fault = next("sync " + path);
    return fault < 0 ? fault : real_.sync_directory(path);
  }

 private:
  int next(std::string what) {
    const int number = static_cast<int>(calls.size());
    calls.push_back(std::move(what));
    return number == fail_at || (dead && fail_at >= 0 && number > fail_at) ? error : 0;
  }
};

}  // namespace weir
