// SPDX-License-Identifier: Apache-2.0
//
// Keeps the catalogue of one InfluxDB: asks it what it has, sends it what clients ask to be done,
// and while it is down remembers that and does it first when it is back. `catalogue_keeper` decides
// and reads; it does no I/O and is given the time. `catalogue_keeper_thread` runs it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/query/result_format.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/transfer.hpp"
#include "observe/metrics.hpp"
#include "upstream/catalogue/catalogue_server.hpp"
#include "upstream/catalogue/pending_statements.hpp"
#include "upstream/catalogue/presence.hpp"
#include "upstream/catalogue/server_catalogue.hpp"

namespace weir {

/// What others see of a keeper. Immutable.
struct catalogue_view {
  /// What the server said, with what waits for it carried out.
  server_catalogue known{};
  /// The server has said it, to this process or one before.
  bool learnt = false;
  /// It answers, as far as is known: it is worth asking.
  bool answers = true;
  /// Databases that something waits to be done to.
  std::set<std::string, std::less<>> waiting{};
};

/// What a keeper works with. All functions are called on its thread.
struct keeper_parts {
  /// Sends a request and waits for its answer.
  std::function<http_reply(const transfer_request&)> ask;
  std::function<void(std::shared_ptr<const catalogue_view>)> publish;
  /// Keeps the text of the statements that wait, as surely as the log keeps points.
  std::function<outcome(std::string_view)> keep_pending;
  /// Keeps what the server said.
  std::function<void(std::string_view)> keep_known;
  /// Nothing waits any more for a database: its points may go.
  std::function<void(const std::string& database)> may_go;
  /// Waits until no attempt to deliver to the database is under way; none begins while something
  /// waits to be done to it. False: one still is. May be empty.
  std::function<bool(const std::string& database)> wait_idle;
  /// Gives up what waits to be delivered to a database that was dropped, as far as it lies before
  /// that position of the log. False: not yet. May be empty.
  std::function<bool(const std::string& database, std::uint64_t before)> drop_before;
  /// The log's end.
  std::function<std::uint64_t()> log_end;
};

/// What an earlier process kept.
struct kept_catalogue {
  server_catalogue known{};
  bool learnt = false;
  pending_statements pending{};
};

struct statement_job {
  api::statement what;
  std::function<void(api::statement_result)> done;
};

struct presence_question {
  std::string database;
  std::string policy;
  std::function<void(presence_answer)> done;
};

/// What a keeper counted. Written on its thread, read on any.
struct keeper_counters {
  counter carried_out;
  counter refused;
  counter remembered;
  counter questions;
  counter pending;
};

class catalogue_keeper {
 public:
  /// Requires: a sink of type "influxdb", version 1 or 2.
  catalogue_keeper(const sink_settings& settings, keeper_parts parts, kept_catalogue before,
                   keeper_counters& counters);

  /// Does what is asked and what is due; all `done` are called before it returns. Milliseconds of a
  /// steady clock. Returns when to call again at the latest.
  std::int64_t turn(std::int64_t now_ms, std::vector<statement_job> statements,
                    std::vector<presence_question> questions);
  /// The server has been down for long, and as nothing is to be done to it it is asked seldom.
  [[nodiscard]] bool rests() const noexcept { return rests_; }
  /// Something came for whose sake it would be asked: the next turn does, but for the usual pause.
  void end_rest() noexcept;

 private:
  enum class progress : std::uint8_t { done, refused, stuck };
  void look_whether_it_is_back(std::int64_t now_ms);
  void carry_out_pending(std::int64_t now_ms);
  [[nodiscard]] progress carry_out_first(std::int64_t now_ms, bool patient, std::string& words);
  [[nodiscard]] std::string keep_waiting(const api::statement& what);
  void drop(statement_job& job, std::int64_t now_ms);
  void carry_out(statement_job& job, std::int64_t now_ms);
  void remember(statement_job& job, std::string_view why);
  void done_by_server(const api::statement& what);
  void answer(std::vector<presence_question>& questions, std::int64_t now_ms);
  [[nodiscard]] presence_answer presence_of(const presence_question& one);
  [[nodiscard]] bool list_databases(std::int64_t now_ms);
  [[nodiscard]] bool list_policies(std::span<const std::string> databases, std::int64_t now_ms);
  void refresh(std::int64_t now_ms);

  [[nodiscard]] bool unreachable() const noexcept { return down_ && !strange_; }
  void failed(std::string_view why, std::int64_t now_ms);
  void answered();
  void publish();
  [[nodiscard]] server_catalogue with_pending() const;

  const sink_settings settings_;
  const std::int64_t learn_every_ms_;
  keeper_parts parts_;
  const std::unique_ptr<catalogue_server> server_;
  keeper_counters& counters_;
  server_catalogue known_;
  bool learnt_;
  /// By this process.
  bool listed_ = false;
  pending_statements pending_;
  /// Databases whose policies are still to be asked for in this round.
  std::vector<std::string> to_ask_;
  std::int64_t round_due_ms_;
  bool down_ = false;
  /// While it is: something answers that does not know the questions.
  bool strange_ = false;
  std::string why_down_;
  std::int64_t pause_ms_ = 0;
  /// In a row, as far as they count.
  int failures_ = 0;
  bool rests_ = false;
  std::int64_t not_before_ms_;
  /// Answers to the first pending statement that were no InfluxDB's.
  int strange_answers_ = 0;
  std::string kept_text_;
};

/// A keeper, its libcurl handle and the thread that they live on.
class catalogue_keeper_thread {
 public:
  /// `parts.ask` is set here. Nothing is asked before `begin`.
  catalogue_keeper_thread(const sink_settings& settings, keeper_parts parts, kept_catalogue before);
  ~catalogue_keeper_thread();
  catalogue_keeper_thread(const catalogue_keeper_thread&) = delete;
  catalogue_keeper_thread& operator=(const catalogue_keeper_thread&) = delete;

  void begin();
  /// Any thread. `done` is called on the keeper's thread, or, when it has ended, at once.
  void carry_out(statement_job job);
  /// The same; `unknown` at once where it has something to do that takes longer than a question.
  void ask(presence_question question);
  /// A write was taken without a question, as the server does not answer: where that is asked
  /// seldom, it is asked now whether it still does not. Any thread.
  void rouse();
  /// Ends the request under way and the thread; what waits is answered with an error. The
  /// destructor calls it too.
  void stop();
  void collect(metric_collector& out) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
