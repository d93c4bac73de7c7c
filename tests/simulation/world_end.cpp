// SPDX-License-Identifier: Apache-2.0
//
// The end of a run: faults are over, and within bounded time everything must be where it belongs.
#include <algorithm>
#include <charconv>
#include <string_view>

#include "simulation/world.hpp"

namespace weir::simulation {
namespace {

/// All that is owed is delivered within this, once nothing is wrong any more.
constexpr std::int64_t calm_ms_max = 600'000;
constexpr int steps_between_looks = 64;

std::optional<std::uint32_t> number_behind(std::string_view line, std::string_view mark) {
  const std::size_t at = line.find(mark);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::uint32_t number = 0;
  const char* const begin = line.data() + at + mark.size();
  const auto [stop, error] = std::from_chars(begin, line.data() + line.size(), number);
  return error == std::errc{} && stop != begin ? std::optional(number) : std::nullopt;
}

}  // namespace

void world::calm_down() {
  end_faults();
  calm_ = true;
  events_.note("calm");
  for (const auto& each : clients_) {
    each->stop();
  }
  if (!run_calmly(false, [this] { return all_delivered(false); })) {
    truth_.check_end();
    events_.fail("after ten minutes without faults a lane still waits");
    return;
  }
  if (!good_writes_are_kept()) {
    events_.fail("after ten minutes without faults writes are still refused, as lanes are held");
    return;
  }
  for (configured_sink& one : sinks_) {
    for (const planned_client& each : planned_.clients) {
      one.server->databases.insert(upstream_name(each));
    }
  }
  events_.note("nothing is held");
  const auto nothing_pending = [this] {
    return all_delivered(true) &&
           std::all_of(life_->sinks().begin(), life_->sinks().end(),
                       [](const auto& one) { return one.worker->pending_points() == 0; });
  };
  if (!run_calmly(false, nothing_pending)) {
    truth_.check_end();
    events_.fail("after ten minutes without faults something is still pending");
    return;
  }
  check_end();
}

bool world::run_calmly(bool writing, const std::function<bool()>& done) {
  const std::int64_t until = clock_.now_ms + calm_ms_max;
  while (clock_.now_ms < until && !events_.failed()) {
    for (int i = 0; i < steps_between_looks && !events_.failed(); ++i) {
      live_step(writing);
    }
    const bool busy = std::any_of(clients_.begin(), clients_.end(),
                                  [](const auto& each) { return each->busy(); });
    if ((writing || !busy) && life_ && done()) {
      return true;
    }
  }
  return false;
}

/// Where held lanes are parked, they cost nobody else a write.
bool world::good_writes_are_kept() {
  const bool all_park = std::all_of(sinks_.begin(), sinks_.end(), [](const auto& one) {
    return one.removed || one.planned.settings.park_after.has_value();
  });
  if (!all_park) {
    return true;
  }
  std::vector<std::uint64_t> before;
  for (const auto& each : clients_) {
    before.push_back(each->kept());
    each->go_on();
  }
  const bool kept = run_calmly(true, [&] {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (clients_[i]->kept() == before[i]) {
        return false;
      }
    }
    return true;
  });
  for (const auto& each : clients_) {
    each->stop();
  }
  return kept && run_calmly(false, [this] { return all_delivered(false); });
}

bool world::is_held(std::uint32_t client) const {
  const std::string name = upstream_name(planned_.clients[client]);
  return std::find(planned_.held.begin(), planned_.held.end(), name) != planned_.held.end();
}

bool world::all_delivered(bool held_too) {
  note_set_aside();
  for (std::size_t i = 0; i < truth_.sinks(); ++i) {
    for (const point_id id : truth_.missing(i)) {
      if (held_too || !is_held(truth_.at(id).client)) {
        return false;
      }
    }
  }
  return true;
}

/// Reads what stands in the refused files, as a person would who looks for a lost line.
void world::note_set_aside() {
  const std::string directory = around_.directory + "/refused/";
  const std::uint64_t bytes = disk_.bytes_below(directory);
  if (bytes == set_aside_seen_) {
    return;
  }
  set_aside_seen_ = bytes;
  for (const configured_sink& one : sinks_) {
    for (const std::string& path : disk_.paths(directory + one.planned.settings.name + ".")) {
      const std::string text = disk_.content(path).value_or("");
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = std::string_view(text).substr(at, end - at);
        const auto client = number_behind(line, ",c=");
        const auto series = number_behind(line, ",s=");
        const auto number = number_behind(line, " n=");
        const point_id* id =
            client && series && number ? truth_.find(*client, *series, *number) : nullptr;
        if (id != nullptr && !line.starts_with('#')) {
          truth_.set_aside(one.number, *id);
        }
        at = end + 1;
      }
    }
  }
}

void world::check_end() {
  truth_.check_end();
  if (life_->leased_by_sinks() != 0 || life_->leased_by_requests() != 0) {
    events_.fail("memory: nothing is under way, but sinks hold " +
                 std::to_string(life_->leased_by_sinks()) + " bytes and requests " +
                 std::to_string(life_->leased_by_requests()));
  }
  for (const configured_sink& one : sinks_) {
    const sink_settings& settings = one.planned.settings;
    const std::uint64_t parked =
        disk_.bytes_below(parking_directory(around_.directory, settings.name));
    if (!one.removed && parked > settings.park_keep) {
      events_.fail(settings.name + "'s parking place has " + std::to_string(parked) +
                   " bytes, and may have " + std::to_string(settings.park_keep));
    }
  }
  const std::uint64_t bytes = disk_.bytes_below(around_.directory + "/segments/");
  if (bytes > planned_.keep_bytes + 2 * planned_.segment_bytes) {
    events_.fail("the log's files have " + std::to_string(bytes) + " bytes, and keep is " +
                 std::to_string(planned_.keep_bytes));
  }
}

}  // namespace weir::simulation
