// SPDX-License-Identifier: Apache-2.0
//
// The stdout sink's other side: canonical line protocol on a file descriptor, for a program behind
// a pipe. A comment line names the database before its lines. Lives on its sink's thread, and waits
// on it for the reader, at most `reader_wait_ms` at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sinks/target.hpp"

namespace weir {

/// A descriptor that several targets write to in turn, each from its own thread: the partitions of
/// a Kafka log have a target each.
class stdout_stream {
 public:
  /// `descriptor` is not owned and must stay open. It may be in blocking mode, as standard output
  /// is.
  explicit stdout_stream(int descriptor) noexcept : descriptor_(descriptor) {}

 private:
  friend class stdout_target;
  /// False: others had their turns for so long. `give_back` ends what it begins.
  [[nodiscard]] bool take_turn(std::chrono::milliseconds at_most);
  void give_back();
  /// How many bytes of `text` went out; fewer than all with the reason in `why`.
  [[nodiscard]] std::size_t write_some(std::string_view text, std::string& why) const;

  const int descriptor_;
  /// Of `taken_`.
  std::mutex lock_;
  std::condition_variable given_back_;
  /// A target has its turn: what follows is its to change, and the descriptor to write to.
  bool taken_ = false;
  /// The lane that the last comment line named; nullopt before the first.
  std::optional<lane_key> named_;
  /// The end of the line in which the writing stopped. It goes out before anything else.
  std::string rest_;
};

class stdout_target : public target {
 public:
  /// How long one attempt waits for a reader that takes nothing, and for others' turns, and how
  /// long it writes at most to one that is slow, in milliseconds: the sink's thread has other
  /// things to do, such as to end.
  static constexpr int reader_wait_ms = 200;
  static constexpr int attempt_ms_max = 1000;

  explicit stdout_target(std::shared_ptr<stdout_stream> stream) noexcept
      : stream_(std::move(stream)) {}

  /// Retried while the reader is slow; a batch that was written in part goes on where it stopped,
  /// also when others were written meanwhile. A reader never sees a cut line, unless the process
  /// ends in the middle of one.
  void deliver(const batch& source, done on_done) override;
  void abort() override {}
  [[nodiscard]] bool needs_cuts() const noexcept override { return false; }

 private:
  [[nodiscard]] attempt_result write(const batch& source);
  /// In its turn.
  [[nodiscard]] attempt_result write_now(const batch& source);

  struct progress {
    /// The batch's first frame.
    log_position first;
    /// Of its lines, up to the end of one.
    std::size_t written = 0;
  };

  const std::shared_ptr<stdout_stream> stream_;
  /// Batches that were written in part.
  std::map<lane_key, progress> begun_;
  std::string lines_;
};

}  // namespace weir
