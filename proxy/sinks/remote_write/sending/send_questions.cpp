// SPDX-License-Identifier: Apache-2.0
//
// send_plan: what became of requests whose answers got lost, before anything else is sent. Pure.
#include <algorithm>
#include <unordered_map>

#include "sinks/remote_write/sending/send_plan.hpp"

namespace weir {

void send_plan::begin() {
  for (const sample& one : batch_.samples()) {
    if (one.question != 0 &&
        std::find(questions_.begin(), questions_.end(), one.question) == questions_.end()) {
      questions_.push_back(one.question);
    }
  }
  std::sort(questions_.rbegin(), questions_.rend());
}

std::optional<send_plan::range> send_plan::next_of_question() {
  while (question_ || !questions_.empty()) {
    if (!question_) {
      question_.emplace(questions_.back(), candidates_of(questions_.back()));
      questions_.pop_back();
    }
    if (const auto one = question_->next()) {
      current_.what = part::kind::question;
      current_.samples = {*one, *one + 1};
      return current_.samples;
    }
    if (waits_for_lost()) {
      return std::nullopt;
    }
    settle_question();
    question_.reset();
    if (!parts_.empty()) {
      break;
    }
  }
  return std::nullopt;
}

/// A server that hung may read the question before the request itself, which waits in its buffers:
/// what were sent again then would meet it. So it is asked once more, a moment later.
bool send_plan::waits_for_lost() {
  const auto taken = question_->taken();
  if (question_->found() != lost_request::verdict::not_stored || !taken ||
      !memory_.missing_once.insert(question_->number()).second) {
    memory_.missing_once.erase(question_->number());
    return false;
  }
  const sample& one = batch_.samples()[*taken];
  ledger_.answer_taken(batch_.sent_of(one), connection_);
  batch_.deliver(one);
  awaits_lost_ = true;
  return true;
}

/// Of each series of the request of which the batch has a sample that is not the newest sent.
std::vector<lost_request::candidate> send_plan::candidates_of(std::uint32_t question) {
  const std::vector<sample>& all = batch_.samples();
  struct ends {
    std::size_t first;
    std::size_t last;
  };
  std::unordered_map<std::uint32_t, ends> of_series;
  std::vector<std::uint32_t> order;
  for (std::size_t i = at_; i < all.size(); ++i) {
    if (all[i].question != question) {
      continue;
    }
    const auto [place, made] = of_series.try_emplace(all[i].series, ends{i, i});
    place->second.last = i;
    if (made) {
      order.push_back(all[i].series);
    }
  }
  std::vector<lost_request::candidate> complete;
  std::vector<lost_request::candidate> others;
  for (const std::uint32_t series : order) {
    const ends one = of_series[series];
    const bool whole = ledger_.newest_of_question(batch_.sent_of(all[one.last]));
    if (whole && one.first != one.last) {
      complete.push_back({one.first, one.last});
    } else if (!whole) {
      others.push_back({one.first, std::nullopt});
    }
    if (complete.size() == lost_request::candidates_max) {
      break;
    }
  }
  if (complete.empty()) {
    return others;
  }
  return complete;
}

void send_plan::settle_question() {
  const std::vector<std::uint32_t> hopeless = series_at(question_->hopeless());
  switch (question_->found()) {
    case lost_request::verdict::open:
      return;
    case lost_request::verdict::none:
      break;
    case lost_request::verdict::stored:
      ledger_.answer_stored(question_->number(), connection_);
      leave_out_stored();
      break;
    case lost_request::verdict::ahead:
      for (const std::size_t first : question_->ahead()) {
        ledger_.answer_ahead(question_->number(), batch_.sent_of(batch_.samples()[first]).series,
                             connection_);
      }
      leave_out_stored();
      break;
    case lost_request::verdict::not_stored:
      ledger_.answer_not_stored(question_->number(), connection_);
      if (const auto taken = question_->taken()) {
        ledger_.answer_taken(batch_.sent_of(batch_.samples()[*taken]), connection_);
      }
      leave_out_stored();
      break;
    case lost_request::verdict::send_again:
      // It stays a question until it was sent: an attempt that ends before leaves it to the next.
      send_question_again();
      break;
  }
  refuse_hopeless(hopeless);
  forget_question();
}

std::vector<std::uint32_t> send_plan::series_at(const std::vector<std::size_t>& places) const {
  std::vector<std::uint32_t> series;
  series.reserve(places.size());
  for (const std::size_t place : places) {
    series.push_back(batch_.samples()[place].series);
  }
  return series;
}

void send_plan::refuse_hopeless(const std::vector<std::uint32_t>& series) {
  if (series.empty()) {
    return;
  }
  std::erase_if(batch_.samples(), [&](const sample& one) {
    if (one.question != question_->number() ||
        std::find(series.begin(), series.end(), one.series) == series.end()) {
      return false;
    }
    refuse(one, discard_reason::out_of_order);
    return true;
  });
}

void send_plan::leave_out_stored() {
  std::erase_if(batch_.samples(), [&](const sample& one) {
    if (one.question != question_->number() || !ledger_.delivered(batch_.sent_of(one))) {
      return false;
    }
    batch_.deliver(one);
    return true;
  });
}

void send_plan::forget_question() {
  for (sample& one : batch_.samples()) {
    one.question = one.question == question_->number() ? 0 : one.question;
  }
}

/// Its samples come first, in requests whose refusals count as stored.
void send_plan::send_question_again() {
  std::vector<sample>& all = batch_.samples();
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at_);
  const auto end = std::stable_partition(
      begin, all.end(), [&](const sample& one) { return one.question == question_->number(); });
  std::for_each(begin, end, [](sample& one) { one.round = 0; });
  part again;
  again.what = part::kind::again;
  const auto all_of_it = static_cast<std::size_t>(end - all.begin());
  while (at_ < all_of_it) {
    const std::size_t most = std::min(all_of_it - at_, memory_.limits.samples);
    again.samples = {at_, batch_.make_request(at_, most, memory_.limits.bytes)};
    at_ = again.samples.end;
    parts_.insert(parts_.begin(), again);
  }
}

}  // namespace weir
