// SPDX-License-Identifier: Apache-2.0
//
// How a sink hands over a batch: the one thing in which influxdb, file and null sinks differ. Lives
// on its sink's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sinks/answer.hpp"
#include "sinks/batcher.hpp"

namespace weir {

class deliverer {
 public:
  using done = std::function<void(answer)>;
  virtual ~deliverer() = default;

  /// Starts to deliver. `batch` stays alive and unchanged until `on_done`, which is called once,
  /// possibly before this returns, unless `abort` comes first.
  virtual void deliver(const batch& what, done on_done) = 0;
  /// Starts to create a database on the other side.
  virtual void create_database(const std::string& name, done on_done) = 0;
  /// Drops everything under way; no `on_done` is called any more.
  virtual void abort() = 0;
  /// A cursor was kept: what was done before this call is never delivered again, nor is any frame
  /// below `low_water`.
  virtual void saved(std::uint64_t low_water) { static_cast<void>(low_water); }
  /// The other side has a limit for one batch, so frames above the sink's limits must be cut.
  [[nodiscard]] virtual bool needs_cuts() const noexcept = 0;
  /// The status that means stored, for messages: InfluxDB says 204 and nothing else.
  [[nodiscard]] virtual std::string_view stored_status() const noexcept { return "204"; }
};

/// Takes everything, does nothing: for load tests.
class null_deliverer final : public deliverer {
 public:
  void deliver(const batch&, done on_done) override { on_done(answer::done(0)); }
  void create_database(const std::string&, done on_done) override { on_done(answer::done(0)); }
  void abort() override {}
  [[nodiscard]] bool needs_cuts() const noexcept override { return false; }
};

}  // namespace weir
