// SPDX-License-Identifier: Apache-2.0
//
// The directory of what weir keeps beside its log: field types, databases, upstream schemas, dead
// letters, cursors and refused batches. Earlier versions kept them in the log's directory; `open`
// moves them. What the files hold is their owners' matter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "files/file_system.hpp"

namespace weir {

/// What lies in a state directory.
namespace state_entry {
inline constexpr std::string_view types = "types";
inline constexpr std::string_view databases = "databases";
/// Which names of series and labels remote_write sinks gave.
inline constexpr std::string_view names = "names";
/// A folder: the retention policies and types that upstream servers told, a file for each sink.
inline constexpr std::string_view schemas = "learnt";
/// A folder: the databases and retention policies that upstream servers have, and what they are to
/// be told.
inline constexpr std::string_view catalogue = "catalogue";
inline constexpr std::string_view letters = "letters";
inline constexpr std::string_view cursors = "cursors";
inline constexpr std::string_view refused = "refused";
/// The groups that jobs pushed.
inline constexpr std::string_view pushed = "pushed";
/// What sinks could not deliver, a folder for each.
inline constexpr std::string_view parked = "parked";
}  // namespace state_entry

struct state_directory_options {
  /// Made if it is missing.
  std::string directory;
  /// Of a log that this process has locked, and where earlier versions kept the state; or empty.
  std::string log_directory;
  /// Directories that the configuration names for something itself: these are not moved.
  std::vector<std::string> named_directories{};
};

class state_directory {
 public:
  /// Locks the directory (unless it is the log's, whose lock covers it) and moves what is still in
  /// the log's directory. May be killed at any moment: the next call goes on. Fails with a message
  /// that names path and reason, "PATH is held by process N" when another weir uses it.
  [[nodiscard]] static result<state_directory> open(const state_directory_options& options,
                                                    file_system& files = posix_file_system());

  [[nodiscard]] std::string path_of(std::string_view entry) const {
    return directory_ + "/" + std::string(entry);
  }

 private:
  explicit state_directory(std::string directory) : directory_(std::move(directory)) {}

  std::string directory_;
  directory_lock lock_;
};

/// Where an entry is at this moment, for commands that read it whether weir has moved it already or
/// not: in `directory`, or, while it is only there, in `log_directory`.
[[nodiscard]] std::string find_state_entry(const std::string& directory,
                                           const std::string& log_directory,
                                           std::string_view entry);

/// Locks what holds the entries as a running weir does. Empty on success, else why not.
[[nodiscard]] std::string lock_state(const std::string& directory, const std::string& log_directory,
                                     directory_lock& of_state, directory_lock& of_log);

/// Whether both paths name one directory that is there.
[[nodiscard]] bool is_same_directory(const std::string& one, const std::string& other);

}  // namespace weir
