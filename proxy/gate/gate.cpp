// SPDX-License-Identifier: Apache-2.0
#include "gate/gate.hpp"

#include "base/assert.hpp"
#include "gate/time_text.hpp"

namespace weir {
namespace {

/// A space, a time and a line feed.
constexpr std::size_t line_end_bytes = time_text_bytes + 1;

bool loses(const gate_answer& answer) noexcept {
  return answer.action == gate_action::reject || answer.action == gate_action::drop;
}

}  // namespace

std::string_view name_of(gate_code code) noexcept {
  switch (code) {
    case gate_code::none:
      return "none";
    case gate_code::time_assigned:
      return "time_assigned";
    case gate_code::precision_mistaken:
      return "precision_mistaken";
    case gate_code::precision_mended:
      return "precision_mended";
    case gate_code::precision_ambiguous:
      return "precision_ambiguous";
    case gate_code::precision_unknown:
      return "precision_unknown";
    case gate_code::beyond_retention:
      return "beyond_retention";
    case gate_code::beyond_future:
      return "beyond_future";
    case gate_code::retention_clamped:
      return "retention_clamped";
    case gate_code::time_as_tag:
      return "time_as_tag";
    case gate_code::time_as_field:
      return "time_as_field";
    case gate_code::reserved_tag:
      return "reserved_tag";
    case gate_code::tag_and_field:
      return "tag_and_field";
    case gate_code::name_dropped:
      return "name_dropped";
    case gate_code::dropped_by_rule:
      return "dropped_by_rule";
    case gate_code::changed_by_rule:
      return "changed_by_rule";
    case gate_code::rule_conflict:
      return "rule_conflict";
    case gate_code::unsigned_as_integer:
      return "unsigned_as_integer";
    case gate_code::unsigned_too_large:
      return "unsigned_too_large";
    case gate_code::unsigned_refused:
      return "unsigned_refused";
    case gate_code::field_type_conflict:
      return "field_type_conflict";
    case gate_code::type_coerced:
      return "type_coerced";
    case gate_code::field_renamed:
      return "field_renamed";
    case gate_code::field_dropped:
      return "field_dropped";
    case gate_code::type_unchecked:
      return "type_unchecked";
    case gate_code::gauge_converted:
      return "gauge_converted";
    case gate_code::gauge_dropped:
      return "gauge_dropped";
    case gate_code::duplicate_retry:
      return "duplicate_retry";
    case gate_code::duplicate_point:
      return "duplicate_point";
    case gate_code::duplicate_spread:
      return "duplicate_spread";
    case gate_code::series_limit:
      return "series_limit";
  }
  return "none";
}

void gate::begin(const gate_request& request) {
  WEIR_ASSERT(request.policy != nullptr && request.unit_ns >= 0);
  rules_ = request.rules;
  time_.begin(request);
  retention_.begin(request);
  names_.begin(request);
  unsigned_.begin(request);
  series_.begin(request);
  mended_.fill(0);
  noted_.fill(0);
}

gate_answer gate::pass(const point_view& point, staged_lines& out) {
  std::int64_t time = 0;
  const gate_answer timed = time_.check(point.time, time);
  return pass_timed(point, timed, time, out);
}

gate_answer gate::pass_overflowed(const point_view& point, staged_lines& out) {
  WEIR_ASSERT(point.time.has_value());
  std::int64_t time = 0;
  const gate_answer timed = time_.check_overflowed(*point.time, time);
  return timed.action == gate_action::keep ? timed : pass_timed(point, timed, time, out);
}

gate_answer gate::pass_timed(const point_view& line, const gate_answer& timed, std::int64_t time,
                             staged_lines& out) {
  const point_view* point = &line;
  gate_answer ruled;
  if (rules_ != nullptr) {
    ruled = rules_->apply(line, draft_);
    if (loses(ruled)) {
      return ruled;
    }
    if (ruled.action == gate_action::mend) {
      point = &draft_.view();
    }
  }
  if (loses(timed)) {
    return timed;
  }
  const gate_answer retained = retention_.check(time);
  if (loses(retained)) {
    return retained;
  }
  staged_line staged{.text = out.buffer(), .begin = out.buffer().size(), .time = time};
  series_.begin_line(*point, staged);
  const gate_answer named = names_.check(*point);
  if (loses(named)) {
    return named;
  }
  if (named.action == gate_action::mend) {
    if (point == &line) {
      draft_.begin(line);
    }
    names_.strip(draft_);
    point = &draft_.view();
    series_.begin_line(*point, staged);
  }
  const gate_answer converted = unsigned_.check(point->fields);
  if (loses(converted)) {
    return converted;
  }
  const gate_answer last = converted.action == gate_action::mend
                               ? stage(with_integers(*point), staged, out)
                               : stage(*point, staged, out);
  if (loses(last)) {
    return last;
  }
  gate_answer verdict = last;
  const auto note = [&](const gate_answer& each) {
    if (each.action == gate_action::mend) {
      ++mended_[static_cast<std::size_t>(each.code)];
      verdict = each;
    }
  };
  note(ruled);
  note(timed);
  note(retained);
  note(named);
  note(converted);
  return verdict;
}

std::string gate::words(const gate_answer& answer, const point_view& point) const {
  switch (answer.code) {
    case gate_code::precision_mistaken:
    case gate_code::precision_ambiguous:
    case gate_code::precision_unknown:
      return time_.words(answer.code);
    case gate_code::time_as_tag:
    case gate_code::time_as_field:
    case gate_code::reserved_tag:
    case gate_code::tag_and_field:
      return names_check::words(answer.code, point);
    case gate_code::dropped_by_rule:
    case gate_code::rule_conflict:
      return rules_ == nullptr ? std::string{} : rules_->words(answer.code);
    case gate_code::none:
    case gate_code::time_assigned:
    case gate_code::precision_mended:
    case gate_code::beyond_retention:
    case gate_code::beyond_future:
    case gate_code::retention_clamped:
    case gate_code::name_dropped:
    case gate_code::changed_by_rule:
    case gate_code::unsigned_as_integer:
    case gate_code::unsigned_too_large:
    case gate_code::unsigned_refused:
      break;
    case gate_code::field_type_conflict:
    case gate_code::type_coerced:
    case gate_code::field_renamed:
    case gate_code::field_dropped:
    case gate_code::type_unchecked:
    case gate_code::gauge_converted:
    case gate_code::gauge_dropped:
    case gate_code::duplicate_retry:
    case gate_code::duplicate_point:
    case gate_code::duplicate_spread:
    case gate_code::series_limit:
      return std::string(detail());
  }
  return {};
}

gate_answer gate::stage(const point_view& point, staged_line& line, staged_lines& out) {
  const gate_answer answer = series_.stage(point, line, mended_, noted_);
  if (loses(answer)) {
    line.text.end_at(line.begin);
    return answer;
  }
  char* const end = write_time(line.time, line.text.room(line_end_bytes));
  *end = '\n';
  line.text.end_at(static_cast<std::size_t>(end + 1 - line.text.view().data()));
  out.line_done(line.time);
  return answer;
}

const point_view& gate::with_integers(const point_view& point) {
  unsigned_edit_.begin(point.fields);
  for (field_view& field : unsigned_edit_.fields()) {
    if (field.type != field_type::uint64) {
      continue;
    }
    const std::uint64_t value = field.uint_value;
    field.type = field_type::int64;
    field.text = unsigned_edit_.keep(std::to_string(value) + "i");
    field.int_value = static_cast<std::int64_t>(value);
  }
  unsigned_point_ = unsigned_edit_.applied(point);
  return unsigned_point_;
}

const database_settings& policy_for(const std::map<std::string, database_settings>& policies,
                                    const std::string& database,
                                    const std::string& retention_policy) {
  if (!retention_policy.empty()) {
    if (const auto found = policies.find(database + "/" + retention_policy);
        found != policies.end()) {
      return found->second;
    }
  }
  auto found = policies.find(database);
  if (found == policies.end()) {
    found = policies.find("*");
  }
  WEIR_ASSERT(found != policies.end());
  return found->second;
}

}  // namespace weir
