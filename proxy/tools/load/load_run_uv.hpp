// SPDX-License-Identifier: Apache-2.0
//
// What a run over HTTP and one over UDP have in common: the loop, its signals and timers, the plan,
// the ring and the totals. It sends nothing itself. Everything happens on the loop's thread.
#pragma once

#include <uv.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "tools/load/load.hpp"
#include "tools/load/load_options.hpp"
#include "tools/load/load_statistics.hpp"

namespace weir {

class load_run {
 public:
  load_run(const load_options& options, load_source source);
  virtual ~load_run();
  load_run(const load_run&) = delete;
  load_run& operator=(const load_run&) = delete;

  /// Until the plan is over and nothing is under way. Once.
  void run();
  [[nodiscard]] const load_totals& totals() const noexcept { return totals_; }

 protected:
  /// Opens what the run needs. The loop does not turn yet.
  virtual void begin() = 0;
  /// Sends what is due: every millisecond when the run is paced.
  virtual void send_due() = 0;
  /// Ten times a second.
  virtual void look() = 0;
  [[nodiscard]] virtual bool idle() const = 0;
  /// Closes every handle; the loop turns once more afterwards.
  virtual void close() = 0;

  /// The next piece, counted as sent. `buffer`: where it is made, where it is made now. Requires:
  /// plan_.due().
  load_piece take(std::string& buffer);
  void add_latency(std::int64_t took_ns);
  void give_up(std::string reason);
  void end_if_over();
  [[nodiscard]] static std::int64_t now_ns() { return static_cast<std::int64_t>(uv_hrtime()); }
  [[nodiscard]] uv_loop_t* loop() noexcept { return &loop_; }

  const load_options& options_;
  load_source source_;
  load_plan plan_;
  load_totals totals_;
  std::int64_t started_ns_ = 0;
  /// The last answer, or over UDP the last datagram.
  std::int64_t last_progress_ns_ = 0;

 private:
  static void on_signal(uv_signal_t* handle, int number);
  static void on_look(uv_timer_t* handle);
  static void on_pace(uv_timer_t* handle);
  /// Where the totals are now, and with a process what it has used.
  struct state {
    std::int64_t at_ns = 0;
    std::uint64_t lines = 0;
    std::uint64_t rejected = 0;
    double own_cpu_s = 0;
    std::optional<double> watched_cpu_s{};
  };
  [[nodiscard]] state look_at_all() const;
  /// What happened since the last sample becomes one.
  void take_sample();
  void show_progress();
  void close_own_handles();
  void finish_closing();

  uv_loop_t loop_{};
  uv_signal_t interrupt_{};
  uv_signal_t terminate_{};
  uv_timer_t look_{};
  uv_timer_t pace_{};
  const bool terminal_;
  load_totals shown_;
  std::int64_t shown_ns_ = 0;
  /// At the last sample; and the latencies since then.
  state sampled_;
  latency_histogram recent_latency_;
};

/// The addresses that a host name stands for. Blocks while it is resolved.
[[nodiscard]] result<std::vector<sockaddr_storage>> resolve(const load_address& address, bool udp);

}  // namespace weir
