// SPDX-License-Identifier: Apache-2.0
//
// Planning, and what follows a refusal. Pure.
#include "sinks/remote_write/sending/send_plan.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace weir {
namespace {

/// Samples of one series that are refused one by one before the newest of it is asked.
constexpr std::uint32_t refused_singly_max = 4;
/// Requests that look for how old samples may be before one may cost samples that are older.
constexpr std::uint32_t careful_probes_max = 24;

template <class Samples>
auto at(Samples& all, std::size_t index) {
  return all.begin() + static_cast<std::ptrdiff_t>(index);
}

}  // namespace

std::optional<send_plan::range> send_plan::next(std::int64_t now_ms) {
  paused_ = false;
  current_ = {};
  for (;;) {
    // What a question led to is sent before the next one is asked, which may end the attempt.
    std::optional<range> found = parts_.empty() ? next_of_question() : std::nullopt;
    paused_ = !found && awaits_lost_;
    if (!found && !paused_) {
      found = parts_.empty() ? planned() : next_part(now_ms);
    }
    if (found) {
      sent_ = *found;
      return sent_;
    }
    if (paused_ || (parts_.empty() && questions_.empty() && at_ >= batch_.size())) {
      return std::nullopt;
    }
  }
}

std::optional<send_plan::range> send_plan::planned() {
  refused_in_a_row_ = 0;
  if (batch_.of_rows()) {
    if (const auto request = planned_rows()) {
      return request;
    }
  }
  const std::vector<sample>& all = batch_.samples();
  while (at_ < all.size() && all[at_].time_ms <= too_old_ms_) {
    refuse(all[at_++], discard_reason::too_old);
  }
  if (at_ >= all.size()) {
    return std::nullopt;
  }
  range request{at_, batch_.make_request(at_, memory_.limits.samples, memory_.limits.bytes)};
  at_ = request.end;
  if (!trim(request)) {
    return std::nullopt;
  }
  request = split_off_suspects(request);
  if (request.size() == 0) {
    return std::nullopt;
  }
  current_.samples = request;
  return request;
}

/// Nothing: it is at their end, or single samples are to be sent.
std::optional<send_plan::range> send_plan::planned_rows() {
  if (at_ >= batch_.size()) {
    return std::nullopt;
  }
  if (memory_.suspects.empty()) {
    const std::size_t end =
        batch_.make_request_of_rows(at_, memory_.limits.samples, memory_.limits.bytes);
    if (end > at_) {
      current_.samples = {std::exchange(at_, end), end};
      return current_.samples;
    }
  }
  sent_ = {at_, at_};
  take_apart();
  return std::nullopt;
}

/// Whatever else than that a request is accepted is a matter of single samples.
void send_plan::take_apart() {
  if (batch_.of_rows()) {
    at_ = batch_.take_apart(sent_.begin, sent_.end);
    sent_ = {0, at_};
    current_.samples = sent_;
  }
}

/// What is left of the samples once those of suspects are a part of their own.
send_plan::range send_plan::split_off_suspects(range samples) {
  if (memory_.suspects.empty()) {
    return samples;
  }
  std::vector<sample>& all = batch_.samples();
  const auto first_suspect = std::stable_partition(
      at(all, samples.begin), at(all, samples.end),
      [&](const sample& one) { return !memory_.suspects.contains(batch_.sent_of(one).series); });
  const auto middle = static_cast<std::size_t>(first_suspect - all.begin());
  if (middle < samples.end) {
    part suspects;
    suspects.samples = {middle, samples.end};
    suspects.suspects = true;
    push(suspects);
  }
  return {samples.begin, middle};
}

std::optional<send_plan::range> send_plan::next_part(std::int64_t now_ms) {
  part one = take_part();
  if (!trim(one.samples) || (one.follows_newest && !follow_newest(one.samples))) {
    return std::nullopt;
  }
  if (one.of_refused && !may_search(one, now_ms)) {
    return std::nullopt;
  }
  current_ = one;
  if (one.what == part::kind::newest) {
    return range{one.samples.end - 1, one.samples.end};
  }
  if (one.what == part::kind::bound) {
    if (const auto probe = bound_probe(one)) {
      return range{*probe, *probe + 1};
    }
    current_.what = part::kind::plain;
  }
  return one.samples;
}

/// Whether it may be sent before those that come before it: none of them has a series of it.
bool send_plan::may_overtake(std::size_t place) const {
  const std::vector<sample>& all = batch_.samples();
  std::unordered_set<std::uint32_t> series;
  for (std::size_t i = place + 1; i < parts_.size(); ++i) {
    for (std::size_t k = parts_[i].samples.begin; k < parts_[i].samples.end; ++k) {
      series.insert(all[k].series);
    }
  }
  const range& own = parts_[place].samples;
  return std::none_of(at(all, own.begin), at(all, own.end),
                      [&](const sample& one) { return series.contains(one.series); });
}

/// The next one; the largest one that may go first, where a long run of requests brought nothing.
send_plan::part send_plan::take_part() {
  if (refused_in_a_row_ == refused_in_a_row_max) {
    std::size_t largest = parts_.size() - 1;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i].samples.size() > parts_[largest].samples.size() && may_overtake(i)) {
        largest = i;
      }
    }
    const auto place = parts_.begin() + static_cast<std::ptrdiff_t>(largest);
    std::rotate(place, place + 1, parts_.end());
  }
  part one = parts_.back();
  parts_.pop_back();
  return one;
}

bool send_plan::may_search(const part& one, std::int64_t now_ms) {
  if (refused_in_a_row_ >= 2 * refused_in_a_row_max) {
    // The server did not judge each of them, so no other reason is known.
    refuse_all(one.samples, discard_reason::refused);
    return false;
  }
  if (memory_.budget.take(now_ms)) {
    ++bisected_;
    return true;
  }
  if (one.suspects) {
    refuse_all(one.samples, discard_reason::refused);
  } else {
    parts_.push_back(one);
    paused_ = true;
  }
  return false;
}

/// Takes off what is known to be too old.
bool send_plan::trim(range& samples) {
  std::vector<sample>& all = batch_.samples();
  const auto kept =
      std::stable_partition(at(all, samples.begin), at(all, samples.end),
                            [&](const sample& one) { return one.time_ms <= too_old_ms_; });
  const auto begin = static_cast<std::size_t>(kept - all.begin());
  refuse_all({samples.begin, begin}, discard_reason::too_old);
  samples.begin = begin;
  return samples.size() > 0;
}

/// Which sample of the part is sent alone: the first one of its series, so that it costs nothing if
/// it is taken, and in the middle of what is not known; at first the newest of those.
std::optional<std::size_t> send_plan::bound_probe(const part& one) const {
  const std::vector<sample>& all = batch_.samples();
  std::vector<std::size_t> found;
  for (std::size_t i = one.samples.begin; i < one.samples.end; ++i) {
    const bool first = i == one.samples.begin || all[i].series != all[i - 1].series;
    if (all[i].time_ms < one.taken_ms && (first || one.probes >= careful_probes_max)) {
      found.push_back(i);
    }
  }
  if (found.empty()) {
    return std::nullopt;
  }
  const auto older = [&](std::size_t a, std::size_t b) { return all[a].time_ms < all[b].time_ms; };
  if (one.probes == 0) {
    return *std::max_element(found.begin(), found.end(), older);
  }
  const auto middle = found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2);
  std::nth_element(found.begin(), middle, found.end(), older);
  return *middle;
}

void send_plan::push(part one) {
  if (one.samples.size() > 0) {
    parts_.push_back(one);
  }
}

void send_plan::accepted() {
  refused_in_a_row_ = 0;
  if (current_.what == part::kind::question) {
    question_->accepted();
    return;
  }
  deliver_sent();
  ledger_.accept(connection_);
  if (current_.what == part::kind::newest) {
    leave_behind({current_.samples.begin, sent_.begin}, discard_reason::out_of_order);
  } else if (current_.what == part::kind::bound) {
    bound_taken();
  } else if (!parts_.empty() && sent_.size() == 1) {
    parts_.back().refused_before = 0;
  }
}

void send_plan::deliver_sent() {
  if (batch_.of_rows()) {
    for (std::size_t i = sent_.begin; i < sent_.end; ++i) {
      batch_.deliver(batch_.rows()[i]);
    }
    return;
  }
  for (std::size_t i = sent_.begin; i < sent_.end; ++i) {
    const sample& one = batch_.samples()[i];
    batch_.deliver(one);
    if (!memory_.suspects.empty()) {
      memory_.suspects.clear_of(batch_.sent_of(one).series);
    }
  }
}

/// A sample of this time is taken. Those before it of its series, which are there when probes were
/// no longer careful, are lost: the server has a newer one now.
void send_plan::bound_taken() {
  std::vector<sample>& all = batch_.samples();
  part rest = current_;
  rest.taken_ms = all[sent_.begin].time_ms;
  ++rest.probes;
  std::size_t first = sent_.begin;
  while (first > rest.samples.begin && all[first - 1].series == all[first].series) {
    --first;
  }
  if (memory_.older) {
    first = sent_.begin;
  } else {
    refuse_all({first, sent_.begin}, discard_reason::too_old);
  }
  std::rotate(at(all, rest.samples.begin), at(all, first), at(all, sent_.end));
  rest.samples.begin += sent_.end - first;
  push(rest);
}

/// A newer sample of their series is taken.
void send_plan::leave_behind(const range& samples, discard_reason reason) {
  if (!memory_.older) {
    refuse_all(samples, reason);
    return;
  }
  part rest;
  rest.samples = samples;
  rest.of_refused = true;
  push(rest);
}

void send_plan::not_understood() {
  take_apart();
  if (current_.what == part::kind::question) {
    return;  // it is asked again
  }
  ledger_.turn_down(connection_);
  push(current_);
}

bool send_plan::perhaps_not_understood() {
  take_apart();
  if (current_.what == part::kind::question ||
      !batch_.holds_a_series_twice(sent_.begin, sent_.end)) {
    not_understood();
    return true;
  }
  ledger_.lose(connection_);
  // It was answered, so nothing of it is still on its way.
  memory_.missing_once.insert(ledger_.question(batch_.sent_of(batch_.samples()[sent_.begin])));
  return false;
}

void send_plan::after_refusal(discard_reason reason, bool bound_for_all) {
  if (sent_.size() == 1) {
    refused_alone(reason, bound_for_all);
    return;
  }
  if (bound_for_all) {
    part search = current_;
    search.what = part::kind::bound;
    search.of_refused = true;
    push(search);
    return;
  }
  split(reason);
}

void send_plan::refused_alone(discard_reason reason, bool bound_for_all) {
  const sample one = batch_.samples()[sent_.begin];
  if (bound_for_all) {
    too_old_ms_ = std::max(too_old_ms_, one.time_ms);
  } else {
    memory_.suspects.add(batch_.sent_of(one).series);
  }
  if (current_.what == part::kind::newest) {
    refuse_all(current_.samples, reason);
    return;
  }
  if (current_.what == part::kind::bound) {
    part rest = current_;
    ++rest.probes;
    if (bound_for_all) {
      push(rest);  // this sample goes with all that are as old
      return;
    }
    // It is refused for a reason of its own.
    std::vector<sample>& all = batch_.samples();
    std::rotate(at(all, rest.samples.begin), at(all, sent_.begin), at(all, sent_.end));
    refuse(all[rest.samples.begin], reason);
    ++rest.samples.begin;
    push(rest);
    return;
  }
  refuse(one, reason);
}

/// Halves, on the border of two series; of one series the first sample and the others, where the
/// oldest are refused and the others may pass.
void send_plan::split(discard_reason reason) {
  const std::vector<sample>& all = batch_.samples();
  part first = current_;
  first.of_refused = true;
  const bool again = current_.what == part::kind::again;
  first.what = again ? part::kind::again : part::kind::plain;
  first.refused_before = 0;
  part rest = first;
  const auto [begin, end] = sent_;
  const bool one_series = all[begin].series == all[end - 1].series;
  const bool oldest_first = reason == discard_reason::out_of_order ||
                            reason == discard_reason::duplicate ||
                            reason == discard_reason::too_old;
  std::size_t middle = begin + (end - begin) / 2;
  if (one_series && oldest_first && !again) {
    if (current_.refused_before >= refused_singly_max) {
      first.samples = sent_;
      first.what = part::kind::newest;
      push(first);
      return;
    }
    middle = begin + 1;
    rest.refused_before = current_.refused_before + 1;
  } else if (!one_series) {
    while (middle < end && all[middle].series == all[middle - 1].series) {
      ++middle;
    }
    if (middle == end) {
      middle = begin + (end - begin) / 2;
      while (all[middle].series == all[middle - 1].series) {
        --middle;
      }
    }
  }
  first.samples = {begin, middle};
  rest.samples = {middle, end};
  push(rest);
  push(first);
}

void send_plan::too_large() {
  take_apart();
  if (current_.what == part::kind::question) {
    question_->refused(discard_reason::too_large, false);
    return;
  }
  ledger_.turn_down(connection_);
  if (sent_.size() == 1) {
    part rest = current_;
    refuse(batch_.samples()[sent_.begin], discard_reason::too_large);
    if (rest.what == part::kind::newest || rest.what == part::kind::bound) {
      std::vector<sample>& all = batch_.samples();
      std::rotate(at(all, rest.samples.begin), at(all, sent_.begin), at(all, sent_.end));
      ++rest.samples.begin;
      push(rest);
    }
    return;
  }
  memory_.limits.samples = std::max<std::size_t>(1, sent_.size() / 2);
  const std::size_t middle = sent_.begin + sent_.size() / 2;
  part half = current_;
  half.samples = {middle, sent_.end};
  push(half);
  half.samples = {sent_.begin, middle};
  push(half);
}

void send_plan::refuse(const sample& one, discard_reason reason) {
  const sent_sample sent = batch_.sent_of(one);
  ledger_.refuse(sent);
  refused_.emplace(sent, reason);
  if (current_.decides && reason != discard_reason::future) {
    refused_newest_.emplace(one.series, reason);
  }
  batch_.refuse(one, reason);
}

void send_plan::refuse_all(const range& samples, discard_reason reason) {
  for (std::size_t i = samples.begin; i < samples.end; ++i) {
    refuse(batch_.samples()[i], reason);
  }
}

}  // namespace weir
