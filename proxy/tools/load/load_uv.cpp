// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_uv.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "tools/load/load_statistics.hpp"
#include "tools/load/response_reader.hpp"

namespace weir {
namespace {

constexpr std::size_t read_buffer_bytes = std::size_t{64} << 10;

}  // namespace

/// One connection. It opens itself again when it was closed and there is more to send.
class http_load_connection {
 public:
  explicit http_load_connection(http_load& load) : load_(load) {}

  void open() {
    WEIR_ASSERT(now_ == state::closed);
    WEIR_ASSERT(uv_tcp_init(load_.loop(), &tcp_) == 0);
    tcp_.data = this;
    connect_.data = this;
    write_.data = this;
    now_ = state::connecting;
    tried_ = load_.address_;
    const auto* address = reinterpret_cast<const sockaddr*>(&load_.addresses_.at(tried_));
    const int status = uv_tcp_connect(&connect_, &tcp_, address, on_connected);
    if (status != 0) {
      connected(status);
    }
  }
  [[nodiscard]] bool closed() const noexcept { return now_ == state::closed; }
  [[nodiscard]] bool ready() const noexcept { return now_ == state::idle; }

  /// Takes the next piece. Requires: ready(), and one is due. The time is where the request's
  /// latency begins.
  void send_next(std::int64_t begun_ns) {
    WEIR_ASSERT(ready() && !writing_);
    piece_ = load_.take(buffer_);
    head_.clear();
    append_request_head(load_.options_, piece_.database, piece_.bytes.size(), head_);
    load_.totals_.wire_bytes_sent += head_.size();
    now_ = state::busy;
    ++load_.busy_;
    begun_ns_ = begun_ns;
    sent_ns_ = load_.now_ns();
    reader_.reset();
    writing_ = true;
    // libuv does not write to the bytes, though its type says so.
    const std::array<uv_buf_t, 2> bytes{
        uv_buf_init(head_.data(), static_cast<unsigned>(head_.size())),
        uv_buf_init(const_cast<char*>(piece_.bytes.data()),
                    static_cast<unsigned>(piece_.bytes.size()))};
    const int status = uv_write(&write_, reinterpret_cast<uv_stream_t*>(&tcp_), bytes.data(),
                                static_cast<unsigned>(bytes.size()), on_written);
    if (status != 0) {
      writing_ = false;
      lost(uv_strerror(status));
    }
  }
  /// Fails the request that has waited too long.
  void look(std::int64_t now_ns, std::int64_t timeout_ns) {
    if (now_ == state::busy && now_ns - sent_ns_ > timeout_ns) {
      lost("no answer in time");
    }
  }
  void close() {
    if (now_ == state::closed || now_ == state::closing) {
      return;
    }
    if (now_ == state::busy) {
      --load_.busy_;
    }
    now_ = state::closing;
    uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), on_closed);
  }
  /// The end of the run: what is under way counts as failed.
  void abandon() {
    if (now_ == state::busy) {
      load_.failed("not answered at the end");
    }
    close();
  }

 private:
  enum class state : std::uint8_t { closed, connecting, idle, busy, closing };
  static http_load_connection& of(void* data) { return *static_cast<http_load_connection*>(data); }

  static void on_connected(uv_connect_t* request, int status) {
    of(request->data).connected(status);
  }
  static void on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* out) {
    std::vector<char>& buffer = of(handle->data).load_.read_buffer_;
    *out = uv_buf_init(buffer.data(), static_cast<unsigned>(buffer.size()));
  }
  static void on_read(uv_stream_t* stream, ssize_t length, const uv_buf_t* bytes) {
    if (length != 0) {
      of(stream->data).read(length, bytes->base);
    }
  }
  static void on_written(uv_write_t* request, int status) {
    http_load_connection& self = of(request->data);
    self.writing_ = false;
    if (status != 0 && self.now_ == state::busy) {
      self.lost(uv_strerror(status));
    }
  }
  static void on_closed(uv_handle_t* handle) {
    http_load_connection& self = of(handle->data);
    self.now_ = state::closed;
    if (self.reopen_) {
      self.reopen_ = false;
      if (!self.load_.plan_.over(self.load_.now_ns())) {
        self.open();
      }
    }
  }

  void connected(int status) {
    if (now_ != state::connecting) {
      return;  // closed meanwhile
    }
    if (status != 0) {
      close();
      load_.connect_failed(tried_, status);
      return;
    }
    load_.ever_connected_ = true;
    ++load_.totals_.connections_opened;
    uv_tcp_nodelay(&tcp_, 1);
    WEIR_ASSERT(uv_read_start(reinterpret_cast<uv_stream_t*>(&tcp_), on_allocate, on_read) == 0);
    now_ = state::idle;
    load_.send_next(*this);
  }

  void read(ssize_t length, const char* bytes) {
    if (now_ != state::busy) {
      // The server closes a connection that rests, which it may; or it speaks unasked. It is opened
      // again at the next look, so that a server which does this always is not flooded.
      close();
      return;
    }
    const auto found = length > 0
                           ? reader_.feed({bytes, static_cast<std::size_t>(length)})
                           : (length == UV_EOF ? reader_.finish() : response_reader::state::more);
    if (found == response_reader::state::complete) {
      complete(length > 0);
    } else if (length < 0) {
      lost(length == UV_EOF ? "the server closed the connection without an answer"
                            : uv_strerror(static_cast<int>(length)));
    } else if (found == response_reader::state::damaged) {
      lost("the answer is not HTTP");
    }
  }

  void complete(bool open) {
    const load_piece piece = piece_;
    // An answer before the request is out: the rest of it is not wanted.
    const bool reusable = open && reader_.keep_alive() && !writing_;
    now_ = state::idle;
    --load_.busy_;
    load_.answered(reader_, piece, load_.now_ns() - begun_ns_);
    if (reusable) {
      load_.send_next(*this);
    } else {
      reopen_ = true;
      close();
    }
    load_.end_if_over();
  }

  void lost(const std::string& reason) {
    load_.failed(reason);
    close();
    load_.end_if_over();
  }

  http_load& load_;
  uv_tcp_t tcp_{};
  uv_connect_t connect_{};
  uv_write_t write_{};
  response_reader reader_;
  state now_ = state::closed;
  bool writing_ = false;
  /// At once when it is closed, not at the next look.
  bool reopen_ = false;
  /// Index of the address.
  std::size_t tried_ = 0;
  load_piece piece_;
  std::string head_;
  /// What the piece was made in.
  std::string buffer_;
  std::int64_t begun_ns_ = 0;
  std::int64_t sent_ns_ = 0;
};

http_load::http_load(const load_options& options, load_source source,
                     std::vector<sockaddr_storage> addresses)
    : load_run(options, std::move(source)),
      addresses_(std::move(addresses)),
      read_buffer_(read_buffer_bytes) {}

http_load::~http_load() = default;

void http_load::begin() {
  for (std::uint64_t i = 0; i < options_.connections; ++i) {
    connections_.push_back(std::make_unique<http_load_connection>(*this));
    connections_.back()->open();
  }
}

void http_load::send_due() {
  for (const auto& connection : connections_) {
    send_next(*connection);
  }
}

void http_load::send_next(http_load_connection& connection) {
  // A request that is sent a moment after it was due waited for our own timer; one that is later
  // waited for a connection, and that is the server's time.
  constexpr std::int64_t timer_slack_ns = 2'000'000;
  const std::int64_t now = now_ns();
  if (connection.ready() && plan_.due(now)) {
    const std::int64_t due = plan_.due_ns(now);
    connection.send_next(now - due > timer_slack_ns ? due : now);
  }
}

void http_load::look() {
  const std::int64_t now = now_ns();
  for (const auto& connection : connections_) {
    connection->look(now, options_.timeout.count());
    if (connection->closed() && !plan_.over(now)) {
      connection->open();
    }
  }
  const std::int64_t patience = 2 * options_.timeout.count();
  const std::int64_t waiting_since = plan_.paced() ? plan_.due_ns(now) : last_progress_ns_;
  if (now - std::max(waiting_since, last_progress_ns_) > patience) {
    give_up("the server did not answer any more");
  }
}

void http_load::answered(const response_reader& answer, const load_piece& piece,
                         std::int64_t took_ns) {
  add_latency(took_ns);
  last_progress_ns_ = now_ns();
  if (count_answer(answer.status(), answer.lines(), answer.body_begin(), piece, totals_)) {
    return;
  }
  if (totals_.first_refusal.empty()) {
    totals_.first_refusal = std::to_string(answer.status()) + " " + answer.body_begin();
    std::replace(totals_.first_refusal.begin(), totals_.first_refusal.end(), '\n', ' ');
  }
}

void http_load::failed(const std::string& reason) {
  ++totals_.failures[reason];
}

void http_load::connect_failed(std::size_t tried, int status) {
  const std::string reason =
      "cannot connect to " + to_string(options_.address) + ": " + uv_strerror(status);
  if (ever_connected_) {
    failed(reason);  // tried again at the next look
    return;
  }
  if (tried + 1 < addresses_.size()) {
    address_ = std::max(address_, tried + 1);
    return;
  }
  give_up(reason);
}

void http_load::close() {
  for (const auto& connection : connections_) {
    connection->abandon();
  }
}

}  // namespace weir
