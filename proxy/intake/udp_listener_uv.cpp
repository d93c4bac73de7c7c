// SPDX-License-Identifier: Apache-2.0
#include <uv.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "base/assert.hpp"
#include "intake/udp_listener.hpp"

namespace weir {
namespace {

// Calls of recvmmsg before the loop looks at its timer and at `finish` again.
constexpr int receives_per_turn_max = 16;

}  // namespace

struct udp_listener::state {
  state(udp_socket opened, const udp_listener_options& configured,
        std::unique_ptr<datagram_worker> work, udp_counts& counted)
      : socket(std::move(opened)),
        address(socket.address()),
        name(to_string(socket.address())),
        options(configured),
        worker(std::move(work)),
        counts(counted) {}

  udp_socket socket;
  const listen_address address;
  const std::string name;
  const udp_listener_options options;
  std::unique_ptr<datagram_worker> worker;
  udp_counts& counts;
  uv_loop_t loop{};
  uv_poll_t poll{};
  uv_async_t wake{};
  uv_timer_t flush_timer{};
  bool flush_due = false;
  bool begun = false;
  std::thread thread;
  std::atomic<bool> finishing{false};
  std::atomic<bool> is_open{true};
  counter bytes;
  counter kernel_drops;

  void prepare();
  void run();
  /// Bytes of the datagrams read; `drained` when the queue was found empty.
  std::size_t read_batch(bool& drained);
  void take(const datagram& one);
  void flush();
  void schedule_flush();
  void read_turn();
  void read_rest();
  void close_handles();
};

void udp_listener::state::prepare() {
  WEIR_ASSERT(uv_loop_init(&loop) == 0);
  WEIR_ASSERT(uv_async_init(&loop, &wake, [](uv_async_t* handle) {
                auto& self = *static_cast<state*>(handle->data);
                if (self.finishing.load() &&
                    uv_is_closing(reinterpret_cast<uv_handle_t*>(handle)) == 0) {
                  if (self.begun) {
                    self.read_rest();
                  }
                  self.close_handles();
                }
              }) == 0);
  WEIR_ASSERT(uv_timer_init(&loop, &flush_timer) == 0);
  WEIR_ASSERT(uv_poll_init(&loop, &poll, socket.fd()) == 0);
  wake.data = flush_timer.data = poll.data = this;
  WEIR_ASSERT(uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
                if (auto& self = *static_cast<state*>(handle->data); self.begun) {
                  self.read_turn();
                }
              }) == 0);
}

void udp_listener::state::run() {
  uv_run(&loop, UV_RUN_DEFAULT);
  socket.close();
  is_open.store(false);
}

void udp_listener::state::take(const datagram& one) {
  bytes.add(one.bytes.size());
  if (one.truncated) {
    // Its last line may read as a good one with another value: none of it is kept.
    counts.settle(udp_fate::truncated, 1);
    return;
  }
  worker->receive(one.bytes, one.from);
  if (worker->waiting() >= options.flush_bytes) {
    flush();
  }
}

std::size_t udp_listener::state::read_batch(bool& drained) {
  std::size_t read = 0;
  const std::vector<datagram>& batch = socket.receive();
  for (const datagram& one : batch) {
    take(one);
    read += one.bytes.size();
  }
  kernel_drops.set(socket.kernel_drops());
  drained = batch.size() < udp_socket::batch_max;
  return read;
}

void udp_listener::state::flush() {
  worker->flush();
  if (flush_due) {
    flush_due = false;
    uv_timer_stop(&flush_timer);
  }
  schedule_flush();  // what a group commit has not settled yet is looked at again
}

void udp_listener::state::read_turn() {
  bool drained = false;
  for (int i = 0; i < receives_per_turn_max && !drained; ++i) {
    read_batch(drained);
  }
  schedule_flush();
}

void udp_listener::state::schedule_flush() {
  if (worker->waiting() > 0 && !flush_due) {
    flush_due = true;
    // The loop's clock stood still while it read.
    uv_update_time(&loop);
    uv_timer_start(
        &flush_timer, [](uv_timer_t* handle) { static_cast<state*>(handle->data)->flush(); },
        static_cast<std::uint64_t>(options.flush_after.count()), 0);
  }
}

void udp_listener::state::read_rest() {
  // No more than the queue can hold: what came before the end was asked for is in it.
  std::size_t rest = socket.receive_buffer() + 1;
  bool drained = false;
  while (!drained && rest > 0) {
    const std::size_t read = read_batch(drained);
    rest -= std::min(rest, std::max<std::size_t>(read, udp_socket::batch_max));
  }
  flush();
}

void udp_listener::state::close_handles() {
  for (auto* handle : {reinterpret_cast<uv_handle_t*>(&poll), reinterpret_cast<uv_handle_t*>(&wake),
                       reinterpret_cast<uv_handle_t*>(&flush_timer)}) {
    uv_close(handle, nullptr);
  }
}

udp_listener::udp_listener(std::unique_ptr<state> built) : state_(std::move(built)) {}

udp_listener::~udp_listener() {
  stop();
  WEIR_ASSERT(uv_loop_close(&state_->loop) == 0);
}

result<std::unique_ptr<udp_listener>> udp_listener::start(const udp_listener_options& options,
                                                          std::unique_ptr<datagram_worker> worker,
                                                          udp_counts& counts) {
  auto opened = open(options, std::move(worker), counts);
  if (opened) {
    opened.value()->begin();
  }
  return opened;
}

result<std::unique_ptr<udp_listener>> udp_listener::open(const udp_listener_options& options,
                                                         std::unique_ptr<datagram_worker> worker,
                                                         udp_counts& counts) {
  auto opened = udp_socket::open(options.socket);
  if (!opened) {
    return opened.error();
  }
  auto built =
      std::make_unique<state>(std::move(opened).value(), options, std::move(worker), counts);
  built->prepare();
  return std::unique_ptr<udp_listener>(new udp_listener(std::move(built)));
}

void udp_listener::begin() {
  WEIR_ASSERT(!state_->thread.joinable());
  state_->begun = true;
  state_->thread = std::thread([running = state_.get()] { running->run(); });
}

const listen_address& udp_listener::address() const noexcept {
  return state_->address;
}

void udp_listener::finish() {
  if (!state_->finishing.exchange(true)) {
    uv_async_send(&state_->wake);
  }
}

bool udp_listener::is_open() const noexcept {
  return state_->is_open.load();
}

void udp_listener::stop() {
  finish();
  if (state_->thread.joinable()) {
    state_->thread.join();
  } else if (!state_->begun && state_->is_open.load()) {
    state_->run();  // only the handles are left to close
  }
}

void udp_listener::collect(metric_collector& out) const {
  const auto tell = [&](std::string_view metric, std::string_view help, const counter& value) {
    out.counter_value(metric, help, static_cast<double>(value.value()), {{"listen", state_->name}});
  };
  tell("weir_udp_received_bytes_total", "Bytes of the datagrams read.", state_->bytes);
  tell("weir_udp_kernel_drops_total",
       "Datagrams that the kernel dropped because the socket's receive buffer was full.",
       state_->kernel_drops);
}

}  // namespace weir
