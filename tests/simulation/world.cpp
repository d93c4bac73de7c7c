// SPDX-License-Identifier: Apache-2.0
#include "simulation/world.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace weir::simulation {
namespace {

constexpr std::int64_t restart_ms_max = 2'000;
constexpr std::int64_t begin_again_ms = 300;
/// What an orderly end waits for requests and deliveries.
constexpr std::int64_t drain_ms = 3'000;
/// An idle world does not jump further than this at once.
constexpr std::uint64_t idle_ms_max = 700;
constexpr std::uint64_t write_back_one_in = 60;

}  // namespace

world::world(const run_options& options)
    : options_(options),
      chance_(options.seed),
      events_(clock_),
      planned_(draw_plan(chance_, options.planted)),
      disk_(chance_),
      truth_(events_, !planned_.faults.upstreams),
      positions_(events_),
      around_{
          .planned = planned_,
          .disk = disk_,
          .clock = clock_,
          .chance = chance_,
          .events = events_,
          .truth = truth_,
          .positions = positions_,
          .planted = options.planted,
          .lost =
              [this](const std::string& sink, bool required) {
                events_.note("the log gave up frames", 0, required ? 1 : 0);
                if (required && planned_.when_full == full_policy::reject) {
                  events_.fail("the log gave up frames that " + sink + " needs, a required sink");
                }
                for (const configured_sink& one : sinks_) {
                  if (one.planned.settings.name == sink) {
                    truth_.frames_lost(one.number);
                  }
                }
              },
          .directory = options.directory + "/log"} {
  std::filesystem::create_directories(around_.directory);
  events_.loud = options.loud;
  disk_.add_root(options.directory);
  disk_.faults.short_one_in = chance_.one_in(3) ? 20 : 0;
  sinks_.reserve(16);  // lives point into it
  for (const planned_sink& one : planned_.sinks) {
    add_sink(one);
  }
  for (std::uint32_t i = 0; i < planned_.clients.size(); ++i) {
    clients_.push_back(std::make_unique<client>(i, planned_.clients[i], around_));
  }
}

void world::add_sink(const planned_sink& planned) {
  std::vector<bool> wants;
  for (const planned_client& one : planned_.clients) {
    const auto& patterns = planned.settings.databases;
    wants.push_back(std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
      return pattern == "*" || pattern == one.database ||
             (pattern == "g*" && one.database.starts_with("g"));
    }));
  }
  configured_sink made;
  made.planned = planned;
  made.number = truth_.add_sink(planned.settings.name, std::move(wants));
  virtual_upstream::identity server = planned.server;
  server.sink = made.number;
  made.server = std::make_unique<virtual_upstream>(server, truth_, chance_, clock_, events_);
  for (const planned_client& one : planned_.clients) {
    const std::string name = upstream_name(one);
    if (std::find(planned_.held.begin(), planned_.held.end(), name) == planned_.held.end()) {
      made.server->databases.insert(name);
    }
  }
  sinks_.push_back(std::move(made));
}

run_result world::run() {
  try_begin();
  for (std::uint64_t i = 0; i < planned_.steps && !events_.failed(); ++i) {
    step();
  }
  if (!events_.failed()) {
    calm_down();
  }
  life_.reset();
  run_result result;
  result.good = !events_.failed();
  result.failure = events_.failure();
  result.failed_at = events_.failed_at();
  result.last_events = events_.last_events();
  result.steps = events_.step();
  result.hash = events_.hash();
  result.points = truth_.size();
  result.lives = lives_;
  return result;
}

// ---- a step

void world::step() {
  maybe_fault();
  live_step(true);
}

void world::live_step(bool writing) {
  events_.next_step();
  if (chance_.one_in(write_back_one_in)) {
    disk_.write_back();
  }
  run_planned();
  if (!life_) {
    if (clock_.now_ms >= begin_ms_) {
      try_begin();
    } else {
      pass_time();
    }
    return;
  }
  const std::vector<due_actor> due = due_actors(writing);
  if (due.empty() || (!calm_ && chance_.one_in(8))) {
    pass_time();
    return;
  }
  act(chance_.pick(std::span<const due_actor>(due)));
  check_step();
}

std::vector<world::due_actor> world::due_actors(bool writing) const {
  std::vector<due_actor> due;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (writing || clients_[i]->busy()) {
      due.push_back({actor::client, i});
    }
  }
  for (std::size_t i = 0; i < life_->loops().size(); ++i) {
    const life::intake_loop& one = life_->loops()[i];
    if (one.active) {
      due.push_back({actor::loop, i});
    }
  }
  if (life_->log_is_due()) {
    due.push_back({actor::log, 0});
  }
  for (std::size_t i = 0; i < life_->sinks().size(); ++i) {
    if (life_->is_due(life_->sinks()[i])) {
      due.push_back({actor::sink, i});
    }
  }
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    const auto at = sinks_[i].server->due_ms();
    if (at && *at <= clock_.now_ms) {
      due.push_back({actor::server, i});
    }
  }
  return due;
}

void world::act(const due_actor& one) {
  events_.note("acts", static_cast<std::uint64_t>(one.who), one.index);
  switch (one.who) {
    case actor::client:
      clients_[one.index]->step(*life_);
      break;
    case actor::loop:
      life_->loop_turn(life_->loops()[one.index]);
      for (const auto& each : clients_) {
        each->after_turn(*life_);
      }
      break;
    case actor::log:
      life_->log_round();
      break;
    case actor::sink:
      life_->sink_turn(life_->sinks()[one.index]);
      break;
    case actor::server:
      sinks_[one.index].server->serve();
      break;
  }
  clock_.now_ms += chance_.one_in(4) ? 1 : 0;
}

void world::check_step() {
  if (life_->dead()) {
    bury(std::exchange(power_will_go_, false));
    return;
  }
  life_->log().look();
}

void world::pass_time() {
  std::int64_t until = clock_.now_ms + 1 + static_cast<std::int64_t>(chance_.below(idle_ms_max));
  const auto not_beyond = [&until](std::optional<std::int64_t> due) {
    until = due ? std::min(until, *due) : until;
  };
  if (life_) {
    not_beyond(life_->due_ms());
  } else {
    not_beyond(begin_ms_);
  }
  for (const configured_sink& one : sinks_) {
    not_beyond(one.server->due_ms());
  }
  clock_.now_ms = std::max(until, clock_.now_ms + 1);
}

void world::run_planned() {
  for (std::size_t i = 0; i < later_.size();) {
    if (later_[i].due_ms > clock_.now_ms) {
      ++i;
      continue;
    }
    const planned_event one = std::move(later_[i]);
    later_.erase(later_.begin() + static_cast<std::ptrdiff_t>(i));
    one.what();
  }
}

// ---- lives

void world::try_begin() {
  std::string why;
  ++lives_;
  events_.note("begins", lives_);
  truth_.begins();
  if (cursors_rot_) {
    truth_.cursors_lost();
  }
  life_ = life::begin(around_, sinks_, lives_, why);
  if (!life_) {
    events_.note("could not begin", lives_);
    if (calm_) {
      events_.fail("weir does not start although nothing is wrong any more: " + why);
    }
    begin_ms_ = clock_.now_ms + begin_again_ms;
  }
}

void world::bury(bool power_lost) {
  events_.note(power_lost ? "power lost" : "killed", lives_);
  if (life_) {
    life_->files().kill();
    for (const auto& each : clients_) {
      each->lost();
    }
    life_.reset();
  }
  if (power_lost) {
    truth_.lost_power();
    // What was synced and not delivered still has its positions. Where all of it was delivered and
    // its segments deleted, neither the log nor a cursor may know of positions that were not
    // synced.
    positions_.forget();
    disk_.lose_power();
  } else {
    truth_.killed();
    if (planned_.promise == append_promise::received) {
      positions_.forget();  // what was not written gives its positions back
    }
  }
  begin_ms_ = clock_.now_ms + static_cast<std::int64_t>(chance_.below(restart_ms_max));
}

/// SIGTERM: requests and deliveries have a while, then the log is closed.
void world::end_orderly() {
  if (!life_) {
    return;
  }
  events_.note("ends", lives_);
  const std::uint64_t of = lives_;
  bool draining = false;
  const std::int64_t until = clock_.now_ms + drain_ms;
  while (life_ && lives_ == of && clock_.now_ms < until && !events_.failed()) {
    const bool busy = std::any_of(clients_.begin(), clients_.end(),
                                  [](const auto& each) { return each->busy(); });
    if (!busy && !std::exchange(draining, true)) {
      life_->drain();
    }
    live_step(false);
  }
  if (!life_ || lives_ != of) {
    return;  // it was killed meanwhile
  }
  const bool complete = life_->end();
  for (const auto& each : clients_) {
    each->lost();
  }
  if (complete) {
    truth_.all_written();
  }
  bury(false);
}

}  // namespace weir::simulation
