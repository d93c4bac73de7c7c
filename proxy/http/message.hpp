// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 messages as the rest of weir sees them: no sockets, no parser.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/times.hpp"

namespace weir::http {

enum class method : std::uint8_t { get, head, post, put, patch, del, options, other };

/// As it is spelled in a request; empty for `other`.
[[nodiscard]] std::string_view name_of(method of) noexcept;

struct header_field {
  std::string_view name;
  std::string_view value;
};

/// A request's head. Its views live until the connection parses further bytes: what an exchange
/// needs later it copies in `router::open`.
struct request_head {
  http::method method = http::method::other;
  /// As sent: path and query, percent-encoded.
  std::string_view target;
  std::string_view path;
  /// Without the question mark; empty if there is none.
  std::string_view query;
  std::vector<header_field> headers;
  /// Nothing for a chunked or absent body.
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool expect_continue = false;
  /// HTTP/1.0: answers say `Connection: keep-alive` where the client asked for it.
  bool version_1_0 = false;

  /// The first value of a header, by its name in any case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// A body that is made while it is sent, a piece at a time.
class body_source {
 public:
  virtual ~body_source() = default;
  /// Does some work, a millisecond's at most, and appends what came of it, if anything. False: that
  /// was the last.
  [[nodiscard]] virtual bool next(std::string& out) = 0;
  /// What it holds at the moment, for the memory budget.
  [[nodiscard]] virtual std::size_t held_bytes() const noexcept = 0;
  /// It has nothing to give now. Once it has, `connection::more_to_answer` is called.
  [[nodiscard]] virtual bool waits() const noexcept { return false; }
  /// After the last piece: the body is not whole. The connection ends without the body's end, so
  /// that its client sees it.
  [[nodiscard]] virtual bool broken() const noexcept { return false; }
  /// Nobody needs it once the peer has closed its side.
  [[nodiscard]] virtual bool ends_with_peer() const noexcept { return false; }
};

/// What names a request in its answer; longer ones are cut. In place: every answer has one.
class request_id {
 public:
  static constexpr std::size_t bytes_max = 128;

  request_id() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): it is a text
  request_id(std::string_view text) noexcept
      : size_(static_cast<std::uint8_t>(std::min(text.size(), bytes_max))) {
    std::memcpy(text_.data(), text.data(), size_);
  }
  // NOLINTNEXTLINE(google-explicit-constructor)
  request_id(const char* text) noexcept : request_id(std::string_view(text)) {}
  request_id(const request_id& other) noexcept : request_id(other.text()) {}
  request_id& operator=(const request_id& other) noexcept {
    size_ = other.size_;
    std::memmove(text_.data(), other.text_.data(), size_);
    return *this;
  }
  ~request_id() = default;

  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  friend bool operator==(const request_id& one, const request_id& other) noexcept {
    return one.text() == other.text();
  }

 private:
  std::uint8_t size_ = 0;
  /// As far as `size_` says.
  std::array<char, bytes_max> text_;
};

/// Headers that all answers have. They need no memory of their own; views live as literals do.
struct common_headers {
  /// Content-Type of an answer that has none of its own; empty: no such header.
  std::string_view content_type{};
  /// Said as Request-Id and as X-Request-Id; empty: neither.
  request_id id{};
  /// Whole lines between these two.
  std::string_view lines{};
};

struct response {
  int status = 204;
  /// Empty: that of `common`.
  std::string content_type;
  common_headers common{};
  /// Further headers; names are literals, values are sanitised (control bytes become spaces) when
  /// written.
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::string body;
  /// Sent instead of `body` where memory for answers is short. Without one, a large answer becomes
  /// a 503, which would be untrue of a write that was kept.
  std::string brief_body;
  /// Takes the place of `body`.
  std::shared_ptr<body_source> source;
  /// Of an error that has several forms: its plain words, of which another body can be made. Not
  /// sent.
  std::string error{};
  /// Close the connection after it.
  bool close = false;

  /// The first further header of exactly that name, or that of `common`.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  /// Content-Type; empty: no such header.
  [[nodiscard]] std::string_view media_type() const noexcept {
    return content_type.empty() ? common.content_type : std::string_view(content_type);
  }
};

/// Standard reason phrase ("No Content").
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// Appends the response as it goes over the wire: Content-Length (none for 204), Date from
/// `date` and Connection as needed. `head_only`: the answer to a HEAD request.
void append_response(const response& answer, wall_time date, bool keep_alive, bool head_only,
                     std::string& out);

/// The same without its body, which follows as chunks or, not `chunked`, until the connection ends.
void append_streamed_head(const response& answer, wall_time date, bool keep_alive, bool chunked,
                          std::string& out);

/// Decodes application/x-www-form-urlencoded pairs ("a=b&c=%20d", `+` is a space). Bad escapes stay
/// as they are. At most `count_max` pairs are read.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> decode_form(
    std::string_view text, std::size_t count_max = 64);

/// The same, the other way round: `decode_form` reads it back.
[[nodiscard]] std::string encode_form(
    const std::vector<std::pair<std::string, std::string>>& pairs);

/// The first pair of that name; nothing if there is none.
[[nodiscard]] std::optional<std::string_view> find_value(
    const std::vector<std::pair<std::string, std::string>>& pairs, std::string_view name);

}  // namespace weir::http
