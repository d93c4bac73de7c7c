// SPDX-License-Identifier: Apache-2.0
//
// A sink: finds its lanes in the log, makes batches of what each has pending, has them delivered
// (one attempt under way per lane, so the last value written wins) and keeps the cursor. It decides
// and does not wait: it is given the time, and asked again when something came of it. Lives on its
// own thread but for `counters`.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_budget.hpp"
#include "config/settings.hpp"
#include "log/frame_log.hpp"
#include "sinks/addresses/start_gate.hpp"
#include "sinks/batcher.hpp"
#include "sinks/delivery.hpp"
#include "sinks/parking/parked_filter.hpp"
#include "sinks/parking/parking.hpp"
#include "sinks/sink_metrics.hpp"
#include "sinks/state/backlog.hpp"
#include "sinks/state/cursor.hpp"
#include "sinks/state/refused_store.hpp"
#include "sinks/target.hpp"
#include "sinks/trouble.hpp"

namespace weir {

/// What a sink works with. Everything must outlive it.
struct sink_parts {
  frame_log& log;
  /// The sinks' own share of `[limits] memory`.
  memory_budget& memory;
  class target& target;
  /// Null: the cursor is not kept (a memory log).
  cursor_store* cursors = nullptr;
  /// Null: refused batches are only counted.
  refused_store* refused = nullptr;
  /// Asks for a `turn` soon; called on the sink's thread.
  std::function<void()> request_turn;
  std::size_t subscriber = 0;
  std::uint64_t seed = 0;
  /// The wall clock, to tell how old points were when they were delivered. May be empty.
  std::function<std::int64_t()> now_ns = {};
  /// For tests: gets the lines about lanes in trouble that go to the journal, too. May be empty.
  std::function<void(const std::string&)> told = {};
  /// Null: what cannot be delivered stays in the log. Only with `cursors`.
  parking* parked = nullptr;
  /// Of a sink whose addresses share the series; null: it is none.
  std::shared_ptr<const assignment_history> assignments = nullptr;
  /// No cursor was found: what is parked and not in the log any more is still to be delivered.
  bool cursor_missing = false;
  /// The cursor is kept at most once in so many milliseconds, and by `close`. 0: in each turn.
  std::int64_t cursor_pace_ms = 0;
  /// See sink_environment.
  std::function<bool()> may_deliver = {};
};

/// A batch that is dealt with, of which something is to be kept before that counts.
struct lane_settlement {
  std::vector<refused_lines> refused;
  /// How many of those are kept.
  std::size_t kept = 0;
  discard_counts discarded;
};

class sink {
 public:
  /// Attempts under way at once; further lanes wait for one to end.
  static constexpr std::size_t in_flight_max = 64;
  /// Lanes with nothing pending that are remembered (their pace and batch size).
  static constexpr std::size_t idle_lanes_max = 1024;
  /// While draining, a lane gives up after so many failures, and waits between them at most so
  /// long.
  static constexpr int drain_failures_max = 2;
  static constexpr std::int64_t drain_retry_ms_max = 1000;
  /// A sink is abreast of its log while what waits was received so lately, and within `batch.age`.
  static constexpr std::int64_t abreast_ms = 5'000;
  /// Frames of ended series that wait for their lanes; of more the oldest are given up.
  static constexpr std::size_t ends_max = 10'000;

  sink(const sink_settings& settings, sink_parts parts, const cursor_state& start);
  ~sink();
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;

  /// Finds again what was pending when the cursor was written. Once, before the first `turn`. Where
  /// the disk refuses, turns go on with it, and begin nothing else before it is done.
  void open(std::int64_t now_ms);
  /// All that was pending has been found again.
  [[nodiscard]] bool opened() const noexcept { return opened_; }

  /// Does all that can be done at `now_ms` (monotonic); returns when to call again at the latest.
  std::optional<std::int64_t> turn(std::int64_t now_ms);

  /// From now on nothing waits for a batch to fill, and lanes that rest try at once, and once more
  /// soon; those that are held do not. When nothing more can come of the nth call,
  /// `counters().at_rest` is n.
  void drain(std::int64_t now_ms);

  /// From now on no attempt is begun; those under way are followed to their end.
  void finish() noexcept { finishing_ = true; }
  /// Whether an attempt is under way.
  [[nodiscard]] bool under_way() const noexcept { return in_flight_ > 0; }

  /// Gives up what is parked of those lanes, in the next turn (that of a lane with an attempt under
  /// way when it ended); returns what that is now.
  parked_count drop_parked(const parked_filter& which, discard_reason reason);
  /// Has those that are held, or have something parked, try again in the next turn; returns what of
  /// them is parked.
  parked_count retry_parked(const parked_filter& which);

  /// Has lanes of this database that wait try again in the next turn.
  void may_go(const std::string& database);
  /// Calls `done` in the turn in which no attempt for the database is under way. With `before` what
  /// is pending of it before that position is given up then, parked points included, because it was
  /// dropped, and `done` is called once the cursor says so.
  void when_idle(const std::string& database, std::optional<log_position> before,
                 std::function<void()> done);

  /// The last call, when nothing is under way any more: keeps of the cursor what waits for its
  /// pace.
  void close(std::int64_t now_ms);

  /// Any thread.
  [[nodiscard]] const sink_counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const cursor_state& cursor() const noexcept { return cursor_; }
  /// The cursor with which another sink would go on from here, be it saved or not.
  [[nodiscard]] cursor_state standing() const;
  /// Summed over the lanes, independently of the counters.
  [[nodiscard]] std::uint64_t pending_points() const noexcept;

 private:
  /// After a disk refused to be read, or to take the cursor, it is tried again so much later.
  static constexpr std::int64_t refused_retry_ms = 500;

  struct lane;
  struct completion {
    lane* on;
    attempt_result result;
  };

  // sink.cpp, in the order of a turn.
  [[nodiscard]] bool recover(std::int64_t now_ms);
  void discover(std::int64_t now_ms);
  void accept(const frame_header& header, std::int64_t now_ms);
  void notice_gone(std::int64_t now_ms);
  void start_due(std::int64_t now_ms);
  void start(lane& on, std::int64_t now_ms);
  void publish_counts();
  void keep_cursor(std::int64_t now_ms);  // sink_cursor.cpp, with what it counts
  [[nodiscard]] bool cursor_waits(std::int64_t now_ms);
  /// The lane's entry in the cursor is to be made anew by the next keep_cursor.
  void moved(const lane& on);
  void count_waiting();
  std::optional<std::int64_t> tick_target(std::int64_t now_ms);
  [[nodiscard]] std::optional<std::int64_t> next_turn(std::int64_t now_ms) const;
  [[nodiscard]] bool at_rest() const;
  [[nodiscard]] bool draining() const noexcept { return drains_ > 0; }

  // sink_attempts.cpp
  void finish_completed(std::int64_t now_ms);
  void follow(lane& on, const attempt_result& result, const delivery_step& step,
              std::int64_t now_ms);
  void note_reason(lane& on, const attempt_result& result);
  void pause(lane& on, const delivery_step& step, std::int64_t now_ms);
  void halve(lane& on, const attempt_result& result, std::int64_t now_ms);
  void conclude(lane& on, std::uint64_t dropped, discard_reason reason, std::int64_t now_ms);
  void conclude(lane& on, const discard_counts& dropped, std::int64_t now_ms);
  void settled_by_server(lane& on, std::int64_t now_ms);
  void settled_without_server(lane& on, std::int64_t now_ms);
  void wake_others(std::int64_t now_ms);
  void report_troubles(std::int64_t now_ms);
  [[nodiscard]] trouble_book::moment moment_at(std::int64_t now_ms) const;

  // sink_refusals.cpp
  void set_aside(lane& on, const attempt_result& result, std::uint64_t dropped,
                 discard_reason reason, std::int64_t now_ms);
  void settle(lane& on, lane_settlement what, std::int64_t now_ms);
  void go_on_settling(lane& on, std::int64_t now_ms);
  [[nodiscard]] outcome keep_refused(const lane& on, const refused_lines& refused);
  void wait_for_store(lane& on, const std::string& why, std::int64_t now_ms);
  // sink_ends.cpp
  [[nodiscard]] bool note_end(const frame_header& header);
  void tell_ends(std::int64_t now_ms);
  [[nodiscard]] bool is_over(const lane_key& of, log_position at, std::int64_t now_ms);
  void give_up_oldest_end();
  [[nodiscard]] bool tell_end(const lane_key& of, log_position at, std::int64_t now_ms);
  // sink_parking.cpp
  enum class park_room : std::uint8_t { enough, later, never };
  [[nodiscard]] park_claim claim_of(const frame_header& header, log_position log_first) const;
  [[nodiscard]] bool recover_parked(std::int64_t now_ms);
  void recover_parked_header(const frame_header& header, std::int64_t now_ms);
  [[nodiscard]] bool parks() const noexcept;
  [[nodiscard]] bool log_is_half_full() const;
  [[nodiscard]] log_position older_half_end() const;
  [[nodiscard]] bool has_own_fault(const lane& on) const;
  [[nodiscard]] std::optional<std::int64_t> parking_time(const lane& on) const;
  void look_at_parking(std::int64_t now_ms);
  void park_by(std::int64_t at_ms);
  [[nodiscard]] std::optional<std::int64_t> next_parking() const;
  void hurry_oldest(std::int64_t now_ms);
  /// Of one turn.
  struct park_budget {
    std::uint64_t bytes;
    std::uint32_t writes;
  };
  bool park(lane& on, park_budget& budget, std::int64_t now_ms);
  log_position read_to_park(const lane& on, std::vector<frame_ptr>& frames);
  [[nodiscard]] static std::pair<std::uint64_t, std::uint64_t> left_of(const lane& on,
                                                                       const frame_header& header);
  bool put_parked(lane& on, const std::vector<frame_ptr>& frames, std::int64_t now_ms);
  void give_up_unparked(lane& on, const std::vector<frame_ptr>& frames, std::int64_t now_ms);
  park_room make_park_room(const lane& for_lane, std::uint64_t bytes, std::int64_t now_ms);
  void gave_up(lane& on, std::uint64_t points, std::int64_t now_ms);
  void settle_if_empty(lane& on, std::int64_t now_ms);
  void drop_asked(std::int64_t now_ms);
  // sink_dropping.cpp
  void look_at_dropped(std::int64_t now_ms);
  void tell_dropped();
  [[nodiscard]] std::uint64_t drop_logged(lane& on, log_position before);
  bool drop_pending(const std::string& database, log_position before, std::int64_t now_ms);
  [[nodiscard]] bool is_idle(const std::string& database) const;
  void release_parked();

  void recover_header(const frame_header& header, std::int64_t now_ms);
  void reconcile();
  [[nodiscard]] bool concerns(const frame_header& header) const;
  [[nodiscard]] bool wants(const frame_header& header) const;
  lane& lane_of(const lane_key& key, log_position first_position);
  void arm(lane& on, std::int64_t now_ms);
  [[nodiscard]] lane* next_due(std::int64_t now_ms);
  [[nodiscard]] bool is_full(const lane& on) const;
  [[nodiscard]] std::int64_t oldest_waited_for(std::int64_t now_ms) const;
  [[nodiscard]] bool nothing_due() const;
  void hurry(lane& on);
  void hurry_neighbours(const lane& of);
  void schedule(lane& on, std::int64_t due_ms);
  void unschedule(lane& on);
  void drop_attempt(lane& on);
  void set_held(lane& on, bool held);
  void discard(discard_reason reason, std::uint64_t points);
  void forget_if_idle(lane& on);
  [[nodiscard]] bool reserve(lane& on);
  [[nodiscard]] log_position least_pending() const;

  const sink_settings settings_;
  sink_parts parts_;
  const line_filter filter_;
  std::unique_ptr<log_reader> reader_;
  /// Its lanes are as of the last keep_cursor; `moved_` are those that changed since it succeeded.
  cursor_state cursor_;
  std::set<lane_key> moved_;
  std::map<lane_key, std::unique_ptr<lane>> lanes_;
  /// By standing; by time, then in the order in which they were made, so that a run can be
  /// repeated.
  using due_lanes = std::map<std::pair<std::int64_t, std::uint64_t>, lane*>;
  std::array<due_lanes, lane_standing_count> due_;
  /// How often lanes of each standing may ask the server.
  start_gate gate_;
  std::uint64_t lanes_made_ = 0;
  std::vector<completion> completed_;
  std::vector<frame_header> headers_;
  sink_counters counters_;
  log_position released_;
  /// Frames below this were found again by `open`, or by turns after it where the disk refused.
  log_position recovered_;
  bool parked_known_ = false;
  bool opened_ = false;
  /// When to try again what a disk refused.
  std::optional<std::int64_t> look_again_ms_;
  /// Where the log began when the lanes were last told.
  log_position log_first_;
  /// What the cursor that was kept last says, and when that was.
  log_position kept_discovered_;
  std::int64_t kept_ms_ = 0;
  /// Of cursors that have a pace: when it was last tried to keep one, and when the next is due.
  std::optional<std::int64_t> keep_tried_ms_;
  std::optional<std::int64_t> keep_due_ms_;
  bool closing_ = false;
  bool finishing_ = false;
  std::size_t in_flight_ = 0;
  std::uint64_t starts_ = 0;
  std::size_t held_lanes_ = 0;
  trouble_book trouble_;
  std::int64_t last_success_ms_ = std::numeric_limits<std::int64_t>::min();
  /// Lanes that were paused since the last success woke others.
  bool paused_since_success_ = false;
  bool in_turn_ = false;
  std::uint64_t drains_ = 0;
  /// The wall clock minus the monotonic one when the target was told the time last.
  std::optional<std::int64_t> wall_ahead_ms_;
  bool cursor_changed_ = false;
  /// What waits is counted again for the metrics.
  bool waiting_changed_ = true;
  bool waits_for_memory_ = false;
  /// When frames may be to be moved to the parking place.
  std::optional<std::int64_t> park_due_ms_;
  /// Where the last move stopped.
  lane_key parked_last_;
  std::int64_t park_refused_until_ms_ = std::numeric_limits<std::int64_t>::min();
  /// Frames that say which series ended, until all of their lane that was received before them is
  /// dealt with: by lane, and all of them.
  using ends_by_lane = std::map<lane_key, std::set<log_position>>;
  ends_by_lane ends_;
  std::map<log_position, ends_by_lane::iterator> ends_in_order_;
  /// Lanes whose parked frames are to be given up.
  std::map<lane_key, discard_reason> drops_;
  /// Databases that are dropped at the server.
  struct database_drop {
    std::string database;
    /// Nothing: only that nothing is under way is waited for.
    std::optional<log_position> before{};
    std::function<void()> done;
    bool made = false;
  };
  std::vector<database_drop> dropping_;
  /// The last one could not be written.
  bool cursor_failing_ = false;
  bool more_to_discover_ = false;
};

}  // namespace weir
