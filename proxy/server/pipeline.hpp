// SPDX-License-Identifier: Apache-2.0
//
// Wires intake, api, gate, log and sinks together: the only place that knows them all.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "intake/address.hpp"

struct uv_loop_s;

namespace weir {

class metric_collector;

/// Lives on the control loop's thread.
class pipeline {
 public:
  /// Opens the log, starts the sinks, then the intake: nothing is accepted that could not be kept.
  /// `configured` is copied.
  [[nodiscard]] static result<std::unique_ptr<pipeline>> start(const settings& configured,
                                                               uv_loop_s* control);
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
  /// Tells the journal of rejected lines, if a minute has passed since it was told. `now_ns`: wall
  /// clock.
  void tell_refusals(std::int64_t now_ns);
  /// Ends the intake, lets the sinks deliver until the deadline (wall clock), closes the log.
  void stop(std::int64_t deadline_ns);

 private:
  struct state;
  explicit pipeline(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace weir
