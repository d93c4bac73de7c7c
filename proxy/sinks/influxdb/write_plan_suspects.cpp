// SPDX-License-Identifier: Apache-2.0
//
// Batches on which the server fails: what shows that a line is the reason, and not the server's
// state.
#include <algorithm>
#include <utility>

#include "sinks/influxdb/write_plan.hpp"

namespace weir {

std::optional<write_plan::pieces> write_plan::next_of_proof() {
  while (now_ == phase::before || now_ == phase::suspects || now_ == phase::after) {
    if (requests_ >= requests_max) {
      end_with(failure_);
      break;
    }
    if (now_ == phase::suspects) {
      if (suspect_ < suspects_.size()) {
        return request_of(suspects_[suspect_]);
      }
      now_ = phase::after;
      continue;
    }
    line_list good = good_lines(0, lines_.size());
    if (!good.empty()) {
      current_ = {0, lines_.size(), std::nullopt};
      return request_of(std::move(good));
    }
    if (why_ != cause::suspect_alone) {
      // Nothing beside the suspects could show that the server is well.
      end_with(failure_);
      break;
    }
    on_stored();
  }
  return std::nullopt;
}

void write_plan::on_stored() {
  switch (now_) {
    case phase::before:
      now_ = phase::suspects;
      return;
    case phase::suspects:
      after_suspect(fate::good);
      return;
    case phase::after:
      give_up_suspects();
      now_ = phase::over;
      return;
    case phase::search:
      proven_ = true;
      return;
    case phase::over:
      return;
  }
}

void write_plan::on_failure(const influxdb_write_answer& answer) {
  failure_words_ = last_words_;
  failure_ = answer.result;
  const bool unproven = now_ == phase::search && !proven_ && requests_ >= unproven_max;
  if (!suspects_anything() || now_ == phase::before || now_ == phase::after || unproven) {
    end_with(answer.result);
  } else if (now_ == phase::suspects) {
    after_suspect(fate::suspect);
  } else if (sent_.size() > 1) {
    split(current_);
  } else {
    suspect(sent_);
  }
}

void write_plan::suspect(const line_list& group) {
  for (const std::size_t line : group) {
    fates_[line] = fate::suspect;
  }
  // A proof of each must fit; what is too much is tried together.
  if (suspects_.size() + 3 < proof_requests) {
    suspects_.push_back(group);
  } else {
    suspects_.back().insert(suspects_.back().end(), group.begin(), group.end());
    std::sort(suspects_.back().begin(), suspects_.back().end());
  }
}

/// The group that was tried alone failed again, or not.
void write_plan::after_suspect(fate came_of_it) {
  if (now_ != phase::suspects) {
    return;
  }
  for (const std::size_t line : suspects_[suspect_]) {
    fates_[line] = came_of_it;
  }
  ++suspect_;
}

/// The server judges instead of failing: what is suspected is found again, if it is still there.
void write_plan::search_again() {
  for (const line_list& group : suspects_) {
    for (const std::size_t line : group) {
      if (fates_[line] == fate::suspect) {
        fates_[line] = fate::good;
      }
    }
  }
  suspects_.clear();
  suspect_ = 0;
  current_ = {0, lines_.size(), std::nullopt};
  now_ = phase::search;
}

void write_plan::give_up_suspects() {
  last_.code = failure_.code;
  for (std::size_t i = 0; i < fates_.size(); ++i) {
    if (fates_[i] == fate::suspect) {
      give_up(i, discard_reason::refused,
              "the server fails on it, and on nothing beside it: " + failure_words_);
    }
  }
}

}  // namespace weir
