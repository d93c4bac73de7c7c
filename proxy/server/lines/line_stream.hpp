// SPDX-License-Identifier: Apache-2.0
//
// One connection of a [[tcp]] listener: its bytes are read as lines and put into the log, a run of
// whole lines at a time, and are held until the log has them. What the log or the memory does not
// take waits here, and the connection is not read from meanwhile, so that its sender waits. Pure
// but for the log behind its interface; its listener's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/memory_budget.hpp"
#include "base/times.hpp"
#include "ingest/write_request.hpp"
#include "intake/stream_listener.hpp"

namespace weir {

class stream_home;
class write_job;

class line_stream final : public stream_client {
 public:
  /// `home` outlives it.
  line_stream(stream_home& home, stream_peer peer);
  ~line_stream() override;
  line_stream(const line_stream&) = delete;
  line_stream& operator=(const line_stream&) = delete;

  /// For its transport. Without, it cannot be.
  [[nodiscard]] bool has_memory() const noexcept {
    return transport_lease_.bytes() >= peer_.transport_bytes;
  }
  [[nodiscard]] std::size_t room(std::size_t most) override;
  void receive(std::string_view bytes) override;
  void transport_holds(std::size_t bytes) override { transport_lease_.shrink_to(bytes); }
  void end() override;
  [[nodiscard]] bool settled() const override { return ended_ && job_ == nullptr && held_.empty(); }

  /// Gives the log the lines that are whole. The home calls it before the end of a turn.
  void commit();

 private:
  void feed();
  [[nodiscard]] bool begin_job();
  void drop_job();
  /// Where what is given to a job at a time ends, if it begins at `begin`: with the last line of at
  /// most `piece_bytes_`, with a longer line, or with all that is held.
  [[nodiscard]] std::size_t end_of_piece(std::size_t begin) const noexcept;
  /// `job_` has lines, and is to have no more than a piece.
  [[nodiscard]] bool has_piece() const noexcept;
  /// Of `held_`, how many bytes are whole lines by now.
  [[nodiscard]] std::size_t committable() const noexcept;
  void commit_rest();
  void commit_quoted_feeds();
  void finished(write_end end, const write_verdict& verdict, const std::string& detail);
  void taken();
  void skip_to_line_feed();
  void forget(std::size_t bytes);

  stream_home& home_;
  const stream_peer peer_;
  /// From the beginning of the first line that the log does not have.
  std::string held_;
  memory_lease lease_;
  memory_lease transport_lease_;
  /// Reads the first `fed_` bytes of `held_`; nullptr: nobody does.
  write_job* job_ = nullptr;
  std::size_t fed_ = 0;
  /// What a job gets at most, if it is more than a line: less where memory was short.
  static constexpr std::size_t all_bytes = std::numeric_limits<std::size_t>::max();
  std::size_t piece_bytes_ = all_bytes;
  /// `job_` is complete, with the first `committed_` bytes of `held_`.
  bool committing_ = false;
  std::size_t committed_ = 0;
  /// Without a job: so many bytes at the beginning of `held_` are known to hold no whole line.
  std::size_t unfinished_ = 0;
  std::size_t unfinished_after_commit_ = 0;
  /// What comes up to the next line feed belongs to no line.
  bool skipping_ = false;
  bool skips_after_commit_ = false;
  bool ended_ = false;
  /// Since when the first line of `held_` is not whole.
  steady_time unfinished_since_{};
};

}  // namespace weir
