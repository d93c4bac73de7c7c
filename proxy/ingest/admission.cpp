// SPDX-License-Identifier: Apache-2.0
#include "ingest/admission.hpp"

#include <utility>

#include "facts/explain/place.hpp"
#include "facts/refusals/finding_book.hpp"
#include "facts/tap/tap_desk.hpp"
#include "gate/codes.hpp"
#include "ingest/refusal_messages.hpp"
#include "ingest/unreadable_line.hpp"
#include "upstream/retention_source.hpp"

namespace weir {
namespace {

// What a refused line takes in a verdict beside its texts.
constexpr std::size_t refusal_overhead = sizeof(rejected_line);

}  // namespace

void admission::begin(const api::write_target& target, admission_terms terms, std::int64_t now_ns) {
  target_ = target;
  terms_ = std::move(terms);
  if (!target_.precision_stated && terms_.policy->unit_ns != listener_unit_ns) {
    target_.unit_ns = terms_.policy->unit_ns;
  }
  now_ns_ = now_ns;
  verdict_.verbose = target_.options.verbose;
  tapped_.begin(services_.taps != nullptr && services_.taps->watched());
  letters_.begin(target_.options.letters);
  gate_.forget_claims();
  gate_.begin(request_of_gate());
}

void admission::next_body(std::int64_t now_ns) {
  now_ns_ = now_ns;
  digest_.next_sender();
  findings_.next_sender();
  letters_.next_body();
  sender_.reset();
  gate_.begin(request_of_gate());
}

gate_request admission::request_of_gate() const {
  std::optional<nanoseconds> learnt;
  if (terms_.upstream != nullptr && terms_.policy->learn_retention) {
    learnt =
        terms_.upstream->retention_of(*terms_.policy, target_.database, target_.retention_policy);
  }
  return {.policy = terms_.policy,
          .now_ns = now_ns_,
          .unit_ns = target_.unit_ns,
          .may_be_ns = target_.may_be_ns,
          .rules = terms_.rules,
          .upstream_retention = learnt,
          .memory = services_.remembered,
          .database = target_.database,
          .retention_policy = target_.retention_policy};
}

bool admission::take(const point_view& point) {
  ++account_.received;
  const gate_answer answer = gate_.pass(point, staged_);
  if (answer.action == gate_action::reject || answer.action == gate_action::drop) {
    note_refusal(answer, point);
    return false;
  }
  ++admitted_;
  return true;
}

void admission::take_repaired(const point_view& point, gate_code repair) {
  if (take(point)) {
    ++account_.repaired_by_gate[static_cast<std::size_t>(repair)];
    add_finding(finding_kind::mended, finding_code(repair), 1);
  }
}

bool admission::take_overflowed(const point_view& point) {
  const gate_answer answer = gate_.pass_overflowed(point, staged_);
  if (answer.action == gate_action::keep) {
    return false;
  }
  ++account_.received;
  if (answer.action == gate_action::repair) {
    ++admitted_;
  } else {
    note_refusal(answer, point);
  }
  return true;
}

void admission::pass_over(gate_code code) {
  ++account_.received;
  ++account_.dropped_by_gate[static_cast<std::size_t>(code)];
  add_finding(finding_kind::dropped, finding_code(code), 1);
}

void admission::drop(gate_code code, std::uint64_t line, std::string_view text) {
  ++account_.received;
  ++account_.dropped_by_gate[static_cast<std::size_t>(code)];
  add_refusal(finding_kind::dropped, finding_code(code), text, [&] {
    finding_example made = make_example(text, std::nullopt, row_of(code).explanation);
    made.line = line;
    return made;
  });
  if (letters_.wants(/*dropped=*/true)) {
    letters_.add(sender(),
                 {.dropped = true,
                  .code = std::string(name_of(code)),
                  .line = line,
                  .message = explanation(code)},
                 text);
  }
}

void admission::reject(const unreadable_line& line) {
  ++account_.received;
  ++account_.refused_by_parser[static_cast<std::size_t>(line.code())];
  const std::string_view code = name_of(line.code());
  add_refusal(finding_kind::rejected, finding_code(line.code()), line.text(),
              [&line] { return line.as_example(); });
  digest_.rejected(
      code, line.text(), [this]() -> const letter_header& { return sender(); },
      [&line] { return line.reason(); });
  if (letters_.wants(/*dropped=*/false)) {
    letters_.add(sender(),
                 {.code = std::string(code),
                  .line = line.line(),
                  .column = line.column(),
                  .message = line.reason()},
                 line.text());
  }
  rejected_line entry{.line = line.line(), .column = line.column(), .code = code};
  if (verdict_.wants_message()) {
    entry = verdict_.verbose ? line.in_verbose_answer(verdict_.refusals.size())
                             : line.in_plain_answer();
  }
  if (verdict_.wants_hint()) {
    verdict_.add_hint(line.hint());
  }
  verdict_.reject(std::move(entry));
}

void admission::reject_unread(gate_code code, std::string_view text) {
  ++account_.received;
  point_view unread;
  unread.text = text;
  note_refusal({.action = gate_action::reject, .code = code}, unread);
}

std::string admission::message_of(const gate_answer& answer, const point_view& point) const {
  const bool has_detail =
      row_of(answer.code).message.find(message_detail) != std::string_view::npos;
  return refusal_message(answer.code, quoted(point.text),
                         has_detail ? gate_.detail(answer, point) : std::string{});
}

rejected_line admission::entry_of(const gate_answer& answer, const point_view& point) const {
  rejected_line entry{.line = point.line, .code = name_of(answer.code)};
  if (verdict_.wants_message()) {
    entry.message = message_of(answer, point);
    if (verdict_.verbose) {
      entry.message = without_line(std::move(entry.message), point.text);
      entry.explanation = explanation(answer.code);
      entry.text = quoted(point.text, write_verdict::quoted_bytes_max);
    }
  }
  return entry;
}

void admission::note_refusal(const gate_answer& answer, const point_view& point) {
  const bool is_dropped = answer.action == gate_action::drop;
  add_refusal(is_dropped ? finding_kind::dropped : finding_kind::rejected,
              finding_code(answer.code), point.text, [&] {
                const std::string message = message_of(answer, point);
                finding_example made =
                    make_example(point.text, place_of(answer.code, point, message),
                                 without_line(message, point.text));
                made.line = point.line;
                return made;
              });
  if (letters_.wants(is_dropped)) {
    letters_.add(sender(),
                 {.dropped = is_dropped,
                  .code = std::string(name_of(answer.code)),
                  .line = point.line,
                  .message = without_line(message_of(answer, point), point.text)},
                 point.text);
  }
  const auto code = static_cast<std::size_t>(answer.code);
  if (is_dropped) {
    ++account_.dropped_by_gate[code];
    if (verdict_.verbose && !target_.options.letters) {
      verdict_.reject(entry_of(answer, point));  // a client that keeps letters itself wants to know
    }
    return;
  }
  ++account_.rejected_by_gate[code];
  digest_.rejected(
      name_of(answer.code), point.text, [this]() -> const letter_header& { return sender(); },
      [&] { return without_line(message_of(answer, point), point.text); });
  note_rejection(answer, point);
}

void admission::note_rejection(const gate_answer& answer, const point_view& point) {
  if (answer.code == gate_code::beyond_retention) {
    if (verdict_.beyond_retention == 0) {
      verdict_.retention_detail = retention_hint(point.line, gate_.expired_time(), gate_.kept_ns());
    }
    verdict_.refuse_by_retention(verdict_.verbose ? entry_of(answer, point) : rejected_line{});
    return;
  }
  switch (form_of(answer.code)) {
    case refusal_form::none:  // no check rejects with such a code
    case refusal_form::line:
      verdict_.reject(entry_of(answer, point));
      break;
    case refusal_form::storage: {
      const std::string_view name = name_of(answer.code);
      verdict_.refuse_at_storage(name,
                                 verdict_.knows(name) ? std::string{} : message_of(answer, point),
                                 verdict_.verbose ? entry_of(answer, point) : rejected_line{});
      break;
    }
  }
}

const letter_header& admission::sender() {
  if (!sender_) {
    sender_ = letter_header{.received_ns = now_ns_,
                            .database = target_.database,
                            .retention_policy = target_.retention_policy,
                            .unit_ns = target_.unit_ns};
    if (terms_.describe) {
      terms_.describe(*sender_);
    }
  }
  return *sender_;
}

void admission::end_body() {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    any |= gate_.repaired()[i] | gate_.noted()[i];
  }
  if (any != 0) {
    for (std::size_t i = 0; i < gate_code_count; ++i) {
      account_.repaired_by_gate[i] += gate_.repaired()[i];
      account_.noted_by_gate[i] += gate_.noted()[i];
    }
    if (services_.findings != nullptr) {
      add_kept_findings();
    }
  }
  if (tapped_.watched()) {
    tapped_.end_sender(finding_sender_of_body(), admitted_);
  }
}

/// Lines that were kept after a repair or with a note, of the body that ends.
void admission::add_kept_findings() {
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    const auto code = static_cast<gate_code>(i);
    // That a line came without a time is no finding: many senders leave it to the server.
    if (gate_.repaired()[i] > 0 && code != gate_code::time_assigned) {
      add_finding(finding_kind::mended, finding_code(code), gate_.repaired()[i]);
    }
    if (gate_.noted()[i] > 0) {
      add_finding(finding_kind::noted, finding_code(code), gate_.noted()[i]);
    }
  }
}

finding_sender admission::finding_sender_of_body() {
  const letter_header& from = sender();
  return {.listener = from.listener,
          .address = std::string(without_port(from.address)),
          .agent = from.agent,
          .user = from.user};
}

void admission::add_finding(finding_kind kind, finding_code code, std::uint64_t count) {
  if (services_.findings != nullptr) {
    findings_.add(kind, code, count, [this] { return finding_sender_of_body(); });
  }
}

template <class Make>
void admission::add_refusal(finding_kind kind, finding_code code, std::string_view text,
                            Make make) {
  add_finding(kind, code, 1);
  const bool wants_example = services_.findings != nullptr &&
                             services_.findings->wants_example(kind, code, now_ns_) &&
                             findings_.lacks_example(kind, code);
  const bool is_watched = tapped_.watched() && tapped_.count_refusal();
  if (!wants_example && !is_watched) {
    return;
  }
  finding_example made = make();
  made.at_ns = now_ns_;
  if (is_watched) {
    tapped_.add({.dropped = kind == finding_kind::dropped,
                 .code = code.name(),
                 .column = made.column,
                 .message = made.message,
                 .text = std::string(text.substr(0, tapped_line_bytes_max)),
                 .cut = text.size() > tapped_line_bytes_max});
  }
  if (wants_example) {
    findings_.add_example(kind, code, std::move(made));
  }
}

void admission::withhold(std::size_t buffer_bytes) {
  staged_.clear(buffer_bytes);
  account_.withheld = std::exchange(admitted_, 0);
  account_.repaired_by_gate.fill(0);  // counts points that are accepted
  account_.noted_by_gate.fill(0);
  findings_.forget_kept();
  tapped_.forget_kept();
  if (account_.withheld > 0) {
    add_finding(finding_kind::rejected, finding_code::all_or_nothing(), account_.withheld);
  }
  gate_.rollback();
  verdict_.withheld = account_.withheld;
  verdict_.nothing_kept = true;
}

void admission::conclude_verdict() noexcept {
  verdict_.lines = account_.received;
  verdict_.accepted = admitted_;
}

void admission::commit() {
  gate_.commit();
  account_.accepted = admitted_;
  conclude_verdict();
  letters_.commit();
}

void admission::reset(std::size_t buffer_bytes) {
  gate_.rollback();  // nothing where it was committed
  staged_.clear(buffer_bytes);
  admitted_ = 0;
  account_ = {};
  verdict_ = {};
  digest_.clear();
  sender_.reset();
  letters_.reset();
  findings_.clear();
  tapped_.clear();
  terms_ = {};
}

std::size_t admission::report_bytes() const noexcept {
  return letters_.bytes() + findings_.bytes() + tapped_.bytes() + verdict_.refusal_bytes +
         verdict_.refusals.size() * refusal_overhead;
}

}  // namespace weir
