// SPDX-License-Identifier: Apache-2.0
//
// All sinks of a process: what the pipeline knows of them. Each runs on a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "log/frame_log.hpp"
#include "observe/metrics.hpp"
#include "sinks/parking/parked_filter.hpp"
#include "sinks/state/standing.hpp"

namespace weir {

class name_book;
class shared_names;
class sink_stores;

/// `log` and `memory` must outlive the set.
struct sink_environment {
  frame_log& log;
  /// The sinks' own share of `[limits] memory`.
  memory_budget& memory;
  /// Cursors and refused batches lie in it; empty: neither is kept.
  std::string state_directory;
  /// The log outlives the process, so cursors are kept.
  bool persistent = true;
  compression_mode compression = compression_mode::automatic;
  /// Whether a client created this database through weir. Called on the sinks' threads.
  std::function<bool(std::string_view)> created_through_weir;
  /// Of the randomness that spreads retries.
  std::uint64_t seed = 0;
  /// `[limits] state`, for all sinks together.
  std::uint64_t state_bytes = std::uint64_t{256} << 20;
  /// `[limits] names`.
  std::uint64_t names_bytes = std::uint64_t{32} << 20;
  /// A file of names that another process gave, which count as well: it is read and never written.
  /// Empty: there is none.
  std::string names_before{};
  /// The setting that names `state_directory`, for messages.
  std::string state_key = "log.directory";
  /// The names that the sinks give series, for all of them. Null: the set makes it, and tells of
  /// it in `collect`.
  std::shared_ptr<shared_names> names{};
  /// Whether a sink's server has to do something to a database before points of it may go there.
  /// Called on the sinks' threads. Empty: nothing is ever to be done.
  std::function<bool(std::string_view sink, std::string_view database)> waits_for_server = {};
  /// Told when a sink's server lacks a lane's database or retention policy. Called on the sinks'
  /// threads. May be empty.
  std::function<void(std::string_view sink, const lane_key& lane)> server_lacks = {};
  /// Where the sinks keep what outlives them. Null: in files, in `state_directory`.
  std::shared_ptr<sink_stores> stores{};
  /// False: nothing is begun to be delivered for now, because what is in the log may be another
  /// process' by now. Called on the sinks' threads. Empty: it never is.
  std::function<bool()> may_deliver = {};
  /// How long the start waits for the sinks to have counted what is pending; intake is not kept
  /// waiting for one that reads a long log.
  std::chrono::milliseconds count_wait{500};
};

/// What of the environment changes with the sinks.
struct sink_change {
  std::vector<sink_settings> sinks{};
  compression_mode compression = compression_mode::automatic;
  std::uint64_t state_bytes = 0;
};

/// `drain`, `change`, `tidy` and `stop` are called on one thread.
class sink_set {
 public:
  /// What a server that answers needs, and what one that does not may cost at the end, and at a
  /// rebalance: whose answer does not come within it is sent its request again.
  static constexpr std::chrono::milliseconds finish_within{2'000};

  virtual ~sink_set() = default;
  /// Makes `wanted.sinks` the sinks, all of it or nothing. Sinks whose settings are as before go on
  /// undisturbed. One with other settings is ended as by `stop` and begun anew where its cursor
  /// stands; one that is not wanted any more is ended, and what it still owed is told and frees the
  /// log. Where the addresses change that share the series of a sink, those that leave go on until
  /// what was theirs is delivered.
  [[nodiscard]] virtual outcome change(const sink_change& wanted) = 0;
  /// Now and then, on the same thread: ends sinks of addresses that were taken out and have
  /// delivered what was theirs.
  virtual void tidy() = 0;
  /// From now on batches go out without waiting to fill. Returns true when everything that was in
  /// the log at the call is delivered (or given up and counted); false at the deadline, or as soon
  /// as nothing more can be delivered: lanes are held, or their server does not answer.
  virtual bool drain(std::chrono::steady_clock::time_point deadline) = 0;
  /// Begins no request any more, lets those under way finish for so long, ends them and all
  /// threads; cursors are kept. Once; the destructor does it too, and lets none finish.
  virtual void stop(std::chrono::milliseconds at_most) = 0;
  /// A client dropped this database: what is parked of it is given up. Any thread.
  virtual void forget_database(std::string_view name) = 0;
  /// What stood in the way of this database at the sink's server is done: its lanes try at once.
  /// Any thread.
  virtual void may_go(std::string_view sink_name, const std::string& database) = 0;
  /// `done` is called once no attempt of the sink for the database is under way; with `before`,
  /// once all that is pending of it before that position is given up, which its cursor says then.
  /// False: there is no such sink. After `stop` it is not called. Any thread.
  virtual bool when_idle(std::string_view sink_name, const std::string& database,
                         std::optional<log_position> before, std::function<void()> done) = 0;
  /// Has lanes with something parked try again at once, or gives up what is parked of them: of this
  /// sink, or (empty) of all. How many sinks were asked. Any thread.
  virtual std::size_t retry_parked(std::string_view sink_name, const parked_filter& which) = 0;
  virtual std::size_t drop_parked(std::string_view sink_name, const parked_filter& which) = 0;
  /// Any thread.
  virtual void collect(metric_collector& out) const = 0;
  /// The names that series were given so far; nullptr: no sink gives any. Any thread.
  [[nodiscard]] virtual std::shared_ptr<const name_book> names() const = 0;
  /// Of each sink, in the configuration's order. Any thread.
  [[nodiscard]] virtual std::vector<sink_standing> standings() const = 0;
};

[[nodiscard]] result<std::unique_ptr<sink_set>> start_sinks(
    const std::vector<sink_settings>& settings, sink_environment environment);

}  // namespace weir
