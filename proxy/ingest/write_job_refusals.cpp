// SPDX-License-Identifier: Apache-2.0
//
// What a write job notes of lines that are not kept: counts and the words of its answer.
// Pure; lives on one intake loop.
#include <algorithm>
#include <utility>

#include "gate/flink_gauges.hpp"
#include "gate/codes.hpp"
#include "ingest/refusal_words.hpp"
#include "ingest/write_path.hpp"

namespace weir {

bool write_job::mend_gauge(const parse_error& error) {
  const bool number = error.code == parse_code::invalid_number ||
                      error.code == parse_code::invalid_boolean ||
                      error.code == parse_code::invalid_float;
  if (!policy_->flink_gauges || !number || !mend_flink_line(error.text, mended_line_)) {
    return false;
  }
  constexpr auto dropped = static_cast<std::size_t>(gate_code::gauge_dropped);
  if (mended_line_.empty()) {
    ++account_.dropped_by_gate[dropped];
    if (keeps_letters() && owner_.services_.letters->options().dropped) {
      keep_letter({.dropped = true,
                   .code = std::string(name_of(gate_code::gauge_dropped)),
                   .line = error.line,
                   .message = explanation(gate_code::gauge_dropped)},
                  error.text);
    }
    return true;
  }
  const std::optional<point_view> point = read_again(mended_line_, reader_options(), error.line);
  if (!point) {
    return false;  // it has another mistake
  }
  account_.mended_by_gate[dropped] += pass(*point) ? 1 : 0;
  return true;
}

void write_job::note_refused(const parse_error& error) {
  if (mend_gauge(error)) {
    return;
  }
  ++account_.refused_by_parser[static_cast<std::size_t>(error.code)];
  digest_.rejected(
      name_of(error.code), error.text, [this]() -> const letter_header& { return sender(); },
      [&error] { return reason(error); });
  if (keeps_letters()) {
    keep_letter({.code = std::string(name_of(error.code)),
                 .line = error.line,
                 .column = error.column,
                 .message = reason(error)},
                error.text);
  }
  const std::int64_t unit_ns = reader_options().unit_ns;
  rejected_line told{.line = error.line, .column = error.column, .code = name_of(error.code)};
  if (verdict_.wants_message()) {
    told = verdict_.verbose ? explained(error, unit_ns, verdict_.refusals.size()) : quoting(error);
  }
  if (verdict_.wants_hint()) {
    verdict_.add_hint(hint_for(error, unit_ns));
  }
  verdict_.reject(std::move(told));
}

std::string write_job::words_of(const gate_answer& answer, const point_view& point) const {
  return refusal_message(answer.code, quoted(point.text), gate_.words(answer, point));
}

rejected_line write_job::told(const gate_answer& answer, const point_view& point) const {
  rejected_line told{.line = point.line, .code = name_of(answer.code)};
  if (verdict_.wants_message()) {
    told.message = words_of(answer, point);
    if (verdict_.verbose) {
      told.message = without_line(std::move(told.message), point.text);
      told.explanation = explanation(answer.code);
      told.text = quoted(point.text, write_verdict::quoted_bytes_max);
    }
  }
  return told;
}

void write_job::note_answer(const gate_answer& answer, const point_view& point) {
  const auto code = static_cast<std::size_t>(answer.code);
  const bool dropped = answer.action == gate_action::drop;
  if (keeps_letters() && (!dropped || owner_.services_.letters->options().dropped)) {
    keep_letter({.dropped = dropped,
                 .code = std::string(name_of(answer.code)),
                 .line = point.line,
                 .message = without_line(words_of(answer, point), point.text)},
                point.text);
  }
  if (dropped) {
    ++account_.dropped_by_gate[code];
    if (verdict_.verbose && !target_.wishes.letters) {
      verdict_.reject(told(answer, point));  // who keeps letters itself wants to know
    }
    return;
  }
  ++account_.rejected_by_gate[code];
  digest_.rejected(
      name_of(answer.code), point.text, [this]() -> const letter_header& { return sender(); },
      [&] { return without_line(words_of(answer, point), point.text); });
  if (answer.code == gate_code::beyond_retention) {
    if (verdict_.beyond_retention == 0) {
      verdict_.retention_detail = retention_hint(point.line, gate_.expired_time(), gate_.kept_ns());
    }
    verdict_.refuse_by_retention(verdict_.verbose ? told(answer, point) : rejected_line{});
    return;
  }
  switch (form_of(answer.code)) {
    case refusal_form::none:
    case refusal_form::line:
      verdict_.reject(told(answer, point));
      break;
    case refusal_form::storage: {
      const std::string_view name = name_of(answer.code);
      verdict_.refuse_at_storage(name,
                                 verdict_.knows(name) ? std::string{} : words_of(answer, point),
                                 verdict_.verbose ? told(answer, point) : rejected_line{});
      break;
    }
  }
}

}  // namespace weir
