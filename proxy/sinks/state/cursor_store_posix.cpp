// SPDX-License-Identifier: Apache-2.0
//
// The cursor file.
#include "sinks/state/cursor_store_posix.hpp"

#include <fmt/format.h>

#include "base/percent_escape.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"

namespace weir {

cursor_file::cursor_file(const std::string& directory, const std::string& sink_name,
                         file_system& files)
    : path_(directory + "/" + percent_escape(sink_name) + ".cursor"), files_(files) {}

result<std::optional<cursor_state>> cursor_file::load() {
  result<std::optional<std::string>> text = read_small_file(path_, files_);
  if (!text.ok()) {
    return text.error();
  }
  if (!text.value()) {
    return std::optional<cursor_state>{};
  }
  result<cursor_state> state = decode_cursor(*text.value());
  if (state.ok()) {
    return std::optional<cursor_state>{std::move(state).value()};
  }
  const std::string aside = path_ + ".damaged";
  if (const outcome moved = rename_file(path_, aside, files_); !moved.ok()) {
    return moved.error();
  }
  journal(journal_level::error,
          fmt::format("the cursor file {} is damaged ({}); it is now {}, and its sink starts at "
                      "the log's first frame",
                      path_, state.error().message, aside));
  return std::optional<cursor_state>{};
}

// A loss of power may bring an older cursor back, and then batches are delivered again: that is
// cheaper than to wait for the disk after each turn of a sink.
outcome cursor_file::save(const cursor_state& state) {
  return replace_file(path_, encode_cursor(state), durability::process, files_);
}

}  // namespace weir
