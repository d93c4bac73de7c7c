// SPDX-License-Identifier: Apache-2.0
#include "simulation/watched_log.hpp"

#include <algorithm>
#include <functional>

namespace weir::simulation {

void known_positions::given(const frame& to) {
  const std::size_t hash = std::hash<std::string>{}(to.stored);
  const auto [known, fresh] = frames_.try_emplace(to.header.position, hash);
  if (!fresh) {
    events_.fail("position " + std::to_string(to.header.position.number()) +
                 " of the log was given to a second frame");
  }
}

append_result watched_log::append(std::span<const std::shared_ptr<frame>> frames) {
  append_result result = real_.append(frames);
  if (result.status == append_status::taken) {
    for (const auto& one : frames) {
      positions_.given(*one);
    }
  } else if (result.status == append_status::pending) {
    unsettled_.push_back({result.ticket, {frames.begin(), frames.end()}});
  }
  return result;
}

void watched_log::look() {
  std::erase_if(unsettled_, [this](const unsettled& one) {
    if (!one.ticket->settled()) {
      return false;
    }
    if (one.ticket->status() == append_status::taken) {
      for (const auto& each : one.frames) {
        positions_.given(*each);
      }
    }
    return true;
  });
  const log_position first = real_.first();
  for (auto& [number, each] : needs_) {
    if (each.from < first) {
      each.from = first;
      lost_(each.name, each.required);
    }
  }
}

std::size_t watched_log::subscribe(subscription subscriber, log_position low_water) {
  if (planted_ == mutation::lost_wake_up) {
    subscriber.wake = [this, wake = std::move(subscriber.wake)] {
      if (!chance_.one_in(3)) {
        wake();
      }
    };
  }
  need wanted{subscriber.name, subscriber.required, std::max(low_water, real_.first())};
  const std::size_t number = real_.subscribe(std::move(subscriber), low_water);
  needs_[number] = std::move(wanted);
  return number;
}

void watched_log::release(std::size_t subscriber, log_position low_water) {
  needs_[subscriber].from = std::max(needs_[subscriber].from, low_water);
  real_.release(subscriber, planted_ == mutation::early_release ? real_.end() : low_water);
}

outcome watched_cursors::save(const cursor_state& state, const std::set<lane_key>& changed) {
  cursor_state kept = state;
  if (planted_ == mutation::wrong_low_water) {
    kept.low_water = kept.discovered;
  }
  if (planted_ == mutation::cursor_ahead) {
    for (auto& [lane, at] : kept.lanes) {
      at.next = at.next.next();
      at.skip_bytes = at.skip_points = 0;
    }
  }
  outcome saved = real_.save(kept, changed);
  events_.note(saved ? "cursor kept" : "cursor not kept", sink_, state.delivered);
  if (saved && !process_.dead()) {
    truth_.cursor_kept(sink_);
  }
  return saved;
}

}  // namespace weir::simulation
