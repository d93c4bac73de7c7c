// SPDX-License-Identifier: Apache-2.0
//
// Wires intake, api, gate, log and sinks together: the only place that knows them all.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "base/times.hpp"
#include "config/reload/changes.hpp"
#include "config/settings.hpp"
#include "intake/address.hpp"

struct uv_loop_s;

namespace weir {

class metric_collector;
class page_service;
class reload_desk;
class reload_record;

/// Lives on the control loop's thread.
class pipeline {
 public:
  /// Opens the log, starts the sinks, then the intake: nothing is accepted that could not be kept.
  /// `configured` and `clock` are copied. `wake` is called, on any thread, when a reload was asked
  /// for: the control loop then looks at `reloads()`.
  [[nodiscard]] static result<std::unique_ptr<pipeline>> start(const settings& configured,
                                                               uv_loop_s* control,
                                                               clock_source clock,
                                                               std::function<void()> wake);
  ~pipeline();
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;

  [[nodiscard]] std::vector<listen_address> addresses() const;
  [[nodiscard]] std::vector<listen_address> udp_addresses() const;
  [[nodiscard]] std::vector<listen_address> tcp_addresses() const;

  /// All numbers, as /metrics shows them. Any thread.
  void collect(metric_collector& out) const;

  /// Puts `wanted` in force, as far as that is possible without a restart, and says what changed:
  /// everything, or nothing and why.
  [[nodiscard]] result<std::vector<setting_change>> reload(const settings& wanted);
  /// What is in force.
  [[nodiscard]] const settings& configured() const noexcept;
  [[nodiscard]] reload_desk& reloads() noexcept;
  [[nodiscard]] reload_record& reload_results() noexcept;
  /// What the status page shows: it is to be told the time once a second.
  [[nodiscard]] page_service& page() noexcept;
  /// Gives back what reloads left behind and nobody uses any more. From time to time.
  void tidy();

  /// No new connections; open ones end after the request they are at. Datagrams and lines that have
  /// arrived are still taken.
  void finish_intake();
  /// Connections of HTTP, and listeners of lines that are not done yet.
  [[nodiscard]] std::size_t open_connections() const noexcept;
  /// Summarises rejected lines in the journal, at most once a minute.
  void journal_refusals(wall_time now);
  /// Ends the intake, lets the sinks deliver until the deadline, closes the log.
  void stop(steady_time deadline);

 private:
  struct state;
  struct reloading;
  explicit pipeline(std::unique_ptr<state> built);
  std::unique_ptr<state> state_;
};

}  // namespace weir
