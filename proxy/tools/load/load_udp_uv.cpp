// SPDX-License-Identifier: Apache-2.0
//
// Datagrams in batches, one system call each: libuv's own way costs a call a datagram, which is
// what a load generator cannot afford. The loop says when the socket takes more.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/assert.hpp"
#include "tools/load/load_uv.hpp"

namespace weir {
namespace {

constexpr std::size_t batch_datagrams_max = 64;
// Between two turns of the loop, so that signals and timers have theirs.
constexpr int batches_a_turn_max = 16;
constexpr int send_buffer_bytes = 4 << 20;

socklen_t length_of(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

}  // namespace

udp_load::udp_load(const load_options& options, load_source source, const sockaddr_storage& address)
    : load_run(options, std::move(source)), address_(address), buffers_(batch_datagrams_max) {}

udp_load::~udp_load() {
  if (socket_ >= 0) {
    ::close(socket_);
  }
}

void udp_load::begin() {
  socket_ = ::socket(address_.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0 ||
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&address_), length_of(address_)) != 0) {
    give_up("cannot send to " + to_string(options_.address) + ": " + std::strerror(errno));
    return;
  }
  // The system may grant less; then we wait more often.
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  WEIR_ASSERT(uv_poll_init(loop(), &poll_, socket_) == 0);
  poll_.data = this;
  watch(!plan_.paced());
}

void udp_load::watch(bool wanted) {
  if (wanted != polling_) {
    polling_ = wanted;
    const int status =
        wanted ? uv_poll_start(&poll_, UV_WRITABLE, on_writable) : uv_poll_stop(&poll_);
    WEIR_ASSERT(status == 0);
  }
}

void udp_load::on_writable(uv_poll_t* handle, int, int) {
  auto& self = *static_cast<udp_load*>(handle->data);
  self.send_due();
  self.end_if_over();
}

void udp_load::send_due() {
  for (int i = 0; i < batches_a_turn_max; ++i) {
    if (batch_sent_ == batch_.size()) {
      fill_batch();
    }
    if (batch_.empty()) {
      watch(!plan_.paced() && !plan_.over(now_ns()));
      return;
    }
    if (!send_batch()) {
      watch(true);
      return;
    }
  }
}

void udp_load::fill_batch() {
  batch_.clear();
  batch_sent_ = 0;
  const std::int64_t now = now_ns();
  while (batch_.size() < batch_datagrams_max && plan_.due(now)) {
    batch_.push_back(take(buffers_.at(batch_.size())));
  }
}

// Whether the system took something, be it an error's report; if not, it must be waited for.
bool udp_load::send_batch() {
  std::array<iovec, batch_datagrams_max> bytes{};
  std::array<mmsghdr, batch_datagrams_max> messages{};
  const std::size_t count = batch_.size() - batch_sent_;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view datagram = batch_[batch_sent_ + i].bytes;
    // sendmmsg does not write to the bytes, though its type says so.
    bytes.at(i) = {const_cast<char*>(datagram.data()), datagram.size()};
    messages.at(i).msg_hdr.msg_iov = &bytes.at(i);
    messages.at(i).msg_hdr.msg_iovlen = 1;
  }
  const int sent = ::sendmmsg(socket_, messages.data(), static_cast<unsigned>(count), 0);
  if (sent > 0) {
    batch_sent_ += static_cast<std::size_t>(sent);
    last_progress_ns_ = now_ns();
    return true;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
    return false;
  }
  ++totals_.failures[errno == ECONNREFUSED ? "nothing listens there (connection refused)"
                                           : std::strerror(errno)];
  if (errno != ECONNREFUSED) {
    ++batch_sent_;  // this datagram is the reason; a refusal tells of an earlier one
  }
  return true;
}

void udp_load::close() {
  if (poll_.data != nullptr) {
    watch(false);
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr);
  }
}

}  // namespace weir
