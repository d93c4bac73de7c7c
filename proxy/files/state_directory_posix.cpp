// SPDX-License-Identifier: Apache-2.0
#include "files/state_directory_posix.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "files/file_operations.hpp"
#include "files/move_entry.hpp"

namespace weir {
namespace {

// The smallest first, and cursors before the log may be read: a start that is cut short has moved
// some of them, and the next one moves the rest.
constexpr std::array all_entries{state_entry::databases, state_entry::names,   state_entry::types,
                                 state_entry::schemas,   state_entry::cursors, state_entry::parked,
                                 state_entry::refused,   state_entry::letters, state_entry::pushed,
                                 state_entry::catalogue};

bool is_there(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0;
}

}  // namespace

bool is_same_directory(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

result<state_directory> state_directory::open(const state_directory_options& options,
                                              file_system& files) {
  if (auto made = make_directories(options.directory, files); !made) {
    return made.error();
  }
  state_directory opened(options.directory);
  if (is_same_directory(options.directory, options.log_directory)) {
    return opened;
  }
  if (const std::string why = opened.lock_.take(options.directory + "/lock"); !why.empty()) {
    return failure{"the state directory cannot be used: " + why};
  }
  if (options.log_directory.empty()) {
    return opened;
  }
  for (const std::string_view entry : all_entries) {
    const std::string from = options.log_directory + "/" + std::string(entry);
    const bool named = std::any_of(
        options.named_directories.begin(), options.named_directories.end(),
        [&from](const std::string& directory) { return is_same_directory(directory, from); });
    if (named) {
      continue;
    }
    if (auto moved = move_entry(from, opened.path_of(entry), files); !moved) {
      return moved.error();
    }
  }
  return opened;
}

std::string find_state_entry(const std::string& directory, const std::string& log_directory,
                             std::string_view entry) {
  const std::string current = directory + "/" + std::string(entry);
  const std::string earlier = log_directory + "/" + std::string(entry);
  return !is_there(current) && is_there(earlier) ? earlier : current;
}

std::string lock_state(const std::string& directory, const std::string& log_directory,
                       directory_lock& of_state, directory_lock& of_log) {
  if (is_there(log_directory)) {
    if (std::string why = of_log.take(log_directory + "/lock"); !why.empty()) {
      return why;
    }
  }
  if (!is_there(directory) || is_same_directory(directory, log_directory)) {
    return {};
  }
  return of_state.take(directory + "/lock");
}

}  // namespace weir
