// SPDX-License-Identifier: Apache-2.0
//
// Wires intake, api, gate, log and sinks together: the only place that knows them all.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "base/times.hpp"
#include "config/settings.hpp"
#include "intake/address.hpp"

struct uv_loop_s;

namespace weir {

class metric_collector;

/// Lives on the control loop's thread.
class pipeline {
 public:
  /// Opens the log, starts the sinks, then the intake: nothing is accepted that could not be kept.
  /// `configured` and `clock` are copied.
  [[nodiscard]] static result<std::unique_ptr<pipeline>> start(const settings& configured,
                                                               uv_loop_s* control,
                                                               clock_source clock);
  ~pipeline();
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;

  [[nodiscard]] std::vector<listen_address> addresses() const;
  [[nodiscard]] std::vector<listen_address> udp_addresses() const;

  /// All numbers, as /metrics shows them. Any thread.
  void collect(metric_collector& out) const;

  /// No new connections; open ones end after the request they are at. Datagrams that have arrived
  /// are still taken.
  void finish_intake();
  /// Connections, and UDP listeners that are not done yet.
  [[nodiscard]] std::size_t open_connections() const noexcept;
  /// Summarises rejected lines in the journal, at most once a minute.
  void journal_refusals(wall_time now);
  /// Ends the intake, lets the sinks deliver until the deadline, closes the log.
  void stop(steady_time deadline);

 private:
  struct state;
  explicit pipeline(std::unique_ptr<state> built);
  std::unique_ptr<state> state_;
};

}  // namespace weir
