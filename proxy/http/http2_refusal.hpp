// SPDX-License-Identifier: Apache-2.0
//
// Refuses what is asked for over HTTP/2, in HTTP/2: clients of InfluxDB 3 query by Arrow Flight,
// which is gRPC, and show their users what a gRPC status says but not what is answered in HTTP/1.1.
// It reads frames as far as it must to know which request to answer, decodes no header and keeps
// nothing of what it reads. Pure. Loop: the connection's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::http {

class http2_refusal {
 public:
  /// What a client begins with, up to the end of what looks like a head of HTTP/1.
  static constexpr std::string_view begin = "PRI * HTTP/2.0\r\n\r\n";

  enum class status : std::uint8_t {
    more,
    over,  // all is said: the request is answered, or what came is no HTTP/2
  };
  /// Reads on from the bytes behind `begin`, cut anywhere, and appends to `out` what is to be sent.
  [[nodiscard]] status receive(std::string_view bytes, std::string& out);
  /// The client goes on in HTTP/2: something was sent to it.
  [[nodiscard]] bool begun() const noexcept { return begun_; }

 private:
  static constexpr std::size_t frame_head_bytes = 9;
  /// Of a frame that is answered with its content.
  static constexpr std::size_t ping_bytes = 8;

  [[nodiscard]] status take(char byte, std::string& out);
  [[nodiscard]] status take_frame_head(std::string& out);
  [[nodiscard]] status end_frame(std::string& out);

  std::size_t preface_read_ = 0;
  std::size_t head_read_ = 0;
  std::array<std::uint8_t, frame_head_bytes> head_{};
  /// Of the frame under way: how much is not here yet, its kind, its flags and its stream.
  std::uint32_t left_ = 0;
  std::uint8_t kind_ = 0;
  std::uint8_t flags_ = 0;
  std::uint32_t stream_ = 0;
  std::string ping_;
  bool begun_ = false;
};

}  // namespace weir::http
