// SPDX-License-Identifier: Apache-2.0
//
// From a write request's body to frames in the log: parse, gate, stage; at the end of the loop's
// turn seal, append, answer. Pure but for the log behind its interface; lives on one intake loop.
//
// Where the log answers `pending`, the jobs of that turn wait for their ticket and are told by a
// later `end_of_turn`; the log wakes the loop for it.
//
// A request is all there or not there: its lines are staged apart, and only when its body is
// complete do they enter the log. Of a large body what fills a frame is sealed as it arrives, so
// that it needs little memory and its end little time. What the client is told is true of the log.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "accounts/database_registry.hpp"
#include "accounts/source_registry.hpp"
#include "api/influx_v1.hpp"
#include "api/verdict.hpp"
#include "base/memory_budget.hpp"
#include "base/turn_work.hpp"
#include "codec/gzip.hpp"
#include "config/checks/automatic.hpp"
#include "config/settings.hpp"
#include "gate/gate.hpp"
#include "gate/staging.hpp"
#include "ingest/refusal_summary.hpp"
#include "letters/letter_box.hpp"
#include "log/frame_log.hpp"
#include "upstream/retention_source.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// What every loop shares. All of it outlives the loops.
struct write_services {
  const settings& configured;
  frame_log& log;
  database_registry& databases;
  /// For requests in flight.
  memory_budget& memory;
  /// nullptr: what is refused is not kept.
  letter_box* letters = nullptr;
  /// nullptr: who sends is not counted.
  source_registry* sources = nullptr;
  /// [[rule]]; nullptr stands for none.
  const rule_set* rules = nullptr;
  /// nullptr: `configured` as it is, with nothing settled.
  const settled_policies* policies = nullptr;
  /// Of databases with retention = "learn"; nullptr: nothing is known.
  const retention_source* learnt = nullptr;
  /// Against which types, duplicates and series are checked; nullptr: they are not.
  gate_memory* remembered = nullptr;
  /// Called before the log is given frames: the types that their lines use first must outlive the
  /// process. A failure is the log's.
  std::function<outcome()> keep_types = nullptr;
  /// What the journal tells of rejected lines; nullptr: nothing.
  refusal_summary* refusals = nullptr;
};

/// Who a write comes from.
struct write_origin {
  /// nullptr: not counted by source.
  source_entry* source = nullptr;
  /// Fills in all that a letter says of its sender (not of its database and time). Called when the
  /// first line of a body is refused, from within `body`, `next_body` or `complete`.
  std::function<void(letter_header&)> describe = nullptr;
  /// What its client holds of the memory for requests; nullptr: not counted.
  std::shared_ptr<memory_share> share = nullptr;
};

/// How a write request ended.
enum class write_end : std::uint8_t {
  answered,    // the verdict says what became of each line
  overloaded,  // the memory for requests in flight was used up; nothing was kept
  too_large,   // its lines need more memory than a request may ever have; nothing was kept
  log_full,    // the log could not take it; nothing was kept
  log_failed,  // the disk refused; nothing was kept
};

class write_path;

/// One write request. Lives on its loop; recycled by its write_path.
class write_job {
 public:
  using done =
      std::function<void(write_end end, const write_verdict& verdict, const std::string& detail)>;

  explicit write_job(write_path& owner) : owner_(owner) {}

  /// A piece of the body. When the memory budget has no more, the request is lost to it.
  void body(std::string_view piece);
  /// The same as far as the turn's work goes: how much of the piece was taken.
  [[nodiscard]] std::size_t body(std::string_view piece, turn_work& work);
  /// NULs were taken off the end of a body before it was given.
  void count_final_nul() noexcept { ++account_.final_nuls; }
  /// Where memory ran out: this request alone needs more than one may ever have, so that sending it
  /// again is no use. `also`: bytes that its connection leased for it.
  [[nodiscard]] bool too_large(std::size_t also) const noexcept {
    return too_large_ || (!overloaded_ && lease_.alone(also));
  }
  /// What was given so far is a body of its own and the next piece begins another, at a time of its
  /// own: many datagrams share a job, a frame and an append.
  void next_body(std::int64_t now_ns);
  /// The body is complete; `done` is called by an `end_of_turn`: the next one, or, under
  /// `synced`, the first after the group commit.
  void complete();
  /// Memory is short for others that serve this request: its letters are given up. False: it has
  /// none.
  [[nodiscard]] bool give_way() noexcept;

 private:
  friend class write_path;
  void begin(const api::write_target& target, std::int64_t now_ns, database_entry& database,
             done finish, write_origin origin);
  void drain();
  void end_body();
  /// The point that `text` is, as line `line`, or nothing. Valid until the next call.
  [[nodiscard]] std::optional<point_view> read_again(std::string_view text,
                                                     const parse_options& options,
                                                     std::uint64_t line);
  /// A time that overflows in the request's unit may be a mistaken precision: then the gate decides
  /// on the line, and it is no error of the parser's.
  [[nodiscard]] bool rescue_overflowed(const parse_error& error);
  void note_refused(const parse_error& error);
  [[nodiscard]] gate_request request_of_gate() const;
  /// Whether the point was staged.
  bool pass(const point_view& point);
  /// A line with a gauge of Flink's that is no number: whether it could be taken without it.
  [[nodiscard]] bool mend_gauge(const parse_error& error);
  void note_answer(const gate_answer& answer, const point_view& point);
  [[nodiscard]] std::string words_of(const gate_answer& answer, const point_view& point) const;
  [[nodiscard]] rejected_line told(const gate_answer& answer, const point_view& point) const;
  void withhold();
  [[nodiscard]] bool keeps_letters() const noexcept;
  void keep_letter(letter_line line, std::string_view text);
  void give_up_letters() noexcept;
  /// Of the body that is read; described when first asked for.
  [[nodiscard]] const letter_header& sender();
  [[nodiscard]] bool fits_memory() noexcept;
  void give_up_lines() noexcept;
  [[nodiscard]] bool keeps_lines() const noexcept { return !staged_.empty() || !sealed_.empty(); }
  void seal_full_runs();
  [[nodiscard]] std::size_t held_bytes() const noexcept;
  enum class stage : std::uint8_t { reading, complete, waiting, abandoned };

  void conclude(append_status status, const std::string& detail);
  void account();
  void reset();
  [[nodiscard]] parse_options reader_options() const;

  write_path& owner_;
  api::write_target target_;
  std::int64_t now_ns_ = 0;
  database_entry* database_ = nullptr;
  const database_settings* policy_ = nullptr;
  database_rules* rules_ = nullptr;
  done finish_;
  line_reader reader_;
  /// For lines that are read a second time, in another unit or mended; made for the first of them.
  std::unique_ptr<line_reader> spare_reader_;
  gate gate_;
  std::string mended_line_;
  staged_lines staged_;
  /// Of the request's lines, those that filled frames; their bytes and points.
  std::vector<std::shared_ptr<frame>> sealed_;
  std::size_t sealed_bytes_ = 0;
  std::uint64_t sealed_points_ = 0;
  memory_lease lease_;
  line_account account_;
  write_verdict verdict_;
  write_origin origin_;
  refusal_digest digest_;
  std::optional<letter_header> sender_;
  std::vector<letter_batch> letters_;
  std::size_t letter_bytes_ = 0;
  std::uint64_t letters_lost_ = 0;
  /// The next letter is the first of its body.
  bool letters_begin_ = true;
  bool overloaded_ = false;
  /// `overloaded_`, and would always be.
  bool too_large_ = false;
  stage stage_ = stage::reading;
};

class write_path {
 public:
  explicit write_path(const write_services& services);
  ~write_path();

  /// Begins a write. nullptr (and `refusal` filled) when the database may not be named.
  [[nodiscard]] write_job* begin(const api::write_target& wanted, std::int64_t now_ns,
                                 std::string& refusal, write_job::done finish,
                                 write_origin origin = {});
  /// The request is over or its client is gone: nothing of it will be written unless it was, or
  /// was handed to the log already. Then its lines are counted when the log has them.
  void release(write_job& job);

  /// `wake` is called, on the log's thread, when jobs that wait can be told.
  void attach(std::function<void()> wake);
  /// When it returns, `wake` is not running and will not be called again.
  void detach();

  [[nodiscard]] bool has_work() const noexcept {
    return !pending_.empty() || (!waiting_.empty() && waiting_.front().ticket->settled());
  }
  /// Jobs wait for a group commit.
  [[nodiscard]] bool has_waiting() const noexcept { return !waiting_.empty(); }
  /// Tells the jobs whose tickets are settled; seals what is pending, appends it and tells each
  /// job what can be told now.
  void end_of_turn();

 private:
  friend class write_job;
  /// Jobs of one turn whose frames the log has not settled yet.
  struct waiting_turn {
    std::shared_ptr<const append_ticket> ticket;
    std::vector<write_job*> jobs;
  };

  void tell_settled();
  void append_turn(const std::vector<write_job*>& jobs);
  void recycle(write_job& job);
  void gather(write_job& job);
  [[nodiscard]] std::shared_ptr<frame> seal(frame_builder& builder, std::int64_t now_ns);
  [[nodiscard]] append_result append_frames();
  [[nodiscard]] outcome keep_types() const;
  frame_builder& builder_for(const api::write_target& target);

  write_services services_;
  std::optional<rule_engine> rules_;
  gzip_compressor compressor_;
  std::unordered_map<std::string, frame_builder> builders_;
  std::string builder_key_;
  std::vector<std::shared_ptr<frame>> frames_;
  std::vector<write_job*> pending_;
  std::deque<waiting_turn> waiting_;
  std::optional<std::size_t> watcher_;
  std::vector<std::unique_ptr<write_job>> jobs_;
  std::vector<write_job*> idle_;
};

}  // namespace weir
