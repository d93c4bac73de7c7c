// SPDX-License-Identifier: Apache-2.0
//
// What other threads ask of a loop: to begin, to take over connections, to end, and what it
// counted.
#include <uv.h>

#include "intake/intake_loop_uv.hpp"

namespace weir {

void intake_loop::start() {
  thread_ = std::thread([this] { run(); });
}

void intake_loop::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void intake_loop::adopt(accepted_socket socket) {
  connections_.fetch_add(1, std::memory_order_relaxed);
  accepted_.enqueue(std::move(socket));
  uv_async_send(&wake_);
}

void intake_loop::finish() {
  finishing_.store(true);
  uv_async_send(&wake_);
}

void intake_loop::finish_of(std::uint32_t listener) {
  listeners_gone_.enqueue(listener);
  uv_async_send(&wake_);
}

void intake_loop::stop() {
  if (stopping_.exchange(true)) {
    return;
  }
  uv_async_send(&wake_);
  if (thread_.joinable()) {
    thread_.join();
  } else {
    run();  // never started: only the handles are left to close
  }
}

void intake_loop::collect(metric_collector& out) const {
  out.counter_value("weir_http_received_bytes_total", "Bytes read from HTTP connections.",
                    static_cast<double>(bytes_received_.value()));
  out.counter_value("weir_http_connections_total", "HTTP connections accepted.",
                    static_cast<double>(connections_total_.value()));
  out.counter_value("weir_http_write_stalls_total",
                    "Connections closed because their client did not read its answers.",
                    static_cast<double>(write_stalls_.value()));
  out.counter_value("weir_http_stalled_bodies_total",
                    "Bodies that stood still, given up because the memory for requests was short.",
                    static_cast<double>(stalled_bodies_.value()));
  out.counter_value("weir_http_tls_failures_total",
                    "Connections that ended before or within TLS: a handshake that failed or took "
                    "longer than http.head_timeout, broken records, or no memory for it.",
                    static_cast<double>(transports_failed_.value()));
  out.gauge_value("weir_http_connections", "HTTP connections open.",
                  static_cast<double>(connections()));
}

}  // namespace weir
