// SPDX-License-Identifier: Apache-2.0
//
// The file of names (docs/names_format.md): read at the start, appended to when a name is new. What
// the names mean is name_book's matter.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "files/file_system.hpp"
#include "observe/metrics.hpp"
#include "sinks/mapping/name_book.hpp"

namespace weir {

class name_file final : public name_store {
 public:
  /// `files` must outlive it.
  explicit name_file(std::string path, file_system& files = posix_file_system())
      : path_(std::move(path)), files_(files) {}

  bool append(std::string_view records) override;

 private:
  const std::string path_;
  file_system& files_;
};

/// A book with what the file at `path` has, and which goes on in that file. A file that is damaged
/// is set aside as PATH.damaged, what can be read of it is kept, and the journal is told. Fails
/// where a file cannot be read or made anew, or is of another version. The names in the file
/// `before` (empty: none) come first; it is not written.
[[nodiscard]] result<std::shared_ptr<name_book>> open_names(
    const std::string& path, std::uint64_t bytes_max, const std::string& before = {},
    file_system& files = posix_file_system());

/// The book that the sinks of a process share, opened when the first of them asks. Thread-safe.
class shared_names {
 public:
  /// The file is in this state directory, which is made; empty: nothing is kept. `before`: see
  /// `open_names`.
  shared_names(std::string state_directory, std::uint64_t bytes_max, std::string before)
      : state_directory_(std::move(state_directory)),
        bytes_max_(bytes_max),
        before_(std::move(before)) {}

  [[nodiscard]] result<std::shared_ptr<name_book>> open();
  /// nullptr as long as it is not open.
  [[nodiscard]] std::shared_ptr<const name_book> current() const {
    const std::lock_guard lock(mutex_);
    return book_;
  }
  /// Nothing as long as it is not open.
  void collect(metric_collector& out) const;

 private:
  const std::string state_directory_;
  const std::uint64_t bytes_max_;
  const std::string before_;
  mutable std::mutex mutex_;
  std::shared_ptr<name_book> book_;
};

/// As `open_names` for those who only ask: nothing is written, and what is damaged is passed over.
[[nodiscard]] result<std::shared_ptr<name_book>> read_names(
    const std::string& path, std::uint64_t bytes_max, file_system& files = posix_file_system());

}  // namespace weir
