// SPDX-License-Identifier: Apache-2.0
//
// Speaks to a Prometheus remote write receiver, version 1: takes batches apart into requests, finds
// what a refusal is about, and remembers what was sent. One request is under way at a time, because
// lanes may write the same series. How bytes travel is transfer's part. Pure: the clock is passed
// in. Lives on its sink's thread, but for the counters.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "config/settings.hpp"
#include "net/transfer.hpp"
#include "sinks/deliverer.hpp"
#include "sinks/remote_write/sample_batch.hpp"
#include "sinks/remote_write/sample_metrics.hpp"
#include "sinks/remote_write/send_plan.hpp"
#include "sinks/remote_write/sent_ledger.hpp"
#include "sinks/remote_write/wire.hpp"

namespace weir {

/// What the deliverer works with. What is pointed to must outlive it.
struct remote_write_parts {
  transfer& http;
  /// Null: what was sent is forgotten at the end of the process (a memory log).
  std::unique_ptr<sent_store> sent;
  std::function<std::int64_t()> now_ns;
  std::size_t state_bytes = 0;
  std::shared_ptr<sample_counters> counters;
};

class remote_write_deliverer final : public deliverer {
 public:
  /// `sent_before` is what `sent` held, `low_water` where the sink's cursor starts.
  remote_write_deliverer(const sink_settings& settings, remote_write_parts parts,
                         std::string_view sent_before, std::uint64_t low_water);
  ~remote_write_deliverer() override;

  void deliver(const batch& what, done on_done) override;
  void create_database(const std::string& name, done on_done) override;
  void abort() override;
  void saved(std::uint64_t low_water) override;
  [[nodiscard]] bool needs_cuts() const noexcept override { return true; }
  /// The specification: any 2xx.
  [[nodiscard]] std::string_view stored_status() const noexcept override { return "2xx"; }

 private:
  struct job {
    const batch* what;
    done on_done;
  };
  struct running;

  void pump();
  void begin(job next);
  void send(const send_plan::range& part);
  void on_answer(const answer& given);
  void on_stored(const answer& given);
  void finish(answer given);
  void finish_done();
  void grow_requests();
  void write_ledger();
  void rewrite_ledger();

  const sink_settings settings_;
  remote_write_parts parts_;
  sent_ledger ledger_;
  request_limits limits_;
  request_writer writer_;
  std::deque<job> queue_;
  std::unique_ptr<running> running_;
  std::uint32_t successes_ = 0;
  bool waiting_ = false;
  bool pumping_ = false;
  bool page_told_ = false;
};

}  // namespace weir
