// SPDX-License-Identifier: Apache-2.0
//
// Which lines about lanes in trouble reach the journal, and when. Pure.
#include "sinks/trouble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/one_line.hpp"
#include "base/text/ascii.hpp"
#include "base/text/counted.hpp"

namespace weir {
namespace {

constexpr std::size_t message_bytes_max = 300;
constexpr std::size_t name_bytes_max = 200;
/// Reasons, and lanes of each, that one summary names.
constexpr std::size_t groups_shown_max = 4;
constexpr std::size_t names_shown_max = 3;
/// Reasons of one outage that are remembered, so that two that alternate are reported once each.
constexpr std::size_t reasons_known_max = 16;

std::string name_of_lane(const lane_key& lane) {
  return one_line(
      lane.retention_policy.empty() ? lane.database : lane.database + "/" + lane.retention_policy,
      name_bytes_max);
}

/// Words without numbers and quoted names: equal for all lanes that have the same trouble.
std::string reason_of(const delivery_step& step) {
  std::string out = std::to_string(static_cast<int>(step.kind));
  bool quoted = false;
  for (const char letter : step.message) {
    if (letter == '"') {
      quoted = !quoted;
    } else if (!quoted && !is_digit(letter)) {
      out += letter;
    }
  }
  if (step.numbers_matter) {
    out += step.message;
  }
  return out.substr(0, message_bytes_max);
}

std::string points_wait(std::uint64_t points) {
  return points == 1 ? "1 point waits" : fmt::format("{} points wait", points);
}

}  // namespace

std::string spoken_duration(std::int64_t ms) {
  ms = std::max<std::int64_t>(ms, 0);
  const std::int64_t seconds = (ms + 500) / 1000;
  if (ms < 1000) {
    return fmt::format("{} ms", ms);
  }
  if (ms < 9950) {
    return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000)
                          : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  }
  const auto both = [](std::int64_t large, std::string_view unit, std::int64_t small,
                       std::string_view part) {
    return small == 0 ? fmt::format("{} {}", large, unit)
                      : fmt::format("{} {} {} {}", large, unit, small, part);
  };
  if (seconds < 120) {
    return fmt::format("{} s", seconds);
  }
  if (seconds < 7200) {
    return both(seconds / 60, "min", seconds % 60, "s");
  }
  return seconds < 172'800 ? both(seconds / 3600, "h", seconds / 60 % 60, "min")
                           : both(seconds / 86'400, "d", seconds / 3600 % 24, "h");
}

// ---- what happened

void trouble_book::failed(const lane_key& lane, const failure& failed_attempt, const moment& at) {
  entry& of = entries_[lane];
  of.pending = failed_attempt.pending;
  of.next_attempt_ms = failed_attempt.next_attempt_ms;
  if (failed_attempt.step.kind == step_kind::hold) {
    stop_retrying(of, false, at);
    hold(lane, of, failed_attempt.step, at);
  } else {
    // A lane that was held stays so: an outage does not repair what it waits for.
    retry(lane, of, failed_attempt.step, at);
  }
}

void trouble_book::went_on(const lane_key& lane, const moment& at) {
  const auto known = entries_.find(lane);
  if (known == entries_.end()) {
    return;
  }
  stop_retrying(known->second, true, at);
  stop_holding(lane, known->second, true, at);
  entries_.erase(known);
}

void trouble_book::gone(const lane_key& lane, const moment& at) {
  const auto known = entries_.find(lane);
  if (known == entries_.end()) {
    return;
  }
  stop_retrying(known->second, false, at);
  stop_holding(lane, known->second, false, at);
  entries_.erase(known);
}

// ---- held lanes

void trouble_book::hold(const lane_key& lane, entry& of, const delivery_step& step,
                        const moment& at) {
  const bool first = !std::exchange(of.held, true);
  const std::string was = std::exchange(of.reason, reason_of(step));
  of.message = one_line(step.message, message_bytes_max);
  if (!first && was == of.reason) {
    return;
  }
  if (first) {
    of.since_ms = at.now_ms;
    ++held_;
    if (!summary_ms_) {
      summary_interval_ms_ = summary_least_ms;
      summary_ms_ = at.now_ms + summary_interval_ms_;
    }
  }
  if (of.reasons_reported < reasons_reported_max && lane_line_allowed(at.now_ms)) {
    ++of.reasons_reported;
    report(journal_level::error,
           fmt::format("sink {}: {} is {}: {}; next attempt in {}", sink_, name_of_lane(lane),
                       first ? "held" : "held, now for another reason", of.message,
                       spoken_duration(of.next_attempt_ms - at.now_ms)));
  } else if (first) {
    ++unreported_held_;
    gathered_ms_ = gathered_ms_.value_or(at.now_ms + gather_ms);
  }
}

void trouble_book::stop_holding(const lane_key& lane, entry& of, bool goes_on, const moment& at) {
  if (!std::exchange(of.held, false)) {
    return;
  }
  if (--held_ == 0) {
    summary_ms_.reset();
  }
  if (lane_line_allowed(at.now_ms)) {
    report(journal_level::info,
           fmt::format("sink {}: {} {} after being held for {}{}", sink_, name_of_lane(lane),
                       goes_on ? "goes on" : "has nothing left to deliver",
                       spoken_duration(at.now_ms - of.since_ms),
                       goes_on ? fmt::format("; {} waited", counted(of.pending, "point")) : ""));
  } else {
    ++unreported_resumed_;
    gathered_ms_ = gathered_ms_.value_or(at.now_ms + gather_ms);
  }
}

bool trouble_book::lane_line_allowed(std::int64_t now_ms) {
  const std::int64_t earned =
      std::max<std::int64_t>(0, now_ms - allowance_ms_) / lane_line_every_ms;
  allowance_ms_ += earned * lane_line_every_ms;
  line_allowance_ = static_cast<std::uint32_t>(std::min<std::int64_t>(
      lane_lines_max, line_allowance_ + std::min<std::int64_t>(earned, lane_lines_max)));
  if (line_allowance_ == lane_lines_max) {
    allowance_ms_ = now_ms;
  }
  if (line_allowance_ == 0) {
    return false;
  }
  --line_allowance_;
  return true;
}

std::string trouble_book::held_groups() const {
  struct group {
    std::uint64_t lanes = 0;
    std::string names;
    std::string message;
  };
  std::map<std::string, group> groups;
  for (const auto& [lane, of] : entries_) {
    if (!of.held) {
      continue;
    }
    group& same = groups[of.reason];
    if (same.lanes++ == 0) {
      same.message = of.message;
    }
    if (same.lanes <= names_shown_max) {
      same.names += (same.names.empty() ? "" : ", ") + name_of_lane(lane);
    }
  }
  std::vector<const group*> largest;
  largest.reserve(groups.size());
  for (const auto& [reason, same] : groups) {
    largest.push_back(&same);
  }
  std::stable_sort(largest.begin(), largest.end(),
                   [](const group* one, const group* other) { return one->lanes > other->lanes; });
  std::string out;
  std::uint64_t left = 0;
  for (std::size_t i = 0; i < largest.size(); ++i) {
    const group& same = *largest[i];
    if (i >= groups_shown_max) {
      left += same.lanes;
      continue;
    }
    out += (out.empty() ? "" : " | ") + same.names;
    if (same.lanes > names_shown_max) {
      out += fmt::format(" and {} more", same.lanes - names_shown_max);
    }
    out += ": " + same.message;
  }
  return left == 0 ? out : out + fmt::format(" | {} more for other reasons", left);
}

void trouble_book::summarize_held(const moment& at) {
  std::uint64_t waiting = 0;
  std::int64_t since = at.now_ms;
  for (const auto& [lane, of] : entries_) {
    if (of.held) {
      waiting += of.pending;
      since = std::min(since, of.since_ms);
    }
  }
  report(journal_level::error,
         fmt::format("sink {}: {} {} held, the first for {}, {}: {}; next attempt in {}", sink_,
                     counted(held_, "lane"), held_ == 1 ? "is" : "are",
                     spoken_duration(at.now_ms - since), points_wait(waiting), held_groups(),
                     next_attempt(at, true)));
}

std::string trouble_book::next_attempt(const moment& at, bool held) const {
  std::optional<std::int64_t> next;
  for (const auto& [lane, of] : entries_) {
    if (held ? of.held : of.retrying) {
      next = std::min(next.value_or(of.next_attempt_ms), of.next_attempt_ms);
    }
  }
  return spoken_duration(next.value_or(at.now_ms) - at.now_ms);
}

// ---- outages

void trouble_book::retry(const lane_key& lane, entry& of, const delivery_step& step,
                         const moment& at) {
  of.retry_message = one_line(step.message, message_bytes_max);
  const bool joins = !std::exchange(of.retrying, true);
  retrying_ += joins ? 1 : 0;
  if (outage_ && outage_->partial_end_reported && joins) {
    outage_.reset();  // its end was reported
  }
  const bool begins = !outage_;
  if (begins) {
    outage_ = outage{};
    outage_->since_ms = at.now_ms;
    outage_->delivered_before = at.delivered;
    outage_->next_line_ms = at.now_ms + lasting_ms;
  }
  outage& now = *outage_;
  ++now.attempts;
  now.lane = name_of_lane(lane);
  now.message = of.retry_message;
  const bool news =
      now.reasons.size() < reasons_known_max && now.reasons.insert(reason_of(step)).second;
  if (begins && at.now_ms >= calm_until_ms_) {
    report_outage(at);
  } else if (now.reported && news && now.reasons.size() <= reasons_reported_max) {
    report(
        journal_level::warning,
        fmt::format("sink {}: {} not delivered, now for another reason: {}; next attempt in {}",
                    sink_, now.lane, now.message, spoken_duration(of.next_attempt_ms - at.now_ms)));
  }
}

void trouble_book::report_outage(const moment& at) {
  outage& now = *outage_;
  const std::string lasted =
      at.now_ms == now.since_ms
          ? ""
          : fmt::format(" for {} ({})", spoken_duration(at.now_ms - now.since_ms),
                        counted(now.attempts, "attempt"));
  const std::string waiting =
      at.now_ms == now.since_ms ? "" : fmt::format("; {}", points_wait(at.pending));
  report(journal_level::warning,
         fmt::format("sink {}: {} not delivered{}: {}{}; next attempt in {}", sink_, now.lane,
                     lasted, now.message, waiting, next_attempt(at, false)));
  if (now.reported) {
    now.interval_ms = std::min(now.interval_ms * 2, summary_most_ms);
  }
  now.reported = true;
  now.next_line_ms = at.now_ms + now.interval_ms;
}

void trouble_book::stop_retrying(entry& of, bool delivered, const moment& at) {
  if (!std::exchange(of.retrying, false)) {
    return;
  }
  --retrying_;
  if (delivered && !outage_->success_ms) {
    outage_->success_ms = at.now_ms;
  }
  if (retrying_ == 0) {
    end_outage(delivered || outage_->success_ms.has_value(), at);
  }
}

void trouble_book::end_outage(bool delivered, const moment& at) {
  const outage over = *std::exchange(outage_, std::nullopt);
  if (!over.reported) {
    return;
  }
  report(
      journal_level::info,
      fmt::format("sink {}: {} after {} ({} failed): {} delivered since, {}", sink_,
                  delivered ? "delivery goes on" : "the server answers again",
                  spoken_duration(at.now_ms - over.since_ms), counted(over.attempts, "attempt"),
                  counted(at.delivered - over.delivered_before, "point"), points_wait(at.pending)));
  const bool soon = over.since_ms < calm_until_ms_ + calm_ms_;
  calm_ms_ = soon ? std::min(calm_ms_ * 2, calm_most_ms) : calm_least_ms;
  calm_until_ms_ = at.now_ms + calm_ms_;
}

void trouble_book::report_partial_end(const moment& at) {
  outage& now = *outage_;
  now.partial_end_reported = true;
  const auto left = std::find_if(entries_.begin(), entries_.end(),
                                 [](const auto& each) { return each.second.retrying; });
  report(
      journal_level::warning,
      fmt::format("sink {}: delivery goes on after {}, but not of {} (such as {}: {}); {}", sink_,
                  spoken_duration(*now.success_ms - now.since_ms), counted(retrying_, "lane"),
                  name_of_lane(left->first), left->second.retry_message, points_wait(at.pending)));
  now.next_line_ms = at.now_ms + now.interval_ms;
}

void trouble_book::tick_outage(const moment& at) {
  outage& now = *outage_;
  if (now.reported && now.success_ms && !now.partial_end_reported &&
      at.now_ms >= *now.success_ms + lasting_ms) {
    report_partial_end(at);
  } else if (at.now_ms >= now.next_line_ms) {
    report_outage(at);
  }
}

// ---- what is due

void trouble_book::tick(const moment& at) {
  if (outage_) {
    tick_outage(at);
  }
  if (gathered_ms_ && at.now_ms >= *gathered_ms_) {
    gathered_ms_.reset();
    if (unreported_resumed_ > 0) {
      report(journal_level::info,
             fmt::format("sink {}: {} more {} held no longer", sink_, unreported_resumed_,
                         unreported_resumed_ == 1 ? "lane is" : "lanes are"));
    }
    if (unreported_held_ > 0 && held_ > 0) {
      summarize_held(at);
      summary_ms_ = at.now_ms + summary_interval_ms_;
    }
    unreported_held_ = unreported_resumed_ = 0;
  }
  if (summary_ms_ && at.now_ms >= *summary_ms_) {
    summarize_held(at);
    summary_interval_ms_ = std::min(summary_interval_ms_ * 2, summary_most_ms);
    summary_ms_ = at.now_ms + summary_interval_ms_;
  }
}

std::optional<std::int64_t> trouble_book::due_ms() const {
  std::optional<std::int64_t> due = summary_ms_;
  const auto also = [&due](std::int64_t at) { due = std::min(due.value_or(at), at); };
  if (gathered_ms_) {
    also(*gathered_ms_);
  }
  if (outage_) {
    also(outage_->next_line_ms);
    if (outage_->reported && outage_->success_ms && !outage_->partial_end_reported) {
      also(*outage_->success_ms + lasting_ms);
    }
  }
  return due;
}

void trouble_book::report(journal_level level, std::string text) {
  lines_.push_back({level, std::move(text)});
}

}  // namespace weir
