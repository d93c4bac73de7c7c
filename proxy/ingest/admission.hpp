// SPDX-License-Identifier: Apache-2.0
//
// Where the points of one write request are admitted: each passes the gate and is staged as a
// canonical line, or is rejected or dropped; then it has its place in the verdict, in the account
// and, as far as they are kept, among the letters. Knows points and lines that are none, but
// neither the format they came in nor the log they go to. Pure; one thread.
//
// A request calls `begin`; for each of its bodies its points and lines, `end_body` and, before a
// further one, `next_body`; and in the end `commit` or `reset`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "accounts/line_account.hpp"
#include "api/verdict.hpp"
#include "api/write_dialect.hpp"
#include "facts/refusals/request_findings.hpp"
#include "facts/tap/tap_notes.hpp"
#include "gate/gate.hpp"
#include "gate/staging.hpp"
#include "ingest/refusal_summary.hpp"
#include "ingest/request_letters.hpp"
#include "letters/letter.hpp"

namespace weir {

class finding_book;
class retention_source;
class tap_desk;
class unreadable_line;

/// What the admissions of one loop share. All of it outlives them.
struct admission_services {
  /// nullptr: lines that are rejected or dropped are not kept.
  letter_box* letters = nullptr;
  /// The types, duplicates and series that the gate checks against; nullptr: it checks none.
  gate_memory* remembered = nullptr;
  /// What is told of lines that were not simply accepted; nullptr: nothing.
  finding_book* findings = nullptr;
  /// Who watches lines as they pass; nullptr: nobody can.
  tap_desk* taps = nullptr;
};

/// What is true of all points of one request.
struct admission_terms {
  /// Settings of the target's database and retention policy. Outlive the request.
  const database_settings* policy = nullptr;
  /// nullptr: no rule concerns the database. Outlive the request.
  database_rules* rules = nullptr;
  /// Retention of databases with retention = "learn"; nullptr: none is known. Outlives the request.
  const retention_source* upstream = nullptr;
  /// As in `write_origin`.
  std::function<void(letter_header&)> describe = nullptr;
};

class admission {
 public:
  explicit admission(const admission_services& services) noexcept
      : services_(services), letters_(services.letters) {}

  /// `now_ns`: time of receipt, nanoseconds since the epoch; points without a time get it.
  void begin(const api::write_target& target, admission_terms terms, std::int64_t now_ns);
  /// Begins a further body of the same request, received at a time of its own.
  void next_body(std::int64_t now_ns);

  /// Admits the first of these points, as far as they are like points before them, and says how
  /// many these were; the next one is for `take`. Faster than `take` for each.
  [[nodiscard]] std::size_t take_known(std::span<const point_view> points) {
    const std::size_t count = gate_.pass_known(points, staged_);
    account_.received += count;
    admitted_ += count;
    return count;
  }
  /// Passes one point through the gate. Whether it was staged. `point.text` is the line that
  /// answers and letters quote, in whichever format it came. A point that lies in no line of line
  /// protocol has its names and values escaped as there, `series_and_fields` equal to `text`, and
  /// `canonical`, `fields_canonical` and `tags_sorted` false: then no bytes are copied as such a
  /// line's.
  bool take(const point_view& point);
  /// The same for a point whose line was repaired first; counts the repair when it is staged.
  void take_repaired(const point_view& point, gate_code repair);
  /// A point whose time, in `point.time` as a number without its unit, overflows in the request's
  /// unit. False, and nothing is counted: the number is no mistaken precision, so that the line
  /// stays unreadable.
  [[nodiscard]] bool take_overflowed(const point_view& point);
  /// Drops a line of which nothing is left to make a point of.
  void drop(gate_code code, std::uint64_t line, std::string_view text);
  /// Drops something that never said a value: there is nothing to keep as a letter.
  void pass_over(gate_code code);
  /// Rejects a line that gave no point.
  void reject(const unreadable_line& line);
  /// Rejects a line that is not read, for a reason of the gate's.
  void reject_unread(gate_code code, std::string_view text);

  /// The body is complete, and its sender still at hand.
  void end_body();
  /// All or nothing was asked for, and something was refused: withholds all points admitted so far.
  /// The caller gives up the lines that it took out of `staged`.
  void withhold(std::size_t buffer_bytes);
  /// Makes the verdict final, for an answer that does not wait for `commit`.
  void conclude_verdict() noexcept;
  /// What was admitted is in the log: makes account and verdict final and hands over the letters.
  void commit();
  /// Forgets the request. What was not committed is as if it had never come. Buffers larger than
  /// `buffer_bytes` are given back.
  void reset(std::size_t buffer_bytes);

  [[nodiscard]] const api::write_target& target() const noexcept { return target_; }
  [[nodiscard]] const database_settings& policy() const noexcept { return *terms_.policy; }
  [[nodiscard]] std::int64_t now_ns() const noexcept { return now_ns_; }
  [[nodiscard]] staged_lines& staged() noexcept { return staged_; }
  [[nodiscard]] const staged_lines& staged() const noexcept { return staged_; }
  [[nodiscard]] line_account& account() noexcept { return account_; }
  [[nodiscard]] const line_account& account() const noexcept { return account_; }
  [[nodiscard]] const write_verdict& verdict() const noexcept { return verdict_; }
  [[nodiscard]] const refusal_digest& digest() const noexcept { return digest_; }
  [[nodiscard]] request_letters& letters() noexcept { return letters_; }
  [[nodiscard]] request_findings& findings() noexcept { return findings_; }
  /// Types that other weirs have to agree to before anything that was said of its lines holds.
  [[nodiscard]] const claim_range& claims() const noexcept { return gate_.claims(); }
  [[nodiscard]] const tap_notes& tapped() const noexcept { return tapped_; }
  /// Memory of the verdict and the letters, in bytes.
  [[nodiscard]] std::size_t report_bytes() const noexcept;

 private:
  [[nodiscard]] gate_request request_of_gate() const;
  /// Notes why a point was rejected or dropped.
  void note_refusal(const gate_answer& answer, const point_view& point);
  void note_rejection(const gate_answer& answer, const point_view& point);
  [[nodiscard]] std::string message_of(const gate_answer& answer, const point_view& point) const;
  /// The point in an answer; as far as the answer has room for it.
  [[nodiscard]] rejected_line entry_of(const gate_answer& answer, const point_view& point) const;
  /// Of the body that is read; described when first asked for.
  [[nodiscard]] const letter_header& sender();
  [[nodiscard]] finding_sender finding_sender_of_body();
  void add_finding(finding_kind kind, finding_code code, std::uint64_t count);
  /// The same of one refused line, with an example where one is wanted, and for those who watch.
  /// `make` makes a finding_example.
  template <class Make>
  void add_refusal(finding_kind kind, finding_code code, std::string_view text, Make make);
  void add_kept_findings();

  admission_services services_;
  api::write_target target_;
  admission_terms terms_;
  std::int64_t now_ns_ = 0;
  gate gate_;
  staged_lines staged_;
  /// Points that were staged, of all bodies.
  std::uint64_t admitted_ = 0;
  line_account account_;
  write_verdict verdict_;
  refusal_digest digest_;
  std::optional<letter_header> sender_;
  request_letters letters_;
  request_findings findings_;
  tap_notes tapped_;
};

}  // namespace weir
