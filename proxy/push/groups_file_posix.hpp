// SPDX-License-Identifier: Apache-2.0
//
// The file of the groups in the state directory, written anew whenever they changed and some time
// has passed. One thread.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/times.hpp"
#include "files/file_operations.hpp"
#include "push/groups.hpp"

namespace weir::push {

class groups_file {
 public:
  /// An empty `path`: nothing is kept. `files` outlives it.
  explicit groups_file(std::string path, file_system& files = posix_file_system())
      : path_(std::move(path)), files_(files) {}

  /// Puts the groups of the file into the table. Empty, or what a person should know: a file that
  /// is damaged is set aside (`PATH.damaged`), or loses some groups.
  [[nodiscard]] std::string load(group_table& into, const lifetime_terms& terms, const moment& now);
  /// Writes all groups, where they changed since the last time.
  [[nodiscard]] outcome save(const group_table& from);

 private:
  const std::string path_;
  file_system& files_;
  std::uint64_t saved_version_ = 0;
};

}  // namespace weir::push
