// SPDX-License-Identifier: Apache-2.0
//
// Keeps a sink's cursor in a file (docs/cursor_format.md) whose place on the disk is taken in
// advance: a full disk does not keep a cursor from being written. What is written is what changed.
// A damaged file is set aside, never deleted. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "files/file_system.hpp"
#include "sinks/state/cursor.hpp"
#include "sinks/state/cursor_area.hpp"

namespace weir {

class cursor_file final : public cursor_store {
 public:
  /// Of each of the two areas, at least: room for some hundred lanes.
  static constexpr std::uint64_t area_bytes_least = std::uint64_t{32} << 10;

  /// `directory` must exist. `files` must outlive it.
  cursor_file(const std::string& directory, const std::string& sink_name,
              file_system& files = posix_file_system());

  /// What was kept; nothing when there is no file, or only a damaged one, which is then renamed to
  /// `.damaged` and told to the journal. Fails when the disk does.
  [[nodiscard]] result<std::optional<cursor_state>> load();
  /// Needs a new block of the disk only where the lanes have become more than ever before, and then
  /// goes on as far as the old ones go.
  outcome save(const cursor_state& state, const std::set<lane_key>& changed) override;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  [[nodiscard]] outcome begin_area(const cursor_state& state);
  [[nodiscard]] outcome replace(const cursor_state& state, std::uint64_t area_bytes);
  [[nodiscard]] bool take_over(std::uint64_t file_bytes);
  [[nodiscard]] outcome write(const std::string& record, std::uint64_t offset);
  [[nodiscard]] outcome set_aside(std::string_view why);

  std::string path_;
  file_system& files_;
  file_handle file_;
  /// The last record written, and where in its area the next one goes. Area bytes 0: there is no
  /// file that can be written to.
  cursor_place at_;
  int area_ = 0;
  std::uint64_t end_ = 0;
  /// The file's newest record is one of this process, so that a change can follow it.
  bool current_ = false;
};

}  // namespace weir
