// SPDX-License-Identifier: Apache-2.0
//
// A batch that an InfluxDB did not take as it is: which of its lines to send next, until what is
// good is stored and what is not stands alone. Lines that the server's words name are taken out and
// the rest is sent again; where the words do not tell, halves are sent, the older one first. Pure:
// request bodies out, answers in.
//
// A batch on which the server *fails* (500, a connection that is cut, a timeout) is a suspect, not
// a refusal: a line of it is given up only where lines beside it are stored before and after it
// failed. Where nothing is stored at all, it is an outage, and nothing is given up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/attempt_result.hpp"
#include "sinks/influxdb/answers.hpp"
#include "sinks/influxdb/line_table.hpp"
#include "sinks/influxdb/offenders.hpp"

namespace weir {

class write_plan {
 public:
  /// Requests that one batch may cost; what is not sorted out by then is set aside.
  static constexpr std::size_t requests_max = 64;
  /// Of a suspect: so many requests may fail before one is stored, and so many are kept for the
  /// proof at the end.
  static constexpr std::size_t unproven_max = 6;
  static constexpr std::size_t proof_requests = 16;

  enum class cause : std::uint8_t {
    refused,
    suspect,
    /// Other batches were stored between all of its failures: the server is well.
    suspect_alone,
  };
  /// `lines`: canonical lines of a batch with so many points, which was sent whole; `answer` is
  /// what came of that.
  write_plan(std::string lines, std::uint64_t points, cause why,
             const influxdb_write_answer& answer);

  /// The body of the next request, as pieces that live as long as this. Nothing: `result` is ready.
  [[nodiscard]] std::optional<std::vector<std::string_view>> next();
  /// The answer to the last request.
  void take(const influxdb_write_answer& answer);

  /// What the batch came to. Without its bytes and requests. Once, after the last request.
  [[nodiscard]] attempt_result result();
  /// Requests that `next` asked for.
  [[nodiscard]] std::size_t requests() const noexcept { return requests_; }

 private:
  using line_list = std::vector<std::size_t>;
  using pieces = std::vector<std::string_view>;
  enum class fate : std::uint8_t { good, suspect, given_up };
  enum class phase : std::uint8_t {
    search,    // the parts that wait
    before,    // of suspects: all good lines, in order
    suspects,  // each group alone
    after,     // all good lines, in order
    over,
  };
  struct part {
    std::size_t begin = 0;
    std::size_t end = 0;
    /// The server was sent it before, and stored what was good: what it said then.
    std::optional<std::size_t> verdict{};
  };
  /// A partial write: for what reason (its words without their numbers), and how many of the points
  /// that it dropped are not found yet.
  struct partial_verdict {
    std::string reason;
    std::uint64_t unfound = 0;
    /// Its words told the lines.
    bool named = false;
  };
  struct lost_line {
    std::size_t line = 0;
    discard_reason reason = discard_reason::refused;
    int code = 0;
    std::string words;
    /// It may be stored all the same.
    bool perhaps_stored = false;
  };

  // write_plan.cpp
  [[nodiscard]] std::optional<pieces> next_of_search();
  [[nodiscard]] pieces request_of(line_list lines);
  [[nodiscard]] line_list good_lines(std::size_t begin, std::size_t end) const;
  void on_refusal(const influxdb_write_answer& answer);
  [[nodiscard]] bool take_partial(std::uint64_t dropped);
  void take_named(const std::vector<offender>& named, discard_reason reason);
  void contradicted(std::uint64_t dropped);
  void on_too_large(const influxdb_write_answer& answer);
  void split(const part& whole);
  void set_aside(const part& rest);
  void give_up(std::size_t line, discard_reason reason, std::string words);
  void end_with(attempt_result result);
  void count(attempt_result& result) const;

  // write_plan_suspects.cpp
  [[nodiscard]] std::optional<pieces> next_of_proof();
  void on_stored();
  void on_failure(const influxdb_write_answer& answer);
  void suspect(const line_list& group);
  void after_suspect(fate came_of_it);
  void search_again();
  void give_up_suspects();
  [[nodiscard]] bool suspects_anything() const noexcept { return why_ != cause::refused; }

  line_table lines_;
  const std::uint64_t points_;
  const cause why_;
  phase now_ = phase::search;
  std::vector<fate> fates_;
  /// What waits to be sent: the next one last; of a suspect first.
  std::deque<part> parts_;
  /// The last request: its part, and its lines.
  part current_;
  line_list sent_;
  std::vector<lost_line> lost_;
  std::vector<line_list> suspects_;
  std::size_t suspect_ = 0;
  std::vector<partial_verdict> partial_verdicts_;
  /// Points dropped whose lines nobody can tell.
  std::uint64_t dropped_unfound_ = 0;
  /// Of the batch as it was sent whole.
  std::uint64_t first_dropped_ = 0;
  /// Something of the batch was stored since it is looked into.
  bool proven_ = false;
  std::size_t requests_ = 0;
  attempt_result last_;
  std::string last_words_;
  /// The last failure of a suspect: its words and code are those of the lines given up.
  std::string failure_words_;
  attempt_result failure_;
  std::optional<attempt_result> ended_;
};

}  // namespace weir
