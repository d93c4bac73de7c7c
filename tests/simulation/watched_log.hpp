// SPDX-License-Identifier: Apache-2.0
//
// What stands between weir and its log, its cursors and its files in a simulation: it passes every
// call on, sees that no position is given twice, tells the model when a cursor is kept, and plants
// the fault that a run is asked to have.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "log/frame_log.hpp"
#include "simulation/model.hpp"
#include "simulation/plan.hpp"
#include "simulation/virtual_disk.hpp"
#include "sinks/state/cursor.hpp"

namespace weir::simulation {

/// Which frame each position was given to, over all lives of the process.
class known_positions {
 public:
  explicit known_positions(trace& events) : events_(events) {}
  void given(const frame& to);
  /// A loss of power, or of files: what comes next may use them again.
  void forget() { frames_.clear(); }

 private:
  trace& events_;
  std::map<log_position, std::size_t> frames_;  // hash of the stored bytes
};

class watched_log final : public frame_log {
 public:
  /// What a sink may have lost to the log's policy is told to `lost`, by the sink's name.
  watched_log(frame_log& real, known_positions& positions, mutation planted, dice& chance,
              std::function<void(const std::string& sink, bool required)> lost)
      : real_(real),
        positions_(positions),
        planted_(planted),
        chance_(chance),
        lost_(std::move(lost)) {}

  /// Looks at what was settled, and at what the log gave up, since the last call.
  void look();

  log_capabilities capabilities() const override { return real_.capabilities(); }
  append_result append(std::span<const std::shared_ptr<frame>> frames) override;
  append_result outlook() const override { return real_.outlook(); }
  std::uint32_t identity() const override { return real_.identity(); }
  log_usage usage() const override { return real_.usage(); }
  std::size_t watch(std::function<void()> wake) override { return real_.watch(std::move(wake)); }
  void unwatch(std::size_t watcher) override { real_.unwatch(watcher); }
  log_position first() const override { return real_.first(); }
  log_position end() const override { return real_.end(); }
  std::size_t subscribe(subscription subscriber, log_position low_water) override;
  void release(std::size_t subscriber, log_position low_water) override;
  void unsubscribe(std::size_t subscriber) override {
    needs_.erase(subscriber);
    real_.unsubscribe(subscriber);
  }
  std::unique_ptr<log_reader> reader() override { return real_.reader(); }
  void collect(metric_collector& out) const override { real_.collect(out); }
  outcome close() override { return real_.close(); }

 private:
  struct unsettled {
    std::shared_ptr<const append_ticket> ticket;
    std::vector<std::shared_ptr<frame>> frames;
  };

  /// What a subscriber still needs, as it said itself.
  struct need {
    std::string name;
    bool required = true;
    log_position from;
  };

  frame_log& real_;
  known_positions& positions_;
  const mutation planted_;
  dice& chance_;
  const std::function<void(const std::string&, bool)> lost_;
  std::vector<unsettled> unsettled_;
  std::map<std::size_t, need> needs_;
};

class watched_cursors final : public cursor_store {
 public:
  watched_cursors(cursor_store& real, model& truth, trace& events, std::size_t sink,
                  const process_files& process, mutation planted)
      : real_(real),
        truth_(truth),
        events_(events),
        sink_(sink),
        process_(process),
        planted_(planted) {}

  outcome save(const cursor_state& state, const std::set<lane_key>& changed) override;

 private:
  cursor_store& real_;
  model& truth_;
  trace& events_;
  const std::size_t sink_;
  const process_files& process_;
  const mutation planted_;
};

/// The files of a process whose syncs lie.
class unsynced_files final : public process_files {
 public:
  using process_files::process_files;
  int sync(int) override { return dead() ? -1 : 0; }
};

}  // namespace weir::simulation
