// SPDX-License-Identifier: Apache-2.0
//
// A small HTTP/1.1 server for tests: plain sockets, one thread per connection, port 0. It reads
// bodies by Content-Length only, which is all that sinks send.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weir {

class http_server {
 public:
  struct request {
    std::string target;
    /// Lower-case header lines, each ended by CR LF.
    std::string headers;
    std::string body;
  };
  struct response {
    int status = 204;
    std::string headers;
    std::string body;
    /// Close the connection instead of answering.
    bool drop = false;
  };
  using handler = std::function<response(const request&)>;

  /// `port` 0 takes a free one; another to come back where an earlier server was.
  explicit http_server(handler answer, std::uint16_t port = 0) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    ok_ = ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
          ::listen(listener_, 64) == 0 &&
          ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard hold(lock_);
      for (const int socket : sockets_) {
        ::shutdown(socket, SHUT_RDWR);
      }
    }
    for (std::thread& one : threads_) {
      one.join();
    }
    for (const int socket : sockets_) {
      ::close(socket);
    }
  }

  bool ok() const { return ok_; }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::size_t connections() {
    const std::lock_guard hold(lock_);
    return sockets_.size();
  }
  std::vector<request> requests() {
    const std::lock_guard hold(lock_);
    return requests_;
  }
  /// Waits until so many requests were answered; false after ten seconds.
  bool wait_for(std::size_t count) {
    std::unique_lock hold(lock_);
    return arrived_.wait_for(hold, std::chrono::seconds(10),
                             [&] { return requests_.size() >= count; });
  }

 private:
  void accept_all() {
    while (!stopping_) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) {
        return;
      }
      const std::lock_guard hold(lock_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    std::string bytes;
    request one;
    while (read_request(socket, bytes, one)) {
      const response given = answer_(one);
      if (given.drop) {
        break;
      }
      {
        const std::lock_guard hold(lock_);
        requests_.push_back(one);
      }
      arrived_.notify_all();
      std::string out = "HTTP/1.1 " + std::to_string(given.status) + " X\r\n" + given.headers;
      if (given.status != 204) {
        out += "Content-Length: " + std::to_string(given.body.size()) + "\r\n";
      }
      out += "\r\n" + given.body;
      if (::send(socket, out.data(), out.size(), MSG_NOSIGNAL) < 0) {
        break;
      }
    }
    ::shutdown(socket, SHUT_RDWR);
  }

  static bool read_some(int socket, std::string& bytes) {
    char part[16 * 1024];
    const ssize_t n = ::recv(socket, part, sizeof part, 0);
    if (n <= 0) {
      return false;
    }
    bytes.append(part, static_cast<std::size_t>(n));
    return true;
  }

  static bool read_request(int socket, std::string& bytes, request& one) {
    std::size_t end = 0;
    while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
      if (!read_some(socket, bytes)) {
        return false;
      }
    }
    const std::size_t line_end = bytes.find("\r\n");
    const std::size_t from = bytes.find(' ') + 1;
    one.target = bytes.substr(from, bytes.find(' ', from) - from);
    one.headers.clear();
    for (std::size_t i = line_end + 2; i < end + 2; ++i) {
      one.headers += static_cast<char>(std::tolower(static_cast<unsigned char>(bytes[i])));
    }
    std::size_t length = 0;
    const std::string name = "content-length: ";
    if (const std::size_t at = one.headers.find(name); at != std::string::npos) {
      length = std::stoul(one.headers.substr(at + name.size()));
    }
    while (bytes.size() < end + 4 + length) {
      if (!read_some(socket, bytes)) {
        return false;
      }
    }
    one.body = bytes.substr(end + 4, length);
    bytes.erase(0, end + 4 + length);
    return true;
  }

  handler answer_;
  int listener_ = -1;
  bool ok_ = false;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
  std::mutex lock_;
  std::condition_variable arrived_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::vector<request> requests_;
};

}  // namespace weir
