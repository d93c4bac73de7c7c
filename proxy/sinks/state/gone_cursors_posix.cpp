// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/gone_cursors_posix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text/counted.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"
#include "sinks/state/cursor_store_posix.hpp"

namespace weir {
namespace {

constexpr std::string_view ending = ".cursor";

bool is_file(const std::string& path, file_system& files) {
  entry_kind is = entry_kind::missing;
  return files.kind(path, is) >= 0 && is == entry_kind::file;
}

std::string aside(const std::string& directory) {
  return directory + "/" + std::string(gone_cursors);
}

}  // namespace

outcome set_cursor_aside(const std::string& directory, const std::string& sink_name,
                         std::uint64_t pending_points, file_system& files) {
  const std::string path = cursor_file(directory, sink_name, files).path();
  if (!is_file(path, files)) {
    return nothing{};
  }
  if (outcome made = make_directories(aside(directory), files); !made.ok()) {
    return made;
  }
  const std::string target = cursor_file(aside(directory), sink_name, files).path();
  if (outcome moved = rename_file(path, target, files); !moved.ok()) {
    return moved;
  }
  journal(pending_points == 0 ? journal_level::info : journal_level::warning,
          fmt::format("sink \"{}\" is gone from the configuration and {}; it holds nothing of the "
                      "log any more, and its cursor is now {}: with a sink of that name it comes "
                      "back, and delivers what the log still has",
                      sink_name,
                      pending_points == 0
                          ? std::string("had delivered everything")
                          : fmt::format("still owed {} point{}", grouped_digits(pending_points),
                                        pending_points == 1 ? "" : "s"),
                      target));
  return nothing{};
}

void set_aside_cursors_but(const std::string& directory, std::span<const std::string> sink_names,
                           file_system& files) {
  std::vector<std::string> names;
  if (files.list(directory, names) < 0) {
    return;  // no sink has ever been there
  }
  std::sort(names.begin(), names.end());
  for (const std::string& file : names) {
    if (!file.ends_with(ending)) {
      continue;
    }
    // A sink's name is its file's: it has no byte that would be escaped.
    const std::string name = file.substr(0, file.size() - ending.size());
    if (std::find(sink_names.begin(), sink_names.end(), name) != sink_names.end()) {
      continue;
    }
    result<std::optional<cursor_state>> kept = cursor_file(directory, name, files).load();
    if (!kept.ok() || !kept.value()) {
      continue;  // a damaged one was set aside, and told, by now
    }
    if (outcome moved = set_cursor_aside(directory, name, kept.value()->pending(), files);
        !moved.ok()) {
      journal(journal_level::warning, moved.error().message);
    }
  }
}

outcome take_cursor_back(const std::string& directory, const std::string& sink_name,
                         file_system& files) {
  const std::string path = cursor_file(directory, sink_name, files).path();
  const std::string from = cursor_file(aside(directory), sink_name, files).path();
  if (is_file(path, files) || !is_file(from, files)) {
    return nothing{};
  }
  if (outcome moved = rename_file(from, path, files); !moved.ok()) {
    return moved;
  }
  journal(
      journal_level::info,
      fmt::format("sink \"{}\" is in the configuration again and goes on where it stood; points "
                  "that the log has not kept since are counted as lost",
                  sink_name));
  return nothing{};
}

}  // namespace weir
