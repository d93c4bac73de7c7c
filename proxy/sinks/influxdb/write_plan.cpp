// SPDX-License-Identifier: Apache-2.0
//
// Taking out what a server refuses.
#include "sinks/influxdb/write_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text/ascii.hpp"

namespace weir {
namespace {

std::string without_numbers(std::string_view words) {
  std::string out;
  for (const char one : words) {
    if (!is_digit(one)) {
      out += one;
    }
  }
  return out;
}

}  // namespace

write_plan::write_plan(std::string lines, std::uint64_t points, cause why,
                       const influxdb_write_answer& answer)
    : lines_(std::move(lines)), points_(points), why_(why), fates_(lines_.size(), fate::good) {
  current_ = {0, lines_.size(), std::nullopt};
  first_dropped_ = answer.result.discarded.total();
  sent_ = good_lines(0, lines_.size());
  proven_ = why_ == cause::suspect_alone;
  take(answer);
}

// ---- the next request

std::optional<std::vector<std::string_view>> write_plan::next() {
  if (ended_) {
    return std::nullopt;
  }
  if (now_ == phase::search) {
    if (auto found = next_of_search()) {
      return found;
    }
    if (!suspects_.empty()) {
      now_ = phase::before;
    } else {
      // Nothing fails any more, but newer parts may have been stored before older ones.
      const bool in_order = !suspects_anything() || good_lines(0, lines_.size()).empty();
      now_ = in_order ? phase::over : phase::after;
    }
  }
  return next_of_proof();
}

std::optional<write_plan::pieces> write_plan::next_of_search() {
  const std::size_t most = suspects_anything() ? requests_max - proof_requests : requests_max;
  while (!parts_.empty()) {
    // A suspect's parts are searched level by level, so that one that passes is met early. In which
    // order they were stored is mended by the last request, which sends all good lines in order.
    current_ = suspects_anything() ? parts_.front() : parts_.back();
    suspects_anything() ? parts_.pop_front() : parts_.pop_back();
    line_list lines = good_lines(current_.begin, current_.end);
    if (lines.empty()) {
      continue;
    }
    if (requests_ < most) {
      return request_of(std::move(lines));
    }
    set_aside(current_);
  }
  return std::nullopt;
}

write_plan::line_list write_plan::good_lines(std::size_t begin, std::size_t end) const {
  line_list found;
  for (std::size_t i = begin; i < end; ++i) {
    if (fates_[i] == fate::good) {
      found.push_back(i);
    }
  }
  return found;
}

write_plan::pieces write_plan::request_of(line_list lines) {
  pieces made;
  for (std::size_t i = 0; i < lines.size();) {
    const std::size_t begin = i;
    while (i < lines.size() && lines[i] == lines[begin] + (i - begin)) {
      ++i;
    }
    made.push_back(lines_.lines(lines[begin], lines[i - 1] + 1));
  }
  sent_ = std::move(lines);
  ++requests_;
  return made;
}

// ---- answers

void write_plan::take(const influxdb_write_answer& answer) {
  last_ = answer.result;
  last_words_ = answer.words.empty() ? answer.result.message : answer.words;
  switch (answer.means) {
    case influxdb_meaning::stored:
      on_stored();
      return;
    case influxdb_meaning::partial_write:
    case influxdb_meaning::refused:
      on_refusal(answer);
      return;
    case influxdb_meaning::too_large:
      on_too_large(answer);
      return;
    case influxdb_meaning::failed:
      on_failure(answer);
      return;
    case influxdb_meaning::not_stored:
    case influxdb_meaning::busy:
    case influxdb_meaning::not_allowed:
    case influxdb_meaning::missing_database:
    case influxdb_meaning::missing_policy:
    case influxdb_meaning::wrong_place:
      end_with(answer.result);
      return;
  }
}

void write_plan::on_refusal(const influxdb_write_answer& answer) {
  const bool partly = answer.means == influxdb_meaning::partial_write;
  const discard_reason reason = partly ? discard_reason::partial : discard_reason::refused;
  const std::optional<std::uint64_t> dropped =
      partly ? std::optional(answer.result.discarded.total()) : std::nullopt;
  const bool all = sent_.size() == 1 || (dropped && *dropped >= sent_.size());
  const refused_request refused{lines_, sent_, last_words_, answer.listed, dropped};
  if (partly && now_ == phase::search) {
    if (std::vector<offender> listed = find_all_listed(refused); !listed.empty()) {
      // What it does not list is stored.
      for (offender& one : listed) {
        give_up(one.line, reason, std::move(one.words));
      }
      on_stored();
      return;
    }
  }
  const std::vector<offender> named = all ? std::vector<offender>{} : find_offenders(refused);
  const bool plausible = !partly || take_partial(*dropped);
  if (!plausible && named.empty()) {
    contradicted(*dropped);
  } else if (all) {
    for (const std::size_t line : sent_) {
      give_up(line, reason, last_words_);
    }
    after_suspect(fate::given_up);
  } else {
    if (partly && !named.empty()) {
      current_.verdict = partial_verdicts_.size();
      partial_verdicts_.push_back({without_numbers(last_words_), 0, true});
    }
    take_named(named, reason);
  }
}

/// What a server drops of a part is among what it dropped of the whole, for the same reason. False:
/// its answers are not about these lines.
bool write_plan::take_partial(std::uint64_t dropped) {
  std::string reason = without_numbers(last_words_);
  if (current_.verdict && partial_verdicts_[*current_.verdict].reason == reason) {
    std::uint64_t& unfound = partial_verdicts_[*current_.verdict].unfound;
    if (dropped > unfound) {
      return false;
    }
    unfound -= dropped;
  }
  current_.verdict = partial_verdicts_.size();
  partial_verdicts_.push_back({std::move(reason), dropped, false});
  return true;
}

void write_plan::take_named(const std::vector<offender>& named, discard_reason reason) {
  for (const offender& one : named) {
    give_up(one.line, reason, one.words);
  }
  if (now_ != phase::search) {
    search_again();
  }
  if (named.empty()) {
    split(current_);
  } else {
    // Where points are dropped for two reasons, the server names one: the rest is asked for.
    suspects_anything() ? parts_.push_front(current_) : parts_.push_back(current_);
  }
}

/// The server says the same of lines that it cannot mean. Where its first words told the lines,
/// they stand; where not, nobody can tell what it dropped, only how many.
void write_plan::contradicted(std::uint64_t dropped) {
  if (partial_verdicts_[*current_.verdict].named) {
    return;
  }
  if (first_dropped_ == 0) {
    partial_verdicts_[*current_.verdict].unfound = dropped;
    set_aside(current_);
    return;
  }
  parts_.clear();
  suspects_.clear();
  now_ = phase::over;
  dropped_unfound_ = first_dropped_;
  lost_.clear();
  const std::string words =
      "some of these lines are stored, some are not; the server did not tell which: " + last_words_;
  for (std::size_t line = 0; line < lines_.size(); ++line) {
    fates_[line] = fate::given_up;
    lost_.push_back({line, discard_reason::partial, last_.code, words, true});
  }
}

void write_plan::on_too_large(const influxdb_write_answer& answer) {
  if (now_ != phase::search) {
    end_with(answer.result);  // its parts passed: smaller batches will
  } else if (sent_.size() == 1) {
    give_up(sent_.front(), discard_reason::too_large, last_words_);
  } else {
    split(current_);
  }
}

/// Halves of the good lines that are still in it.
void write_plan::split(const part& whole) {
  const line_list left = good_lines(whole.begin, whole.end);
  if (left.size() < 2) {
    if (!left.empty()) {
      set_aside(whole);
    }
    return;
  }
  const std::size_t middle = left[left.size() / 2];
  const part older{whole.begin, middle, whole.verdict};
  const part newer{middle, whole.end, whole.verdict};
  parts_.push_back(suspects_anything() ? older : newer);
  parts_.push_back(suspects_anything() ? newer : older);
}

/// It is not sorted out; of a suspect it must be proven first.
void write_plan::set_aside(const part& rest) {
  const line_list lines = good_lines(rest.begin, rest.end);
  if (suspects_anything()) {
    suspect(lines);
    return;
  }
  const std::string words = fmt::format(
      "{}; {} requests did not tell which: {}",
      rest.verdict ? "some of these lines are stored, some are not" : "some of these are bad",
      requests_, last_words_);
  if (rest.verdict) {
    dropped_unfound_ += std::exchange(partial_verdicts_[*rest.verdict].unfound, 0);
  }
  for (const std::size_t line : lines) {
    fates_[line] = fate::given_up;
    lost_.push_back({line, rest.verdict ? discard_reason::partial : discard_reason::refused,
                     last_.code, words, rest.verdict.has_value()});
  }
}

void write_plan::give_up(std::size_t line, discard_reason reason, std::string words) {
  fates_[line] = fate::given_up;
  lost_.push_back({line, reason, last_.code, std::move(words), false});
}

void write_plan::end_with(attempt_result result) {
  result.requests = {};
  result.sent_bytes = 0;
  ended_ = std::move(result);
  now_ = phase::over;
}

// ---- the result

attempt_result write_plan::result() {
  if (ended_) {
    return std::move(*ended_);
  }
  attempt_result result;
  result.verdict = attempt_verdict::delivered;
  result.code = last_.code;
  std::sort(lost_.begin(), lost_.end(),
            [](const lost_line& one, const lost_line& other) { return one.line < other.line; });
  for (const lost_line& one : lost_) {
    auto same =
        std::find_if(result.refused.begin(), result.refused.end(), [&](const refused_lines& group) {
          return group.code == one.code && group.message == one.words;
        });
    if (same == result.refused.end()) {
      result.refused.push_back({.lines = {}, .message = one.words, .code = one.code});
      same = std::prev(result.refused.end());
    }
    same->lines += lines_.line(one.line);
  }
  count(result);
  return result;
}

void write_plan::count(attempt_result& result) const {
  std::uint64_t perhaps = 0;
  for (const lost_line& one : lost_) {
    if (one.perhaps_stored) {
      ++perhaps;
    } else {
      ++result.discarded[one.reason];
    }
  }
  result.discarded[discard_reason::partial] += std::min(perhaps, dropped_unfound_);
  // The batch's own number is what was counted as accepted.
  for (std::uint64_t& one : result.discarded.of) {
    const std::uint64_t total = result.discarded.total();
    one -= std::min(one, total - std::min(total, points_));
  }
}

}  // namespace weir
