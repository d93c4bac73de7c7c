// SPDX-License-Identifier: Apache-2.0
//
// A load run over HTTP: keep-alive connections, each with one request under way. No decision about
// what is sent or when (load.hpp), none about what an answer is (response_reader.hpp).
#pragma once

#include <memory>
#include <vector>

#include "tools/load/load_run_uv.hpp"

namespace weir {

class http_load_connection;
class response_reader;

class http_load final : public load_run {
 public:
  http_load(const load_options& options, load_source source,
            std::vector<sockaddr_storage> addresses);
  ~http_load() override;

 private:
  friend class http_load_connection;

  void begin() override;
  void send_due() override;
  void look() override;
  [[nodiscard]] bool idle() const override { return busy_ == 0; }
  void close() override;

  void answered(const response_reader& answer, const load_piece& piece, std::int64_t took_ns);
  void failed(const std::string& reason);
  /// `tried`: which of the addresses.
  void connect_failed(std::size_t tried, int status);
  /// If something is due and the connection is free.
  void send_next(http_load_connection& connection);

  const std::vector<sockaddr_storage> addresses_;
  std::vector<std::unique_ptr<http_load_connection>> connections_;
  /// Which of the addresses answers; the first ones may not.
  std::size_t address_ = 0;
  bool ever_connected_ = false;
  std::size_t busy_ = 0;
  std::vector<char> read_buffer_;
};

/// A load run over UDP, from one socket.
class udp_load final : public load_run {
 public:
  udp_load(const load_options& options, load_source source, const sockaddr_storage& address);
  ~udp_load() override;

 private:
  static void on_writable(uv_poll_t* handle, int status, int events);
  void begin() override;
  void send_due() override;
  void look() override {}
  [[nodiscard]] bool idle() const override { return batch_sent_ == batch_.size(); }
  void close() override;

  void fill_batch();
  [[nodiscard]] bool send_batch();
  void watch(bool wanted);

  const sockaddr_storage address_;
  int socket_ = -1;
  uv_poll_t poll_{};
  bool polling_ = false;
  /// Pieces that are handed to the system in one call, and how many of them it has.
  std::vector<load_piece> batch_;
  /// Where the pieces are made, each in its own, where they are made now.
  std::vector<std::string> buffers_;
  std::size_t batch_sent_ = 0;
};

}  // namespace weir
