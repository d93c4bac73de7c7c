// SPDX-License-Identifier: Apache-2.0
//
// A new file that is written beside the one at its path and then takes its place, all or nothing:
// for content that is made piece by piece. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace weir {

class replacement_file {
 public:
  /// Written to `path`.new until it takes the place of `path`.
  [[nodiscard]] static result<replacement_file> create(std::string path);
  replacement_file(replacement_file&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        waiting_(std::move(other.waiting_)),
        bytes_(other.bytes_) {}
  replacement_file& operator=(replacement_file&&) = delete;
  /// Removes what has not taken its place.
  ~replacement_file();

  [[nodiscard]] outcome append(std::string_view bytes);
  /// Hands what was appended to the operating system; with `sync`, to stable storage.
  [[nodiscard]] outcome flush(bool sync);
  /// From here on the path names this file. Requires: flushed. The descriptor, open for writing, is
  /// the caller's.
  [[nodiscard]] result<int> take_place();
  /// Bytes appended so far.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  /// What `path`.new is called.
  [[nodiscard]] static std::string name_beside(const std::string& path) { return path + ".new"; }

 private:
  replacement_file(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_ = -1;
  std::string waiting_;
  std::uint64_t bytes_ = 0;
};

/// Makes a loss of power remember which names the directory of `path` holds. 0, or errno.
[[nodiscard]] int sync_directory_of(const std::string& path);

}  // namespace weir
