// SPDX-License-Identifier: Apache-2.0
//
// An HTTP server that answers 204 to everything and keeps nothing (it does not know
// `Expect: 100-continue`): what stands behind weir and its
// peers when they are measured, so that no database is measured with them. Of remote write 2 it
// says that samples were written, without counting them: without that word senders go back to
// version 1. One thread, libuv and llhttp: with answers as long as weir's it is also the bare
// server that weir is held against. It prints its address first, and what it received when SIGTERM
// or SIGINT ends it.
#include <llhttp.h>
#include <uv.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t read_buffer_bytes = std::size_t{256} << 10;
constexpr int backlog = 1024;
constexpr std::string_view shortest_answer = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr std::string_view filling = "X-Filling: \r\n";
constexpr std::string_view answer_to_version_2 =
    "HTTP/1.1 204 No Content\r\n"
    "X-Prometheus-Remote-Write-Samples-Written: 1\r\n"
    "X-Prometheus-Remote-Write-Histograms-Written: 0\r\n"
    "X-Prometheus-Remote-Write-Exemplars-Written: 0\r\n\r\n";
/// In the Content-Type of its requests.
constexpr std::string_view version_2 = "io.prometheus.write.v2.Request";

void must(int status, const char* what) {
  if (status < 0) {
    std::fprintf(stderr, "null_server: %s: %s\n", what, uv_strerror(status));
    std::exit(1);
  }
}

struct server {
  uv_loop_t loop{};
  uv_tcp_t listener{};
  uv_signal_t terminate{};
  uv_signal_t interrupt{};
  llhttp_settings_t callbacks{};
  std::vector<char> buffer = std::vector<char>(read_buffer_bytes);
  std::string answer{shortest_answer};
  std::uint64_t requests = 0;
  std::uint64_t body_bytes = 0;
};

struct connection {
  server* owner = nullptr;
  uv_tcp_t tcp{};
  llhttp_t parser{};
  /// Of the request being read.
  bool of_version_2 = false;
};

connection& of(llhttp_t* parser) {
  return *static_cast<connection*>(parser->data);
}
connection& of(uv_handle_t* handle) {
  return *static_cast<connection*>(handle->data);
}

void close(connection& closed) {
  auto* handle = reinterpret_cast<uv_handle_t*>(&closed.tcp);
  if (uv_is_closing(handle) == 0) {
    uv_close(handle, [](uv_handle_t* gone) { delete &of(gone); });
  }
}

// Some bytes always fit the socket's buffer, unless the client does not read its answers.
void say(connection& to, std::string_view words) {
  const uv_buf_t bytes =
      uv_buf_init(const_cast<char*>(words.data()), static_cast<unsigned>(words.size()));
  if (uv_try_write(reinterpret_cast<uv_stream_t*>(&to.tcp), &bytes, 1) !=
      static_cast<int>(words.size())) {
    close(to);
  }
}

int on_body(llhttp_t* parser, const char*, std::size_t length) {
  of(parser).owner->body_bytes += length;
  return 0;
}
int on_begin(llhttp_t* parser) {
  of(parser).of_version_2 = false;
  return 0;
}
// A value that is cut in two by the end of a read is not known; the readings are long.
int on_value(llhttp_t* parser, const char* value, std::size_t length) {
  of(parser).of_version_2 |=
      std::string_view(value, length).find(version_2) != std::string_view::npos;
  return 0;
}
int on_message(llhttp_t* parser) {
  ++of(parser).owner->requests;
  say(of(parser), of(parser).of_version_2 ? answer_to_version_2 : of(parser).owner->answer);
  return 0;
}

void on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* out) {
  std::vector<char>& buffer = of(handle).owner->buffer;
  *out = uv_buf_init(buffer.data(), static_cast<unsigned>(buffer.size()));
}

void on_read(uv_stream_t* stream, ssize_t length, const uv_buf_t* bytes) {
  connection& from = of(reinterpret_cast<uv_handle_t*>(stream));
  if (length < 0 || (length > 0 && llhttp_execute(&from.parser, bytes->base,
                                                  static_cast<std::size_t>(length)) != HPE_OK)) {
    close(from);
  }
}

void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) {
    return;
  }
  auto& owner = *static_cast<server*>(listener->data);
  auto made = std::make_unique<connection>();
  made->owner = &owner;
  must(uv_tcp_init(&owner.loop, &made->tcp), "connection");
  made->tcp.data = made.get();
  llhttp_init(&made->parser, HTTP_REQUEST, &owner.callbacks);
  made->parser.data = made.get();
  connection& opened = *made.release();  // deleted when it is closed
  if (uv_accept(listener, reinterpret_cast<uv_stream_t*>(&opened.tcp)) != 0) {
    close(opened);
    return;
  }
  uv_tcp_nodelay(&opened.tcp, 1);
  must(uv_read_start(reinterpret_cast<uv_stream_t*>(&opened.tcp), on_allocate, on_read), "read");
}

void on_signal(uv_signal_t* handle, int) {
  uv_stop(handle->loop);
}

/// False: the text is no number from 0 to `most`.
bool read_number(std::string_view text, int most, int& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc{} && end == text.data() + text.size() && to >= 0 && to <= most;
}

/// As long as it is to be, as far as that can be.
std::string answer_of(std::size_t bytes) {
  std::string made{shortest_answer};
  if (bytes > shortest_answer.size() + filling.size()) {
    std::string header{filling};
    header.insert(header.size() - 2, bytes - shortest_answer.size() - filling.size(), 'x');
    made.insert(made.size() - 2, header);
  }
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  int port = 0;
  int answer_bytes = 0;
  if (argc < 2 || argc > 3 || !read_number(argv[1], 65'535, port) ||
      (argc == 3 && !read_number(argv[2], 10'000, answer_bytes))) {
    std::fprintf(stderr,
                 "null_server PORT [BYTES]: answers 204 on 127.0.0.1:PORT, with answers of so many "
                 "bytes; port 0 takes a free one\n");
    return 2;
  }
  server all;
  all.answer = answer_of(static_cast<std::size_t>(answer_bytes));
  llhttp_settings_init(&all.callbacks);
  all.callbacks.on_message_begin = on_begin;
  all.callbacks.on_header_value = on_value;
  all.callbacks.on_body = on_body;
  all.callbacks.on_message_complete = on_message;
  must(uv_loop_init(&all.loop), "loop");
  must(uv_tcp_init(&all.loop, &all.listener), "listener");
  all.listener.data = &all;
  sockaddr_in address{};
  must(uv_ip4_addr("127.0.0.1", port, &address), "address");
  must(uv_tcp_bind(&all.listener, reinterpret_cast<sockaddr*>(&address), 0), "bind");
  must(uv_listen(reinterpret_cast<uv_stream_t*>(&all.listener), backlog, on_connection), "listen");
  int length = sizeof address;
  must(uv_tcp_getsockname(&all.listener, reinterpret_cast<sockaddr*>(&address), &length), "name");
  for (uv_signal_t* handle : {&all.terminate, &all.interrupt}) {
    must(uv_signal_init(&all.loop, handle), "signal");
  }
  must(uv_signal_start(&all.terminate, on_signal, SIGTERM), "signal");
  must(uv_signal_start(&all.interrupt, on_signal, SIGINT), "signal");
  std::printf("127.0.0.1:%d\n", static_cast<int>(ntohs(address.sin_port)));
  std::fflush(stdout);
  uv_run(&all.loop, UV_RUN_DEFAULT);
  std::printf("%llu requests, %llu bytes\n", static_cast<unsigned long long>(all.requests),
              static_cast<unsigned long long>(all.body_bytes));
  return 0;
}
