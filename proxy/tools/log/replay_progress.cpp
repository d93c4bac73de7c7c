// SPDX-License-Identifier: Apache-2.0
#include "tools/log/replay_progress.hpp"

#include <cerrno>
#include <cstdint>
#include <vector>

#include "base/percent_escape.hpp"
#include "files/file_operations.hpp"

namespace weir {
namespace {

std::string directory_of(const std::string& place) {
  return place + "/cursors";
}

outcome remove_files(const std::string& directory, file_system& files) {
  std::vector<std::string> names;
  const int listed = files.list(directory, names);
  if (listed < 0) {
    return listed == -ENOENT ? outcome(nothing{}) : file_failure("list", directory, listed);
  }
  for (const std::string& name : names) {
    std::string path = directory;
    path.append("/").append(name);
    entry_kind is = entry_kind::missing;
    if (files.kind(path, is) < 0 || is != entry_kind::file) {
      continue;
    }
    if (const int removed = files.remove(path); removed < 0 && removed != -ENOENT) {
      return file_failure("remove", path, removed);
    }
  }
  return nothing{};
}

}  // namespace

std::string replay_cursor(const std::string& place, const std::string& sink_name) {
  return directory_of(place) + "/" + percent_escape(sink_name) + ".cursor";
}

outcome forget_replay(const std::string& place, const std::string& sink_name, file_system& files) {
  const std::string cursor = replay_cursor(place, sink_name);
  if (const int removed = files.remove(cursor); removed < 0 && removed != -ENOENT) {
    return file_failure("remove", cursor, removed);
  }
  return remove_files(directory_of(place), files);
}

outcome begin_replay(const std::string& place, const std::string& sink_name, file_system& files) {
  entry_kind is = entry_kind::missing;
  const std::string cursor = replay_cursor(place, sink_name);
  if (const int seen = files.kind(cursor, is); seen < 0) {
    return file_failure("look at", cursor, seen);
  }
  return is == entry_kind::missing ? remove_files(directory_of(place), files) : nothing{};
}

}  // namespace weir
