// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_run_uv.hpp"

#include <cstdio>
#include <cstring>
#include <utility>

#include "base/assert.hpp"
#include "tools/load/process_usage_posix.hpp"
#include "tools/screen/progress_line_posix.hpp"

namespace weir {
namespace {

constexpr std::uint64_t look_ms = 100;
constexpr std::uint64_t pace_ms = 1;
constexpr std::int64_t show_ns = 1'000'000'000;
constexpr std::int64_t sample_ns = 1'000'000'000;
// A shorter rest at the end of a run says little of a rate.
constexpr std::int64_t sample_least_ns = 200'000'000;

}  // namespace

load_run::load_run(const load_options& options, load_source source)
    : options_(options),
      source_(std::move(source)),
      plan_(options),
      terminal_(progress_line::is_seen(options.quiet)) {
  totals_.ring_pieces = source_.ring().size();
  totals_.ring_lines = source_.ring().lines();
  WEIR_ASSERT(uv_loop_init(&loop_) == 0);
  for (uv_signal_t* handle : {&interrupt_, &terminate_}) {
    WEIR_ASSERT(uv_signal_init(&loop_, handle) == 0);
    handle->data = this;
  }
  for (uv_timer_t* handle : {&look_, &pace_}) {
    WEIR_ASSERT(uv_timer_init(&loop_, handle) == 0);
    handle->data = this;
  }
}

load_run::~load_run() {
  close_own_handles();
  finish_closing();
  WEIR_ASSERT(uv_loop_close(&loop_) == 0);
}

void load_run::close_own_handles() {
  for (auto* handle :
       {reinterpret_cast<uv_handle_t*>(&interrupt_), reinterpret_cast<uv_handle_t*>(&terminate_),
        reinterpret_cast<uv_handle_t*>(&look_), reinterpret_cast<uv_handle_t*>(&pace_)}) {
    if (uv_is_closing(handle) == 0) {
      uv_close(handle, nullptr);
    }
  }
}

void load_run::run() {
  uv_signal_start(&interrupt_, on_signal, SIGINT);
  uv_signal_start(&terminate_, on_signal, SIGTERM);
  started_ns_ = last_progress_ns_ = shown_ns_ = now_ns();
  plan_.start(started_ns_);
  sampled_ = look_at_all();
  begin();
  uv_timer_start(&look_, on_look, look_ms, look_ms);
  if (plan_.paced()) {
    uv_timer_start(&pace_, on_pace, 0, pace_ms);
  }
  end_if_over();
  uv_run(&loop_, UV_RUN_DEFAULT);
  totals_.elapsed_ns = last_progress_ns_ - started_ns_;
  if (!options_.report.empty() &&
      (totals_.samples.all().empty() || now_ns() - sampled_.at_ns >= sample_least_ns)) {
    take_sample();
  }
  totals_.series = source_.lines().series();
  totals_.new_series = source_.lines().new_series();
  if (terminal_) {
    std::fputc('\n', stderr);
  }
  close_own_handles();
  close();
  finish_closing();
}

// Lets the close callbacks happen.
void load_run::finish_closing() {
  while (uv_run(&loop_, UV_RUN_DEFAULT) != 0) {
  }
}

load_piece load_run::take(std::string& buffer) {
  const load_piece piece = source_.next(plan_.lines_left(), now_ns() - started_ns_, buffer);
  plan_.granted(piece.lines);
  ++totals_.pieces_sent;
  totals_.lines_sent += piece.lines;
  totals_.line_bytes_sent += piece.line_bytes;
  for (std::size_t i = 0; i < piece.bad.size(); ++i) {
    totals_.bad_sent.at(i) += piece.bad.at(i);
  }
  totals_.wire_bytes_sent += piece.bytes.size();
  return piece;
}

void load_run::give_up(std::string reason) {
  totals_.given_up = std::move(reason);
  plan_.stop();
  uv_stop(&loop_);
}

void load_run::end_if_over() {
  if (plan_.over(now_ns()) && idle()) {
    uv_stop(&loop_);
  }
}

void load_run::on_signal(uv_signal_t* handle, int) {
  auto& self = *static_cast<load_run*>(handle->data);
  if (self.totals_.interrupted) {
    uv_stop(&self.loop_);  // the second one does not wait for answers
    return;
  }
  self.totals_.interrupted = true;
  self.plan_.stop();
  self.end_if_over();
}

void load_run::on_look(uv_timer_t* handle) {
  auto& self = *static_cast<load_run*>(handle->data);
  self.look();
  if (!self.options_.report.empty() && now_ns() - self.sampled_.at_ns >= sample_ns) {
    self.take_sample();
  }
  self.show_progress();
  self.end_if_over();
}

void load_run::on_pace(uv_timer_t* handle) {
  auto& self = *static_cast<load_run*>(handle->data);
  self.send_due();
  self.end_if_over();
}

void load_run::add_latency(std::int64_t took_ns) {
  totals_.latency.add(took_ns);
  recent_latency_.add(took_ns);
}

load_run::state load_run::look_at_all() const {
  state now{.at_ns = now_ns(),
            .lines = options_.udp ? totals_.lines_sent : totals_.lines_accepted,
            .rejected = totals_.lines_rejected,
            .own_cpu_s = own_usage().cpu_seconds};
  if (options_.pid) {
    if (const auto usage = usage_of(*options_.pid)) {
      now.watched_cpu_s = usage.value().cpu_seconds;
    }
  }
  return now;
}

void load_run::take_sample() {
  const state before = std::exchange(sampled_, look_at_all());
  const double seconds = static_cast<double>(sampled_.at_ns - before.at_ns) / 1e9;
  if (seconds <= 0) {
    return;
  }
  load_sample sample{
      .at_s = static_cast<double>(sampled_.at_ns - started_ns_) / 1e9,
      .seconds = seconds,
      .lines_per_second = static_cast<double>(sampled_.lines - before.lines) / seconds,
      .rejected_per_second = static_cast<double>(sampled_.rejected - before.rejected) / seconds,
      .answers = recent_latency_.count(),
      .own_cpu = (sampled_.own_cpu_s - before.own_cpu_s) / seconds};
  if (before.watched_cpu_s && sampled_.watched_cpu_s) {
    sample.watched_cpu = (*sampled_.watched_cpu_s - *before.watched_cpu_s) / seconds;
  }
  if (sample.answers > 0) {
    const auto ms = [](std::int64_t ns) { return static_cast<double>(ns) / 1e6; };
    sample.p50_ms = ms(recent_latency_.quantile_ns(0.5));
    sample.p99_ms = ms(recent_latency_.quantile_ns(0.99));
    sample.max_ms = ms(recent_latency_.max_ns());
    recent_latency_ = {};
  }
  totals_.samples.add(sample);
}

void load_run::show_progress() {
  const std::int64_t now = now_ns();
  if (!terminal_ || now - shown_ns_ < show_ns) {
    return;
  }
  const std::string line = load_progress(shown_, totals_, now - shown_ns_, now - started_ns_);
  const std::string left = load_left(options_, totals_, now - started_ns_);
  std::fprintf(stderr, "\r%s  %s\033[K", line.c_str(), left.c_str());
  std::fflush(stderr);
  shown_ = totals_;
  shown_ns_ = now;
}

result<std::vector<sockaddr_storage>> resolve(const load_address& address, bool udp) {
  uv_loop_t loop{};
  WEIR_ASSERT(uv_loop_init(&loop) == 0);
  addrinfo hints{};
  hints.ai_socktype = udp ? SOCK_DGRAM : SOCK_STREAM;
  uv_getaddrinfo_t request{};
  const int status = uv_getaddrinfo(&loop, &request, nullptr, address.host.c_str(),
                                    std::to_string(address.port).c_str(), &hints);
  std::vector<sockaddr_storage> found;
  if (status == 0) {
    for (const addrinfo* each = request.addrinfo; each != nullptr; each = each->ai_next) {
      std::memcpy(&found.emplace_back(), each->ai_addr, each->ai_addrlen);
    }
    uv_freeaddrinfo(request.addrinfo);
  }
  WEIR_ASSERT(uv_loop_close(&loop) == 0);
  if (found.empty()) {
    return failure{"cannot find the address of " + address.host + ": " +
                   (status == 0 ? "there is none" : uv_strerror(status))};
  }
  return found;
}

}  // namespace weir
