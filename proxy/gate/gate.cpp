// SPDX-License-Identifier: Apache-2.0
#include "gate/gate.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "base/text/ascii.hpp"
#include "gate/time_text.hpp"

namespace weir {
namespace {

/// A space, a time and a line feed.
constexpr std::size_t line_end_bytes = time_text_bytes + 1;
/// A space and the digits of a time between 2001 and 2262.
constexpr std::size_t copied_time_bytes = 20;

/// Puts the settings of several checks together to one number.
constexpr std::uint64_t settings_factor = 0x9E3779B97F4A7C15U;

}  // namespace

void gate::begin(const gate_request& request) {
  WEIR_ASSERT(request.policy != nullptr && request.unit_ns >= 0);
  copies_times_ = request.unit_ns == 1;
  std::uint64_t settings_of_shape = 0;
  const auto begin_check = [&]<gate_check T>(T& check) {
    check.begin(request);
    if constexpr (looks_at_shapes<T>) {
      settings_of_shape = settings_of_shape * settings_factor + check.settings_of_shape();
    }
  };
  std::apply([&](auto&... checks) { (begin_check(checks), ...); }, checks_);
  series_.begin(request, settings_of_shape);
  repaired_.fill(0);
  noted_.fill(0);
}

bool gate::passes(const point_view& point, std::int64_t& time) const noexcept {
  const auto passes_check = [&]<class T>(const T& check) {
    if constexpr (looks_at_each_point<T>) {
      return check.passes(point, time);
    }
    return true;  // what is remembered of the shape says it
  };
  return std::apply([&](const auto&... checks) { return (passes_check(checks) && ...); }, checks_);
}

std::size_t gate::pass_known(std::span<const point_view> points, staged_lines& out) {
  if (!series_.remembers()) {
    return 0;
  }
  write_ahead(points.first(std::min(points.size(), ahead_max_)), out);
  std::size_t kept = 0;
  while (kept < ahead_.size() && series_.keep_known(points[kept], ahead_[kept], noted_)) {
    ++kept;
  }
  for (std::size_t i = 0; i < kept; ++i) {
    repaired_[static_cast<std::size_t>(gate_code::time_assigned)] += points[i].time ? 0 : 1;
    out.line_done(ahead_[i].end, ahead_[i].time, ahead_[i].series_bytes);
  }
  if (kept < ahead_.size()) {
    out.buffer().end_at(ahead_[kept].begin);  // takes back the lines behind it
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
    if (!passes(point, time)) {
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
  passage one(point, /*overflowed=*/false, draft_);
  return pass(one, out);
}

gate_answer gate::pass_overflowed(const point_view& point, staged_lines& out) {
  WEIR_ASSERT(point.time.has_value());
  passage one(point, /*overflowed=*/true, draft_);
  // Before the rules, which drop and count no line that stays an error.
  if (const gate_answer timed = std::get<time_check>(checks_).check(one);
      timed.action == gate_action::keep) {
    return timed;
  }
  return pass(one, out);
}

template <std::size_t at>
gate_answer gate::run_from(passage& one) {
  if constexpr (at == std::tuple_size_v<gate_checks>) {
    return {};
  } else {
    const gate_answer answer = std::get<at>(checks_).check(one);
    if (refuses(answer)) {
      refused_by_ = at;
      return answer;
    }
    if (answer.action == gate_action::repair) {
      one.note_repair(answer);
    }
    return run_from<at + 1>(one);
  }
}

gate_answer gate::pass(passage& one, staged_lines& out) {
  if (const gate_answer answer = run_from<0>(one); refuses(answer)) {
    return answer;
  }
  staged_line staged(out.buffer());
  staged.begin = out.buffer().size();
  staged.time = one.time;
  series_.begin_line(one.point(), staged);
  const gate_answer answer = series_.stage(one.point(), staged, repaired_, noted_);
  if (refuses(answer)) {
    refused_by_ = std::tuple_size_v<gate_checks>;
    staged.text.end_at(staged.begin);
    return answer;
  }
  end_line(one.original(), staged);
  out.line_done(staged.end, staged.time, staged.series_bytes);
  one.count(repaired_);
  return one.last_repair().action == gate_action::repair ? one.last_repair() : answer;
}

std::string gate::detail(const gate_answer& answer, const point_view& point) const {
  if (!refuses(answer)) {
    return {};
  }
  if (refused_by_ == std::tuple_size_v<gate_checks>) {
    return series_.detail();
  }
  std::string text;
  std::size_t at = 0;
  const auto ask = [&]<class T>(const T& check) {
    if constexpr (has_detail<T>) {
      if (at == refused_by_) {
        text = check.detail(answer.code, point);
      }
    }
    ++at;
  };
  std::apply([&](const auto&... checks) { (ask(checks), ...); }, checks_);
  return text;
}

}  // namespace weir
