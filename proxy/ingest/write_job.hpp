// SPDX-License-Identifier: Apache-2.0
//
// One write of line protocol: the pieces of its body go to a `line_reader`, and the points and
// refused lines that it yields to admission, the latter after the gate could not repair them. Pure;
// lives on one loop, where its write_path gives it to one request after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/turn_work.hpp"
#include "gate/line_repair.hpp"
#include "ingest/write_request.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class write_turn;

class write_job {
 public:
  using done = write_request::done;

  /// `services` and `turn` outlive the job. `reuse` is called when the log has settled a job whose
  /// client is gone; it may begin or delete the job.
  write_job(const write_services& services, write_turn& turn, std::function<void(write_job&)> reuse)
      : turn_(turn), request_(services, [this, reuse = std::move(reuse)] { reuse(*this); }) {}
  write_job(const write_job&) = delete;
  write_job& operator=(const write_job&) = delete;

  /// As `write_request::begin`.
  void begin(const api::write_target& target, std::int64_t now_ns, database_entry& database,
             request_terms terms, done finish, write_origin origin);

  /// A piece of the body. When the memory budget has no more, the request is lost to it.
  void body(std::string_view piece);
  /// The same as far as the turn's work goes: how much of the piece was taken, in bytes.
  [[nodiscard]] std::size_t body(std::string_view piece, turn_work& work);
  /// A series ended: a canonical line that names it, at the time of its end. The sinks are told
  /// behind the request's points.
  void series_ended(std::string_view line);
  /// NULs were taken off the end of a body before it was passed on.
  void count_final_nul() noexcept { ++request_.points().account().final_nuls; }
  /// What came so far is a body of its own and the next piece begins another, received at `now_ns`:
  /// many datagrams share a job, a frame and an append.
  void next_body(std::int64_t now_ns);
  /// The same body goes on, with bytes received at `now_ns`: a connection of lines has no bodies.
  void receive_at(std::int64_t now_ns);
  /// The body is complete; `done` is called by an `end_of_turn`: the next one, or, under
  /// `synced`, the first after the group commit.
  void complete();
  /// The lines so far are complete, and what follows the last of them stays with the caller, who
  /// sends it again.
  struct unfinished_line {
    /// Of the bytes given so far, how many of the last.
    std::size_t bytes = 0;
    /// What comes up to the next line feed belongs to no line.
    bool skip = false;
  };
  unfinished_line complete_lines();
  /// How `complete_lines` would end.
  [[nodiscard]] unfinished_line unfinished() const noexcept {
    return {.bytes = reader_.held_bytes(), .skip = reader_.skipping()};
  }
  /// As `complete`, and `rest`, which was not given before, is a line of which the end is missing.
  void complete_cut_off(std::string_view rest);

  /// Where memory ran out: this request alone needs more than one may ever have, so that sending it
  /// again is no use. `also`: bytes that its connection leased for it.
  [[nodiscard]] bool too_large(std::size_t also) const noexcept { return request_.too_large(also); }
  /// Memory is short for others that serve this request: its letters are given up. False: it has
  /// none.
  [[nodiscard]] bool give_way() noexcept { return request_.give_way(reader_.held_bytes()); }

  [[nodiscard]] write_request& request() noexcept { return request_; }
  /// Forgets all; what was not committed is as if it had never come.
  void reset();

 private:
  void drain();
  void end_body();
  void note_counts();
  void enter_turn();
  void give_up_lines();
  /// A line that the parser refused: whether it was admitted, rejected or dropped after a repair,
  /// so that the parser's error does not count.
  [[nodiscard]] bool repair(const parse_error& error);
  [[nodiscard]] parse_options reader_options() const;

  write_turn& turn_;
  write_request request_;
  line_reader reader_;
  line_repair repair_;
};

}  // namespace weir
