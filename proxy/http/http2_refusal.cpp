// SPDX-License-Identifier: Apache-2.0
//
// Frames of HTTP/2 (RFC 9113) as far as a refusal needs them, and one answer in HPACK (RFC 7541)
// that uses neither its table nor Huffman's code. Any one thread.
#include "http/http2_refusal.hpp"

namespace weir::http {
namespace {

constexpr std::string_view rest_of_preface = "SM\r\n\r\n";
// What a peer may send until it is told otherwise, which it never is.
constexpr std::uint32_t frame_bytes_max = 16'384;
// gRPC's UNIMPLEMENTED. It holds printable ASCII without "%" alone, as grpc-message must.
constexpr std::string_view grpc_unimplemented = "12";
constexpr std::string_view why =
    "weir takes writes (over HTTP/1.1, such as /api/v3/write_lp) and answers no Flight or SQL "
    "queries: query the database itself";

enum kind : std::uint8_t { data = 0, headers = 1, settings = 4, ping = 6, goaway = 7, more = 9 };
constexpr std::uint8_t flag_ack = 1;
constexpr std::uint8_t flag_end_stream = 1;
constexpr std::uint8_t flag_end_headers = 4;

void append_frame(std::uint8_t frame_kind, std::uint8_t flags, std::uint32_t stream,
                  std::string_view content, std::string& out) {
  const std::size_t size = content.size();
  for (const std::size_t shift : {16U, 8U, 0U}) {
    out.push_back(static_cast<char>(size >> shift & 0xFF));
  }
  out.push_back(static_cast<char>(frame_kind));
  out.push_back(static_cast<char>(flags));
  for (const std::uint32_t shift : {24U, 16U, 8U, 0U}) {
    out.push_back(static_cast<char>(stream >> shift & 0xFF));
  }
  out.append(content);
}

// RFC 7541, sections 5.1 and 5.2: a length with a prefix of seven bits, then the text.
void append_text(std::string_view text, std::string& out) {
  constexpr std::size_t prefix_max = 127;
  std::size_t left = text.size();
  if (left < prefix_max) {
    out.push_back(static_cast<char>(left));
  } else {
    out.push_back(static_cast<char>(prefix_max));
    for (left -= prefix_max; left >= 128; left /= 128) {
      out.push_back(static_cast<char>(left % 128 + 128));
    }
    out.push_back(static_cast<char>(left));
  }
  out.append(text);
}

void append_header(std::string_view name, std::string_view value, std::string& out) {
  out.push_back('\0');  // a literal that no table remembers, with a new name
  append_text(name, out);
  append_text(value, out);
}

// The status is no success, so that whoever is no gRPC client takes it for none; gRPC clients look
// at grpc-status first, and where they do not, 404 means UNIMPLEMENTED to them.
std::string refusing_headers() {
  std::string block;
  append_header(":status", "404", block);
  append_header("content-type", "application/grpc", block);
  append_header("grpc-status", grpc_unimplemented, block);
  append_header("grpc-message", why, block);
  return block;
}

// The last stream that was looked at, no error, and the reason for people.
void append_goaway(std::uint32_t last_stream, std::string& out) {
  std::string content;
  for (const std::uint32_t shift : {24U, 16U, 8U, 0U}) {
    content.push_back(static_cast<char>(last_stream >> shift & 0xFF));
  }
  content.append(4, '\0').append(why);
  append_frame(goaway, 0, 0, content, out);
}

}  // namespace

http2_refusal::status http2_refusal::receive(std::string_view bytes, std::string& out) {
  for (const char byte : bytes) {
    if (take(byte, out) == status::over) {
      return status::over;
    }
  }
  return status::more;
}

http2_refusal::status http2_refusal::take(char byte, std::string& out) {
  if (preface_read_ < rest_of_preface.size()) {
    return byte == rest_of_preface[preface_read_++] ? status::more : status::over;
  }
  if (head_read_ < frame_head_bytes) {
    head_[head_read_++] = static_cast<std::uint8_t>(byte);
    return head_read_ < frame_head_bytes ? status::more : take_frame_head(out);
  }
  if (kind_ == ping && ping_.size() < ping_bytes) {
    ping_.push_back(byte);
  }
  return --left_ > 0 ? status::more : end_frame(out);
}

http2_refusal::status http2_refusal::take_frame_head(std::string& out) {
  const auto at = [this](std::size_t i) { return static_cast<std::uint32_t>(head_[i]); };
  left_ = at(0) << 16 | at(1) << 8 | at(2);
  kind_ = head_[3];
  flags_ = head_[4];
  stream_ = (at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8)) & 0x7FFF'FFFFU;
  ping_.clear();
  if (!begun_) {
    if (kind_ != settings) {
      return status::over;  // a client's first frame says its settings
    }
    begun_ = true;
    append_frame(settings, 0, 0, {}, out);
  }
  if (left_ > frame_bytes_max) {
    append_goaway(0, out);
    return status::over;
  }
  return left_ > 0 ? status::more : end_frame(out);
}

http2_refusal::status http2_refusal::end_frame(std::string& out) {
  head_read_ = 0;
  const bool acknowledges = (flags_ & flag_ack) != 0;
  if (kind_ == settings && !acknowledges) {
    append_frame(settings, flag_ack, 0, {}, out);
  } else if (kind_ == ping && !acknowledges) {
    append_frame(ping, flag_ack, 0, ping_, out);
  } else if (kind_ == goaway) {
    return status::over;
  } else if ((kind_ == headers || kind_ == more) && (flags_ & flag_end_headers) != 0) {
    append_frame(headers, flag_end_stream | flag_end_headers, stream_, refusing_headers(), out);
    append_goaway(stream_, out);
    return status::over;
  }
  return status::more;
}

}  // namespace weir::http
