// SPDX-License-Identifier: Apache-2.0
//
// send_plan: what a refused request says of its samples, by the names in the message and the number
// of those that are stored. Pure.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "sinks/remote_write/sending/answers.hpp"
#include "sinks/remote_write/sending/named_series.hpp"
#include "sinks/remote_write/sending/send_plan.hpp"

namespace weir {
namespace {

/// Of a sample that may be stored already: the refusal shows that it is.
bool shows_stored(discard_reason reason) {
  return reason == discard_reason::out_of_order || reason == discard_reason::duplicate;
}

std::size_t count_named(const std::vector<std::optional<discard_reason>>& reasons) {
  return static_cast<std::size_t>(std::count_if(reasons.begin(), reasons.end(),
                                                [](const auto& one) { return one.has_value(); }));
}

}  // namespace

void send_plan::refused(const refusal& by) {
  take_apart();
  const discard_reason reason = refusal_reason(by.message);
  if (current_.what == part::kind::question) {
    question_->refused(reason, by.rest_is_stored);
    return;
  }
  if (current_.what == part::kind::again) {
    refused_again(by, reason);
    return;
  }
  const bool several = batch_.holds_a_series_twice(sent_.begin, sent_.end);
  if (by.rest_is_stored && (several || (by.names_all && sent_.size() > 1))) {
    refuse_named(by, reason);
    return;
  }
  turn_down();
  after_refusal(reason, names_bound_for_all(by.message) && reason == discard_reason::too_old);
}

void send_plan::turn_down() {
  ledger_.turn_down(connection_);
  refused_in_a_row_ += current_.of_refused ? 1 : 0;
}

/// For each sample that was sent why it is refused, if the message names it. Of a series with
/// several samples the oldest are those that were refused.
send_plan::reasons_of_sent send_plan::named_in(std::string_view message) const {
  std::unordered_map<std::uint32_t, std::vector<discard_reason>> reasons;
  for (const named_refusal& one : named_refusals(message)) {
    if (const auto number = batch_.number_of(one.series)) {
      reasons[*number].push_back(one.reason);
    }
  }
  reasons_of_sent out(sent_.size());
  const std::vector<sample>& all = batch_.samples();
  std::size_t first = sent_.begin;
  for (std::size_t i = sent_.begin; i < sent_.end; ++i) {
    first = all[i].series == all[first].series ? first : i;
    const auto found = reasons.find(all[i].series);
    if (found != reasons.end() && i - first < found->second.size()) {
      out[i - sent_.begin] = found->second[i - first];
    }
  }
  return out;
}

/// All but those that the message names are stored, unless fewer are stored than that.
void send_plan::refuse_named(const refusal& by, discard_reason reason) {
  const reasons_of_sent named = named_in(by.message);
  if (by.written && *by.written + count_named(named) < sent_.size()) {
    search_unnamed(named, reason);
    return;
  }
  deliver_but(named);
}

/// The server has what was sent, but for those that are refused.
void send_plan::deliver_but(const reasons_of_sent& refused) {
  ledger_.accept(connection_);
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const sample& one = batch_.samples()[sent_.begin + i];
    if (refused[i]) {
      refuse(one, *refused[i]);
    } else {
      batch_.deliver(one);
    }
  }
}

/// Some samples are refused and not named: the answer was cut, or it names only the first of them.
/// What is not named is sent again in parts: first the newest of each series, which the server
/// takes again if it has it, and refuses if it does not; the older ones of a series go the way of
/// its newest.
void send_plan::search_unnamed(const reasons_of_sent& named, discard_reason reason) {
  memory_.several = false;  // with each series once in a request, all of this is exact
  turn_down();
  std::vector<sample> newest;
  std::vector<sample> older;
  for (std::size_t i = 0; i < named.size(); ++i) {
    const sample one = batch_.samples()[sent_.begin + i];
    const std::size_t next = sent_.begin + i + 1;
    if (named[i]) {
      refuse(one, *named[i]);
    } else if (next < sent_.end && batch_.samples()[next].series == one.series) {
      older.push_back(one);
    } else {
      newest.push_back(one);
    }
  }
  std::vector<sample>& all = batch_.samples();
  const std::size_t end = sent_.end;
  const std::size_t middle = end - older.size();
  const std::size_t begin = middle - newest.size();
  std::copy(newest.begin(), newest.end(), all.begin() + static_cast<std::ptrdiff_t>(begin));
  std::copy(older.begin(), older.end(), all.begin() + static_cast<std::ptrdiff_t>(middle));
  if (!older.empty()) {
    part behind;
    behind.samples = {middle, end};
    behind.what = part::kind::again;
    behind.of_refused = true;
    behind.follows_newest = true;
    refused_newest_.clear();
    push(behind);
    current_.decides = true;
  }
  current_.samples = {begin, middle};
  current_.what = part::kind::plain;
  sent_ = current_.samples;
  if (sent_.size() > 1 && older.empty()) {
    split(reason);
    return;
  }
  current_.of_refused = true;
  push(current_);
}

/// Takes off those whose newest was refused.
bool send_plan::follow_newest(range& samples) {
  std::vector<sample>& all = batch_.samples();
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(samples.begin);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(samples.end);
  const auto kept = std::stable_partition(
      begin, end, [&](const sample& one) { return refused_newest_.contains(one.series); });
  for (auto each = begin; each != kept; ++each) {
    refuse(*each, refused_newest_.at(each->series));
  }
  samples.begin += static_cast<std::size_t>(kept - begin);
  return samples.size() > 0;
}

/// Those that the server has are refused as out of order or as duplicates; any other refusal is
/// meant. Where not all are named, and the message is about another reason, parts of it tell.
void send_plan::refused_again(const refusal& by, discard_reason reason) {
  if (sent_.size() == 1) {
    if (shows_stored(reason)) {
      deliver_sent();
      ledger_.accept(connection_);
      return;
    }
    turn_down();
    refused_alone(reason, names_bound_for_all(by.message) && reason == discard_reason::too_old);
    return;
  }
  reasons_of_sent named = named_in(by.message);
  const bool all_named = by.written && *by.written + count_named(named) >= sent_.size();
  for (auto& one : named) {
    if (one && shows_stored(*one)) {
      one.reset();
    }
  }
  const bool all_stored = shows_stored(reason) && count_named(named) == 0;
  if (!all_named && !all_stored) {
    turn_down();
    split(reason);
    return;
  }
  deliver_but(named);
}

}  // namespace weir
