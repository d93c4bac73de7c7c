// SPDX-License-Identifier: Apache-2.0
//
// Keeps a sink's cursor in a file (docs/cursor_format.md). A damaged file is set aside, never
// deleted. One thread.
#pragma once

#include <optional>
#include <string>

#include "files/file_system.hpp"
#include "sinks/state/cursor.hpp"

namespace weir {

class cursor_file final : public cursor_store {
 public:
  /// `directory` must exist, `files` outlive it.
  cursor_file(const std::string& directory, const std::string& sink_name,
              file_system& files = posix_file_system());

  /// What was kept; nothing when there is no file, or only a damaged one, which is then renamed to
  /// `.damaged` and told to the journal. Fails when the disk does.
  [[nodiscard]] result<std::optional<cursor_state>> load();
  outcome save(const cursor_state& state) override;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  file_system& files_;
};

}  // namespace weir
