// SPDX-License-Identifier: Apache-2.0
//
// The thread of a schema_reader: it asks what is due, and looks each second for new databases.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock_posix.hpp"
#include "net/fetch_curl.hpp"
#include "upstream/schema_reader.hpp"

namespace weir {
namespace {

// How often the reader looks for what is due, at least; oftener where `learn_every` is shorter.
constexpr std::chrono::milliseconds look_every{1'000};

}  // namespace

struct schema_reader_thread::state {
  fetch_curl http;
  const std::chrono::milliseconds pause;
  schema_reader worker;
  std::mutex lock;
  std::condition_variable stop_requested;
  bool stopped = false;
  std::thread thread;

  state(const sink_settings& settings, schema_reader_parts parts, upstream_schema known)
      : pause(std::min(look_every, settings.as<influxdb_settings>()->learn_every)),
        worker(settings, with_http(std::move(parts), http), std::move(known)) {}

  static schema_reader_parts with_http(schema_reader_parts parts, fetch_curl& http) {
    parts.ask = [&http](const transfer_request& request) { return http.ask(request); };
    return parts;
  }
  void run();
};

void schema_reader_thread::state::run() {
  std::unique_lock hold(lock);
  while (!stopped) {
    hold.unlock();
    worker.turn(steady_ms());
    hold.lock();
    stop_requested.wait_for(hold, pause, [this] { return stopped; });
  }
}

schema_reader_thread::schema_reader_thread(const sink_settings& settings, schema_reader_parts parts,
                                           upstream_schema known)
    : state_(std::make_unique<state>(settings, std::move(parts), std::move(known))) {
  state_->thread = std::thread([this] { state_->run(); });
}

schema_reader_thread::~schema_reader_thread() {
  stop();
}

void schema_reader_thread::stop() {
  if (!state_->thread.joinable()) {
    return;
  }
  state_->http.stop();
  {
    const std::lock_guard hold(state_->lock);
    state_->stopped = true;
  }
  state_->stop_requested.notify_all();
  state_->thread.join();
}

void schema_reader_thread::collect(metric_collector& out) const {
  state_->worker.collect(out);
}

}  // namespace weir
