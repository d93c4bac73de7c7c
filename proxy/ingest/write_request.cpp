// SPDX-License-Identifier: Apache-2.0
#include "ingest/write_request.hpp"

#include <utility>

#include "accounts/database_registry.hpp"
#include "accounts/source_registry.hpp"
#include "config/settings.hpp"
#include "facts/refusals/finding_book.hpp"
#include "facts/tap/tap_desk.hpp"
#include "ingest/ingest_journal.hpp"
#include "ingest/refusal_summary.hpp"
#include "observe/metrics.hpp"

namespace weir {
namespace {

// A request's lease grows in steps, so that the shared budget is touched once per step.
constexpr std::size_t lease_step_bytes = std::size_t{64} << 10;
constexpr std::size_t small_step_bytes = std::size_t{16} << 10;

std::size_t lease_bytes(std::size_t held) {
  const std::size_t step = held <= lease_step_bytes ? small_step_bytes : lease_step_bytes;
  return (held + step - 1) / step * step;
}

}  // namespace

write_request::write_request(const write_services& services, std::function<void()> reuse)
    : services_(services),
      reuse_(std::move(reuse)),
      points_({.letters = services.letters,
               .remembered = services.remembered,
               .findings = services.findings,
               .taps = services.taps}) {
  points_.staged().spread_over(services.log.capabilities().shards);
}

void write_request::begin(const api::write_target& target, std::int64_t now_ns,
                          database_entry& database, request_terms terms, done finish,
                          write_origin origin) {
  terms_ = std::move(terms);
  database_ = &database;
  source_ = origin.source;
  held_elsewhere_ = origin.held_bytes;
  finish_ = std::move(finish);
  lease_ = memory_lease(services_.memory, std::move(origin.share));
  points_.begin(target,
                {.policy = terms_.policy,
                 .rules = terms_.rules,
                 .upstream = terms_.upstream,
                 .describe = std::move(origin.describe)},
                now_ns);
}

/// A buffer that an idle request keeps anyway does not count against this one.
std::size_t write_request::held_bytes(std::size_t reader_bytes) const noexcept {
  const staged_lines& staged = points_.staged();
  const std::size_t staged_bytes =
      staged.held_bytes() <= idle_buffer_bytes ? staged.used_bytes() : staged.held_bytes();
  return staged_bytes + frame_bytes_ + ended_.capacity() + reader_bytes + points_.report_bytes();
}

bool write_request::fits_memory(std::size_t reader_bytes) noexcept {
  if (lease_.grow_to(lease_bytes(held_bytes(reader_bytes)))) {
    return true;
  }
  points_.letters().give_up();
  // What they took is for others again: the connection that reads this body is one of them.
  const std::size_t wanted = lease_bytes(held_bytes(reader_bytes));
  lease_.shrink_to(wanted);
  return lease_.grow_to(wanted);
}

bool write_request::give_way(std::size_t reader_bytes) noexcept {
  const std::size_t before = lease_.bytes();
  points_.letters().give_up();
  lease_.shrink_to(lease_bytes(held_bytes(reader_bytes)));
  return lease_.bytes() < before;
}

void write_request::give_up_lines() noexcept {
  overloaded_ = true;
  too_large_ = lease_.alone(held_elsewhere_);
  points_.staged().clear(0);
  forget_lines();
  lease_.release();
}

/// Those that are not staged any more.
void write_request::forget_lines() noexcept {
  frames_.clear();
  frame_bytes_ = 0;
  std::string{}.swap(ended_);
}

void write_request::add_frame(std::shared_ptr<frame> filled) {
  frame_bytes_ += filled->stored.capacity() + sizeof(frame);
  frames_.push_back(std::move(filled));
}

void write_request::complete() {
  if (!points_.target().options.accept_partial && !overloaded_ && !points_.verdict().flawless()) {
    points_.withhold(idle_buffer_bytes);
    forget_lines();
  }
  stage_ = write_stage::complete;
}

void write_request::answer_early() {
  answered_ = true;
  points_.conclude_verdict();
  const done finish = std::move(finish_);
  finish(write_end::answered, points_.verdict(), {});
}

void write_request::abandon() noexcept {
  finish_ = nullptr;
  stage_ = write_stage::abandoned;
}

void write_request::conclude(append_status status, const std::string& detail) {
  const bool is_kept = (!has_lines() && !misjudged_) || status == append_status::taken;
  if (stage_ == write_stage::abandoned) {
    if (is_kept) {
      commit();
    } else if (answered_ && services_.lost_unsynced != nullptr) {
      services_.lost_unsynced->add_shared(points_.verdict().accepted);
    }
    const std::function<void()> reuse = reuse_;  // it may delete this request
    reuse();
    return;
  }
  stage_ = write_stage::reading;
  const done finish = std::move(finish_);  // it may release this request
  if (overloaded_) {
    if (too_large_) {
      finish(write_end::too_large, points_.verdict(), {});
    } else {
      finish(write_end::overloaded, points_.verdict(),
             "the memory for requests in flight is used up");
    }
    return;
  }
  if (!is_kept) {
    finish(status == append_status::full ? write_end::log_full : write_end::log_failed,
           points_.verdict(), detail);
    return;
  }
  commit();
  finish(write_end::answered, points_.verdict(), {});
}

void write_request::commit() {
  points_.commit();
  const line_account& lines = points_.account();
  database_->add(lines, points_.now_ns());
  if (source_ != nullptr) {
    source_->add(lines);
  }
  if (services_.refusals != nullptr && lines.received > lines.accepted) {
    services_.refusals->note(lines, points_.digest());
    journal_refusals(*services_.refusals, points_.now_ns());
  }
  if (!points_.findings().empty()) {
    const api::write_target& target = points_.target();
    services_.findings->add(points_.findings(), target.database, target.retention_policy,
                            points_.now_ns());
  }
  if (points_.tapped().watched()) {
    offer_to_taps();
  }
  if (lines.accepted > 0) {
    database_->note_written(points_.target().retention_policy);
    if (!database_->listed()) {
      database_->set_listed(true);  // as InfluxDB: what holds points is shown
    }
  }
}

/// What was sealed ahead of the request's end is inflated again: while somebody watches, no other
/// copy of it is kept.
void write_request::offer_to_taps() const {
  const staged_lines& staged = points_.staged();
  services_.taps->offer({.at_ns = points_.now_ns(),
                         .database = points_.target().database,
                         .retention_policy = points_.target().retention_policy,
                         .notes = points_.tapped(),
                         .accepted = points_.account().accepted,
                         .each_block = [&](const std::function<void(std::string_view)>& show) {
                           std::string inflated;
                           for (const std::shared_ptr<frame>& each : frames_) {
                             inflated.clear();
                             if (inflate_frame(*each, inflated)) {
                               show(inflated);
                             }
                           }
                           for (const staged_run& run : staged.runs()) {
                             show(staged.lines(run));
                           }
                         }});
}

void write_request::reset() {
  points_.reset(idle_buffer_bytes);
  terms_ = {};
  database_ = nullptr;
  source_ = nullptr;
  finish_ = nullptr;
  forget_lines();
  lease_.release();
  overloaded_ = false;
  too_large_ = false;
  answered_ = false;
  misjudged_ = false;
  stage_ = write_stage::reading;
}

}  // namespace weir
