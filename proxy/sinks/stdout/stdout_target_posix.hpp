// SPDX-License-Identifier: Apache-2.0
//
// The stdout sink's other side: canonical line protocol on a file descriptor, for a program behind
// a pipe. A comment line names the database before its lines. Lives on its sink's thread, and waits
// on it for the reader, at most `reader_wait_ms` at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sinks/target.hpp"

namespace weir {

class stdout_target : public target {
 public:
  /// How long one attempt waits for a reader that takes nothing, in milliseconds.
  static constexpr int reader_wait_ms = 200;

  /// `descriptor` is not owned and must stay open. It may be in blocking mode, as standard output
  /// is.
  explicit stdout_target(int descriptor) noexcept : descriptor_(descriptor) {}

  /// Retried while the reader is slow; a batch that was written in part goes on where it stopped,
  /// so that a reader never sees a cut line, unless the process ends in the middle of one.
  void deliver(const batch& source, done on_done) override;
  void abort() override {}
  [[nodiscard]] bool needs_cuts() const noexcept override { return false; }

 private:
  [[nodiscard]] attempt_result write(const batch& source);
  /// How many bytes of `text` went out; fewer than all with the reason in `why`.
  [[nodiscard]] std::size_t write_some(std::string_view text, std::string& why) const;

  int descriptor_;
  /// The lane that the last comment line named; nullopt before the first.
  std::optional<lane_key> named_;
  /// A batch that was written in part, by its first frame.
  struct begun_batch {
    lane_key lane;
    log_position first;
    /// What stands before its lines.
    std::string name_line;
    /// Of the name line and the lines.
    std::size_t written = 0;
    /// The rest of the line in which the writing stopped, with its line feed.
    std::string line_rest;
  };
  std::optional<begun_batch> begun_;
  std::string lines_;
};

}  // namespace weir
