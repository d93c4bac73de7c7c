// SPDX-License-Identifier: Apache-2.0
//
// One write request from its first point to its answer: the admission of its points, the frames
// that its lines filled already, its share of memory, and what is called with its outcome. It is
// what a turn puts into the log; which format the points came in is for its owner to know
// (write_job.hpp: line protocol). Pure; one thread.
//
// A request is all there or not there: its lines are staged apart, and only when it is complete do
// they enter the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.hpp"
#include "ingest/admission.hpp"
#include "ingest/write_services.hpp"
#include "ingest/write_terms.hpp"
#include "log/frame_log.hpp"

namespace weir {

class database_entry;

/// How a write request ended.
enum class write_end : std::uint8_t {
  answered,    // the verdict says what became of each line
  overloaded,  // the memory for requests in flight was used up; nothing was kept
  too_large,   // its lines need more memory than a request may ever have; nothing was kept
  log_full,    // the log could not take it; nothing was kept
  log_failed,  // the disk refused; nothing was kept
};

/// Where a request is.
enum class write_stage : std::uint8_t {
  reading,    // of its owner alone
  complete,   // the turn's end will put it into the log
  waiting,    // in the log's hands until its ticket is settled
  abandoned,  // the same, and its client is gone
};

class write_request {
 public:
  using done =
      std::function<void(write_end end, const write_verdict& verdict, const std::string& detail)>;

  /// What a request that is used again may keep of each of its buffers, in bytes: enough for usual
  /// batches, little when idle.
  static constexpr std::size_t idle_buffer_bytes = std::size_t{256} << 10;

  /// `services` outlive the request. `reuse` is called when the log has settled an abandoned
  /// request; it may begin or delete it.
  write_request(const write_services& services, std::function<void()> reuse);

  /// `database` outlives the request.
  void begin(const api::write_target& target, std::int64_t now_ns, database_entry& database,
             request_terms terms, done finish, write_origin origin);

  /// Of the request that was begun.
  [[nodiscard]] const request_terms& terms() const noexcept { return terms_; }
  [[nodiscard]] admission& points() noexcept { return points_; }
  [[nodiscard]] const admission& points() const noexcept { return points_; }

  /// Grows the lease to what the request holds and `reader_bytes` of its reader. Where there is no
  /// room, its letters are given up first. False: there is none without them either.
  [[nodiscard]] bool fits_memory(std::size_t reader_bytes) noexcept;
  /// Memory ran out: gives up all lines, and what comes of the request is not looked at any more.
  void give_up_lines() noexcept;
  [[nodiscard]] bool overloaded() const noexcept { return overloaded_; }
  /// Memory ran out, and this request alone needs more than one may ever have, so that sending it
  /// again is no use. `also`: bytes that its connection leased for it.
  [[nodiscard]] bool too_large(std::size_t also) const noexcept {
    return too_large_ || (!overloaded_ && lease_.alone(also));
  }
  /// Gives up the letters, and memory that is leased and not needed, for the sake of others. False:
  /// there is nothing to give.
  [[nodiscard]] bool give_way(std::size_t reader_bytes) noexcept;

  /// Takes over a frame that the first of the staged lines filled.
  void add_frame(std::shared_ptr<frame> filled);
  [[nodiscard]] const std::vector<std::shared_ptr<frame>>& frames() const noexcept {
    return frames_;
  }
  /// A canonical line that names a series which ended.
  void add_ended(std::string_view line) { ended_.append(line); }
  [[nodiscard]] const std::string& ended() const noexcept { return ended_; }
  /// Something of it is for the log.
  [[nodiscard]] bool has_lines() const noexcept {
    return !points_.staged().empty() || !frames_.empty() || !ended_.empty();
  }

  [[nodiscard]] write_stage stage() const noexcept { return stage_; }
  void enter(write_stage stage) noexcept { stage_ = stage; }
  /// Nothing more comes. Withholds the good lines where the client wants all or nothing.
  void complete();
  /// Its client does not wait for the disk: `done` is called now. Requires: stage() is `waiting`.
  /// The owner gives the request back, and it is counted when the log has settled its lines.
  void answer_early();
  [[nodiscard]] bool answers_early() const noexcept { return points_.target().options.no_sync; }
  /// Its client is gone while the log has the lines: they are counted when the log has settled
  /// them.
  void abandon() noexcept;
  /// What was said of its lines does not hold, be they refused or not. `conclude` follows, with a
  /// status that is not `taken`.
  void misjudge() noexcept { misjudged_ = true; }
  /// The log has settled its lines. Calls `done`, which may begin the request anew, or `reuse`.
  void conclude(append_status status, const std::string& detail);
  /// Forgets all; what was not committed is as if it had never come.
  void reset();

 private:
  /// Its lines are in the log: adds them to all accounts.
  void commit();
  void offer_to_taps() const;
  void forget_lines() noexcept;
  [[nodiscard]] std::size_t held_bytes(std::size_t reader_bytes) const noexcept;

  const write_services& services_;
  const std::function<void()> reuse_;
  request_terms terms_;
  admission points_;
  database_entry* database_ = nullptr;
  source_entry* source_ = nullptr;
  done finish_;
  /// Sealed ahead of the turn's end, and the memory they take.
  std::vector<std::shared_ptr<frame>> frames_;
  std::size_t frame_bytes_ = 0;
  /// Series that ended.
  std::string ended_;
  memory_lease lease_;
  bool overloaded_ = false;
  /// `overloaded_`, and would always be.
  bool too_large_ = false;
  std::size_t held_elsewhere_ = 0;
  /// `answer_early` was called.
  bool answered_ = false;
  bool misjudged_ = false;
  write_stage stage_ = write_stage::reading;
};

}  // namespace weir
