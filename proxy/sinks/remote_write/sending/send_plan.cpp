// SPDX-License-Identifier: Apache-2.0
//
// Planning and bisection. Pure.
#include "sinks/remote_write/sending/send_plan.hpp"

#include <algorithm>

#include "sinks/remote_write/sending/answers.hpp"

namespace weir {

std::optional<send_plan::range> send_plan::next() {
  while (!parts_.empty()) {
    current_ = parts_.back();
    parts_.pop_back();
    if (!trim(current_.samples)) {
      continue;
    }
    if (current_.of_refused) {
      if (requests_of_refused_ >= bisection_requests_max) {
        set_aside(current_.samples);
        continue;
      }
      ++requests_of_refused_;
      ++bisected_;
    }
    return current_.samples;
  }
  requests_of_refused_ = 0;
  return planned();
}

std::optional<send_plan::range> send_plan::planned() {
  const std::vector<sample>& all = batch_.samples();
  while (at_ < all.size()) {
    range request{at_, at_};
    std::size_t bytes = 0;
    while (request.end < all.size() && all[request.end].round == all[request.begin].round &&
           request.size() < limits_.samples) {
      bytes += batch_.wire_bytes(all[request.end]);
      if (request.size() > 0 && bytes > limits_.bytes) {
        break;
      }
      ++request.end;
    }
    at_ = request.end;
    if (trim(request)) {
      current_ = {request, false};
      return request;
    }
  }
  return std::nullopt;
}

/// Takes off what is known to be too old: samples of one round stand in order of time.
bool send_plan::trim(range& samples) {
  const std::vector<sample>& all = batch_.samples();
  while (samples.size() > 0 && all[samples.begin].time_ms <= too_old_ms_) {
    refuse(all[samples.begin], discard_reason::too_old);
    ++samples.begin;
  }
  return samples.size() > 0;
}

void send_plan::accepted() {
  for (std::size_t i = current_.samples.begin; i < current_.samples.end; ++i) {
    batch_.deliver(batch_.samples()[i]);
  }
  ledger_.accept();
}

void send_plan::refused(std::string_view message) {
  const discard_reason reason = refusal_reason(message);
  if (current_.samples.size() == 1) {
    refuse_alone(reason, message);
  } else {
    split(reason);
  }
}

void send_plan::refuse_alone(discard_reason reason, std::string_view message) {
  const sample& one = batch_.samples()[current_.samples.begin];
  if (reason == discard_reason::too_old && names_bound_for_all(message)) {
    too_old_ms_ = std::max(too_old_ms_, one.time_ms);
  }
  refuse(one, reason);
}

void send_plan::refuse(const sample& one, discard_reason reason) {
  ledger_.refuse(batch_.sent_of(one));
  batch_.refuse(one, reason);
}

void send_plan::split(discard_reason reason) {
  const range whole = current_.samples;
  const std::size_t middle = whole.begin + whole.size() / 2;
  const part older{{whole.begin, middle}, true};
  const part newer{{middle, whole.end}, true};
  // One sample that is too old tells on all that are older: the newest of those is found first.
  const bool newest_first = reason == discard_reason::too_old;
  parts_.push_back(newest_first ? older : newer);
  parts_.push_back(newest_first ? newer : older);
}

void send_plan::too_large() {
  if (current_.samples.size() == 1) {
    refuse(batch_.samples()[current_.samples.begin], discard_reason::too_large);
    return;
  }
  limits_.samples = std::max<std::size_t>(1, current_.samples.size() / 2);
  const range whole = current_.samples;
  const std::size_t middle = whole.begin + whole.size() / 2;
  parts_.push_back({{middle, whole.end}, current_.of_refused});
  parts_.push_back({{whole.begin, middle}, current_.of_refused});
}

void send_plan::set_aside(const range& samples) {
  for (std::size_t i = samples.begin; i < samples.end; ++i) {
    // The server did not judge each of them, so no other reason is known.
    refuse(batch_.samples()[i], discard_reason::refused);
  }
}

}  // namespace weir
