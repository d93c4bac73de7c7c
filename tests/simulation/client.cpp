// SPDX-License-Identifier: Apache-2.0
#include "simulation/client.hpp"

#include <algorithm>
#include <utility>

namespace weir::simulation {
namespace {

constexpr std::int64_t first_time_ns = 1'600'000'000'000'000'000;
/// So many points of a series have the same time: the last one written counts.
constexpr std::uint32_t points_a_time = 3;
constexpr std::uint64_t huge_lines = 900;

}  // namespace

void client::add_line(std::uint32_t series) {
  dice& chance = around_.chance;
  if (planned_.broken_one_in > 0 && chance.one_in(planned_.broken_one_in)) {
    body_ += "m,c=1 n=,broken\n";
    ++broken_;
  }
  const bool poison = planned_.poison_one_in > 0 && chance.one_in(planned_.poison_one_in);
  const std::int64_t time = first_time_ns + next_slot_[series]++ / points_a_time;
  const point_id id = around_.truth.add(number_, series, time, poison);
  points_.push_back(id);
  body_ += "m,c=" + std::to_string(number_) + ",s=" + std::to_string(series) +
           " n=" + std::to_string(around_.truth.at(id).number) + "i";
  if (poison) {
    body_ += ",bad=\"no number\"";
  }
  if (planned_.padding_max > 0 && chance.one_in(2)) {
    const auto bytes = static_cast<std::size_t>(chance.below(planned_.padding_max));
    body_ += ",pad=\"";
    for (std::size_t i = 0; i < bytes; ++i) {
      body_ += static_cast<char>('a' + chance.below(26));
    }
    body_ += '"';
  }
  body_ += ' ' + std::to_string(time) + '\n';
}

void client::make_lines() {
  dice& chance = around_.chance;
  body_.clear();
  points_.clear();
  broken_ = 0;
  next_slot_.resize(planned_.series);
  const bool huge = chance.one_in(planned_.huge_one_in);
  const std::uint64_t lines = huge ? huge_lines : chance.between(1, planned_.lines_max);
  for (std::uint64_t i = 0; i < lines; ++i) {
    add_line(static_cast<std::uint32_t>(chance.below(planned_.series)));
  }
}

void client::begin(life& at) {
  dice& chance = around_.chance;
  if (!again_) {
    make_lines();
  }
  again_ = false;
  sent_ = 0;
  completed_ = answered_ = false;
  told_ = told::nothing;
  loop_ = static_cast<std::size_t>(chance.below(at.loops().size()));
  std::string refusal;
  job_ = at.loops()[loop_].path->begin(
      {planned_.database, planned_.policy, 1}, around_.clock.wall_ns(), refusal,
      [this, &at](write_end end, const write_verdict& verdict, const std::string&) {
        if (!at.dead()) {
          answered(end, verdict);
        }
      });
  if (job_ == nullptr) {
    around_.events.fail("a write was not even begun: " + refusal);
  }
}

void client::step(life& at) {
  dice& chance = around_.chance;
  if (job_ == nullptr) {
    if (!stopped_ || again_) {
      begin(at);
    }
    return;
  }
  life::intake_loop& loop = at.loops()[loop_];
  if (chance.one_in(150)) {
    // It goes away. Before the request is complete nothing of it was kept.
    loop.path->release(*job_);
    job_ = nullptr;
    conclude(completed_ ? told::nothing : told::not_kept);
    return;
  }
  if (completed_) {
    return;
  }
  loop.active = true;
  if (sent_ < body_.size()) {
    const std::size_t left = body_.size() - sent_;
    const std::size_t bytes =
        chance.one_in(2) ? left : 1 + static_cast<std::size_t>(chance.below(left));
    job_->body(std::string_view(body_).substr(sent_, bytes));
    sent_ += bytes;
    return;
  }
  completed_ = true;
  around_.truth.sent(points_);
  around_.events.note("write", number_, points_.size());
  job_->complete();
}

void client::answered(write_end end, const write_verdict& verdict) {
  answered_ = true;
  told_ = end == write_end::answered ? told::kept : told::not_kept;
  around_.events.note("told", number_, static_cast<std::uint64_t>(end));
  if (told_ == told::kept && (verdict.accepted != points_.size() || verdict.rejected != broken_)) {
    around_.events.fail("client " + std::to_string(number_) + " wrote " +
                        std::to_string(points_.size()) + " good lines, of which " +
                        std::to_string(verdict.accepted) + " were accepted");
  }
}

void client::after_turn(life& at) {
  if (job_ != nullptr && answered_) {
    at.loops()[loop_].path->release(*job_);
    job_ = nullptr;
    conclude(told_);
  }
}

void client::lost() {
  if (job_ != nullptr) {
    job_ = nullptr;
    // An answer that was under way when the process died may have come.
    conclude(answered_ ? told_ : completed_ ? told::nothing : told::not_kept);
  }
}

void client::conclude(told outcome) {
  switch (outcome) {
    case told::kept:
      around_.truth.acknowledged(points_, around_.planned.promise);
      break;
    case told::not_kept:
      if (completed_) {
        around_.truth.refused(points_);
      }
      again_ = around_.chance.one_in(2);
      break;
    case told::nothing:
      again_ = around_.chance.one_in(2);
      break;
  }
  kept_ += outcome == told::kept ? 1 : 0;
  completed_ = false;
}

}  // namespace weir::simulation
