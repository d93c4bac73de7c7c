// SPDX-License-Identifier: Apache-2.0
//
// Keeps the book of assignments beside the cursors: one file for all sinks, so that a change of
// several is kept whole or not at all. Control thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "files/file_system.hpp"
#include "sinks/assignments/assignment_book.hpp"

namespace weir {

class assignment_file {
 public:
  /// `cursor_directory`: empty: nothing is kept.
  assignment_file(std::string cursor_directory, std::uint32_t log_identity,
                  file_system& files = posix_file_system());

  /// Empty where there is none, or one of another log. A damaged one is set aside, and the journal
  /// says so. Fails when the disk does.
  [[nodiscard]] result<assignment_book> load();
  /// On stable storage when it returns; nothing where it says the same already. Where it fails, the
  /// book before is in force.
  [[nodiscard]] outcome save(const assignment_book& book);

 private:
  std::string directory_;
  std::string path_;
  std::uint32_t log_identity_;
  file_system& files_;
  /// What the file has; empty: there is none.
  std::string kept_;
};

/// What is known of a sink that does not run: of its cursor, or of the one that was set aside.
[[nodiscard]] std::optional<member_standing> standing_on_disk(const std::string& cursor_directory,
                                                              const std::string& sink_name,
                                                              std::uint32_t log_identity);

}  // namespace weir
