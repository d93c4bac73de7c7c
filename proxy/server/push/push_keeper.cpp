// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_keeper.hpp"

#include <chrono>
#include <map>
#include <utility>

#include "exposition/text_reader.hpp"
#include "log/ended_series.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

constexpr std::chrono::seconds between_looks{1};
constexpr std::int64_t between_saves_ns = 60'000'000'000;
// Of one look; what is left waits for the next.
constexpr std::size_t repeated_bytes_max = std::size_t{8} << 20;
/// Frames that wait while the log takes none: of more the newest are given up, and their series end
/// when they have been silent.
constexpr std::size_t ended_frames_max = 1'000;

}  // namespace

push_keeper::push_keeper(push_service& service, const write_services& writes, clock_source clock,
                         std::string file)
    : service_(service),
      clock_(std::move(clock)),
      log_(writes.log),
      path_(writes),
      file_(std::move(file)) {
  const moment now = clock_();
  saved_ = now.steady;
  const auto terms = service_.terms.current();
  if (const std::string told = file_.load(service_.groups, terms->lifetime, now); !told.empty()) {
    journal(journal_level::warning, told);
  }
  saved_version_ = service_.groups.version();
}

void push_keeper::start() {
  service_.groups.watch([this] {
    const std::lock_guard hold(lock_);
    if (!std::exchange(changed_, true)) {
      wake_.notify_all();
    }
  });
  thread_ = std::thread([this] { run(); });
}

void push_keeper::stop() {
  service_.groups.watch(nullptr);
  {
    const std::lock_guard hold(lock_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  if (!std::exchange(stopped_, true)) {
    tell_ended(clock_().wall);
    save();
  }
}

// The table is asked without the lock, which its own is held for.
void push_keeper::run() {
  std::unique_lock hold(lock_);
  while (!stopping_) {
    changed_ = false;
    hold.unlock();
    const bool resting = rests();
    hold.lock();
    if (resting) {
      wake_.wait(hold, [this] { return stopping_ || changed_; });
    }
    wake_.wait_for(hold, between_looks, [this] { return stopping_; });
    if (!stopping_) {
      hold.unlock();
      work();
      hold.lock();
    }
  }
}

bool push_keeper::rests() const {
  return service_.groups.is_empty() && ended_.empty() && !path_.has_work() &&
         !path_.has_waiting() && saved_version_ == service_.groups.version();
}

void push_keeper::work() {
  const moment now = clock_();
  const auto terms = service_.terms.current();
  service_.groups.expire(now);
  if (terms->configured.enabled) {
    for (const auto& each :
         service_.groups.take_due(terms->lifetime, now.steady, repeated_bytes_max)) {
      repeat(*each, now);
    }
  }
  path_.end_of_turn();
  tell_ended(now.wall);
  if (now.steady - saved_ >= between_saves_ns) {
    saved_ = now.steady;
    save();
  }
}

void push_keeper::repeat(const push::group& one, const moment& now) {
  lines_.clear();
  push::line_counts counts;
  for (const auto& [name, each] : one.families) {
    exposition::document all;
    if (!exposition::read_text(each->is.text, all)) {
      push::append_lines(all, now.wall.ns, lines_, counts);
    }
  }
  if (lines_.empty()) {
    return;
  }
  api::write_target target;
  target.database = one.database;
  target.retention_policy = one.retention_policy;
  target.precision_stated = true;
  // What is refused was so when it was pushed, and would be again every minute.
  target.options.letters = false;
  // What the log does not take now is due again after the same time.
  const auto begun = std::make_shared<write_job*>(nullptr);
  std::string refusal;
  *begun =
      path_.begin(target, now.wall.ns, refusal,
                  [this, begun](write_end end, const write_verdict& verdict, const std::string&) {
                    if (end == write_end::answered) {
                      service_.counts.repeated.add_shared(verdict.accepted);
                    }
                    path_.release(**begun);
                  });
  if (*begun != nullptr) {
    (*begun)->body(lines_);
    (*begun)->complete();
  }
}

/// Behind the last lines of these series, which their pushes and `repeat` wrote.
void push_keeper::tell_ended(wall_time now) {
  std::map<std::pair<std::string, std::string>, std::string> lines_of;
  for (const push::ended_series& each : service_.groups.take_ended()) {
    exposition::document all;
    if (!exposition::read_text(each.text, all)) {
      push::append_series(all, each.at.ns, lines_of[{each.database, each.retention_policy}]);
      service_.counts.ended.add_shared(all.samples().size());
    }
  }
  for (const auto& [place, lines] : lines_of) {
    if (lines.empty() || ended_.size() >= ended_frames_max) {
      continue;
    }
    append_ended_series({place.first, place.second, now.ns}, lines, log_.capabilities().shards,
                        compressor_, ended_);
  }
  if (!ended_.empty()) {
    const append_result done = log_.append(ended_);
    if (done.status == append_status::taken || done.status == append_status::pending) {
      ended_.clear();
    }
  }
}

void push_keeper::save() {
  const std::uint64_t version = service_.groups.version();
  if (const outcome saved = file_.save(service_.groups); !saved) {
    journal_limited("pushed groups", journal_level::error,
                    "pushed groups are not kept over a restart: " + saved.error().message);
    return;
  }
  saved_version_ = version;
}

}  // namespace weir
