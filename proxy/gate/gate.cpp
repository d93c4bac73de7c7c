// SPDX-License-Identifier: Apache-2.0
#include "gate/gate.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "gate/time_text.hpp"

namespace weir {
namespace {

/// A space, a time and a line feed.
constexpr std::size_t line_end_bytes = time_text_bytes + 1;
/// A space and the digits of a time between 2001 and 2262.
constexpr std::size_t copied_time_bytes = 20;

bool is_digit(char byte) noexcept {
  return byte >= '0' && byte <= '9';
}

}  // namespace

void gate::begin(const gate_request& request) {
  WEIR_ASSERT(request.policy != nullptr && request.unit_ns >= 0);
  rules_ = request.rules;
  copies_times_ = request.unit_ns == 1;
  time_.begin(request);
  retention_.begin(request);
  names_.begin(request);
  unsigned_.begin(request);
  long_strings_.begin(request);
  if (rules_ != nullptr) {
    rules_->count_tags(request.policy->tag_count != shield_mode::pass);
  }
  const database_settings& policy = *request.policy;
  series_.begin(request, static_cast<std::uint64_t>(policy.time_key) << 24 |
                             static_cast<std::uint64_t>(policy.reserved_tags) << 16 |
                             static_cast<std::uint64_t>(policy.tag_and_field) << 8 |
                             static_cast<std::uint64_t>(policy.unsigned_values));
  mended_.fill(0);
  noted_.fill(0);
}

std::size_t gate::pass_known(std::span<const point_view> points, staged_lines& out) {
  // Rules may change any point.
  if (rules_ != nullptr || !series_.remembers()) {
    return 0;
  }
  write_ahead(points.first(std::min(points.size(), ahead_max_)), out);
  std::size_t kept = 0;
  while (kept < ahead_.size() && series_.keep_known(points[kept], ahead_[kept], noted_)) {
    ++kept;
  }
  for (std::size_t i = 0; i < kept; ++i) {
    mended_[static_cast<std::size_t>(gate_code::time_assigned)] += points[i].time ? 0 : 1;
    out.line_done(ahead_[i].end, ahead_[i].time);
  }
  if (kept < ahead_.size()) {
    out.buffer().end_at(ahead_[kept].begin);  // the rest was written for nothing
    ahead_max_ = kept + 1;
  } else {
    ahead_max_ = std::min(2 * ahead_max_, ahead_most);
  }
  return kept;
}

void gate::write_ahead(std::span<const point_view> points, staged_lines& out) {
  ahead_.clear();
  for (const point_view& point : points) {
    std::int64_t time = 0;
    if (!time_.is_plain(point.time, time) || retention_.check(time).action != gate_action::keep ||
        long_strings_.suspicious(point)) {
      break;
    }
    staged_line& line = ahead_.emplace_back(out.buffer());
    line.begin = out.buffer().size();
    line.time = time;
    write_series(point, line);
    write_fields(point, line);
    end_line(point, line);
    // A hash that reads what was written a moment ago would wait for it.
    if (ahead_.size() > 1) {
      series_.hash(points[ahead_.size() - 2], ahead_[ahead_.size() - 2]);
    }
  }
  if (!ahead_.empty()) {
    series_.hash(points[ahead_.size() - 1], ahead_.back());
  }
}

void gate::end_line(const point_view& point, staged_line& line) const {
  char* const to = line.text.room(line_end_bytes);
  char* end = nullptr;
  const std::size_t time_bytes = point.text.size() - point.series_and_fields.size();
  const char* const written = point.text.data() + point.series_and_fields.size();
  // A time as almost every client sends it is copied: a space and 19 digits.
  if (copies_times_ && time_bytes == copied_time_bytes && point.time == line.time &&
      is_digit(written[1]) && written[1] != '0' && is_digit(written[copied_time_bytes - 1])) {
    std::memcpy(to, written, copied_time_bytes);
    end = to + copied_time_bytes;
  } else {
    end = write_time(line.time, to);
  }
  *end = '\n';
  line.end = static_cast<std::size_t>(end + 1 - line.text.view().data());
  line.text.end_at(line.end);
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
    if (refuses(ruled)) {
      return ruled;
    }
    if (ruled.action == gate_action::mend) {
      point = &draft_.view();
    }
  }
  if (refuses(timed)) {
    return timed;
  }
  const gate_answer retained = retention_.check(time);
  if (refuses(retained)) {
    expired_time_ = time;
    return retained;
  }
  staged_line staged(out.buffer());
  staged.begin = out.buffer().size();
  staged.time = time;
  series_.begin_line(*point, staged);
  const gate_answer named = names_.check(*point);
  if (named.action == gate_action::mend) {
    if (point == &line) {
      draft_.begin(line);
    }
    names_.strip(draft_);
    point = &draft_.view();
    series_.begin_line(*point, staged);
  }
  const gate_answer converted = unsigned_.check(point->fields);
  gate_answer last = refuses(named) ? named : converted;
  if (!refuses(last)) {
    if (const gate_answer sized = long_strings_.check(*point); refuses(sized)) {
      last = sized;
    }
  }
  if (!refuses(last)) {
    last = series_.stage(converted.action == gate_action::mend ? with_integers(*point) : *point,
                         staged, mended_, noted_);
  }
  if (refuses(last)) {
    staged.text.end_at(staged.begin);
    return last;
  }
  end_line(line, staged);
  out.line_done(staged.end, staged.time);
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
    case gate_code::string_too_long:
      return long_strings_check::words(point);
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
    case gate_code::number_of_codes:
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
    case gate_code::duplicate_field:
    case gate_code::series_limit:
      return std::string(detail());
  }
  return {};
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

}  // namespace weir
