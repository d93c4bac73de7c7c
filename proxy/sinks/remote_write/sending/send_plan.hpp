// SPDX-License-Identifier: Apache-2.0
//
// Of one connection: which samples go into the next request, and what follows when the server
// refuses one: parts of it, and parts of parts, until the offenders stand alone, so that none takes
// others along; and before all, whether the server has what was sent without an answer. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sinks/remote_write/sample_run.hpp"
#include "sinks/remote_write/sending/lost_request.hpp"
#include "sinks/remote_write/sending/send_memory.hpp"

namespace weir {

class send_plan {
 public:
  /// So many requests that look for offenders are refused in a row: the largest part comes next.
  /// After twice as many the server seems to take nothing, and the rest of the refused request is
  /// set aside.
  static constexpr std::size_t refused_in_a_row_max = 64;

  /// Places in the run: of rows, while it consists of these.
  struct range {
    std::size_t begin = 0;
    std::size_t end = 0;
    [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
  };
  /// A request was refused for good, for one sample or all of it.
  struct refusal {
    /// The server's.
    std::string_view message;
    /// The server keeps what is good.
    bool rest_is_stored = false;
    /// How many samples it says that it stored; nothing: it does not say.
    std::optional<std::uint64_t> written;
    /// It names all that it refused (version 2).
    bool names_all = false;
  };

  struct parts {
    sample_run& run;
    sent_ledger& ledger;
    send_memory& memory;
    /// What is refused is noted here, too.
    refused_samples& refused;
    /// The ledger's number of the connection that the requests go over.
    std::uint32_t connection = 0;
  };

  /// All must outlive it.
  explicit send_plan(const parts& with)
      : batch_(with.run),
        ledger_(with.ledger),
        memory_(with.memory),
        refused_(with.refused),
        connection_(with.connection) {}

  /// Once, when the batch was read.
  void begin();
  /// The next request, samples of a series together; nothing: all is dealt with, or `paused`. Then
  /// one of the following is called.
  [[nodiscard]] std::optional<range> next(std::int64_t now_ms);
  void accepted();
  void refused(const refusal& by);
  void too_large();
  /// Nothing of it was read: the same comes next, in another form.
  void not_understood();
  /// As far as the answer says. False: all of it may be stored, so that it is not to be sent again
  /// as it is; the next attempt asks about it, as after an answer that got lost.
  [[nodiscard]] bool perhaps_not_understood();

  /// The request only asks what became of an earlier one, and is no matter of the ledger.
  [[nodiscard]] bool asks() const noexcept { return current_.what == part::kind::question; }
  /// There is more to send, but no request may be spent on it now.
  [[nodiscard]] bool paused() const noexcept { return paused_; }
  /// Of a pause: a lost request may still arrive at the server.
  [[nodiscard]] bool awaits_lost() const noexcept { return awaits_lost_; }
  /// Requests sent to find offenders, over the whole batch.
  [[nodiscard]] std::uint64_t bisection_requests() const noexcept { return bisected_; }

 private:
  struct part {
    enum class kind : std::uint8_t {
      plain,
      question,  // of a lost request
      again,     // what may be stored already: out of order, or a duplicate, says that it is
      newest,    // the newest sample tells on those before it, all of one series
      bound,     // one sample is sent to find how old samples may be
    };
    range samples;
    kind what = kind::plain;
    bool of_refused = false;
    bool suspects = false;
    /// Newest samples of series, which decide on those of the part that `follows_newest`.
    bool decides = false;
    bool follows_newest = false;
    /// Of one series: samples before these that were refused one by one.
    std::uint32_t refused_before = 0;
    /// Of bound: how many were sent, and the oldest time that was taken.
    std::uint32_t probes = 0;
    std::int64_t taken_ms = std::numeric_limits<std::int64_t>::max();
  };
  [[nodiscard]] std::optional<range> next_of_question();
  void settle_question();
  [[nodiscard]] bool waits_for_lost();
  [[nodiscard]] std::vector<std::uint32_t> series_at(const std::vector<std::size_t>& places) const;
  void refuse_hopeless(const std::vector<std::uint32_t>& series);
  void leave_out_stored();
  void forget_question();
  void send_question_again();
  [[nodiscard]] std::vector<lost_request::candidate> candidates_of(std::uint32_t question);
  [[nodiscard]] std::optional<range> planned();
  [[nodiscard]] std::optional<range> planned_rows();
  void take_apart();
  [[nodiscard]] std::optional<range> next_part(std::int64_t now_ms);
  [[nodiscard]] part take_part();
  [[nodiscard]] bool may_overtake(std::size_t place) const;
  [[nodiscard]] bool may_search(const part& one, std::int64_t now_ms);
  [[nodiscard]] bool trim(range& samples);
  [[nodiscard]] range split_off_suspects(range samples);
  [[nodiscard]] std::optional<std::size_t> bound_probe(const part& one) const;
  void push(part one);
  void after_refusal(discard_reason reason, bool bound_for_all);
  void refused_alone(discard_reason reason, bool bound_for_all);
  void split(discard_reason reason);
  void bound_taken();
  void leave_behind(const range& samples, discard_reason reason);
  void refuse(const sample& one, discard_reason reason);
  void refuse_all(const range& samples, discard_reason reason);
  void deliver_sent();
  // send_refusals.cpp
  using reasons_of_sent = std::vector<std::optional<discard_reason>>;
  [[nodiscard]] reasons_of_sent named_in(std::string_view message) const;
  void deliver_but(const reasons_of_sent& refused);
  void turn_down();
  void refuse_named(const refusal& by, discard_reason reason);
  void refused_again(const refusal& by, discard_reason reason);
  void search_unnamed(const reasons_of_sent& named, discard_reason reason);
  [[nodiscard]] bool follow_newest(range& samples);

  sample_run& batch_;
  sent_ledger& ledger_;
  send_memory& memory_;
  refused_samples& refused_;
  const std::uint32_t connection_;
  std::vector<std::uint32_t> questions_;
  std::optional<lost_request> question_;
  std::size_t at_ = 0;
  /// Parts of a request that was refused or too large, the next one last.
  std::vector<part> parts_;
  /// The one under way, and what of it was sent.
  part current_;
  range sent_;
  /// Series whose newest, sent first, was refused, with the reason.
  std::unordered_map<std::uint32_t, discard_reason> refused_newest_;
  std::size_t refused_in_a_row_ = 0;
  std::uint64_t bisected_ = 0;
  bool paused_ = false;
  bool awaits_lost_ = false;
  /// The server takes nothing of this time or older.
  std::int64_t too_old_ms_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace weir
