// SPDX-License-Identifier: Apache-2.0
//
// What a request's head says of its body: where it ends, and how it is encoded. Pure; the bytes
// themselves are connection.cpp's. Loop: the connection's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/times.hpp"
#include "codec/stream_decoder.hpp"
#include "http/chunked.hpp"
#include "http/message.hpp"

namespace weir::http {

enum class coding : std::uint8_t {
  identity,
  coded,     // by the coding, or the codings one upon another, of `coding_layers`
  snappy,    // for exchanges that read it themselves (`exchange::reads_snappy`)
  unknown,   // encoded in a way that is not read here
  doubtful,  // Content-Encoding names no coding ("utf-8", "application/gzip"): the body tells
};

/// Codings that were applied to a body one after the other, in that order.
struct coding_layers {
  static constexpr std::size_t layers_max = 3;
  std::array<content_coding, layers_max> of{};
  std::size_t count = 0;

  [[nodiscard]] std::span<const content_coding> all() const noexcept { return {of.data(), count}; }
};

/// By its Content-Encoding headers, all of them. `layers` is filled where they are `coded`.
[[nodiscard]] coding coding_of(const request_head& head, coding_layers& layers) noexcept;

/// As many bytes as `coding_shown` wants to see, where a body has so many.
inline constexpr std::size_t coding_bytes_shown = 64;

/// What a body of doubtful coding is by its first bytes: coded, with gzip, by its magic, identity
/// where they are text in UTF-8, otherwise unknown.
[[nodiscard]] coding coding_shown(std::string_view first_bytes) noexcept;

/// The body of the request under way. Holds no view into the head: that dies with the read.
struct framing {
  std::uint64_t remaining = 0;  // of a body with Content-Length
  bool chunked = false;
  /// A body may follow, and nothing says where it would end: HTTP/1.0, `Connection: close` or
  /// `Expect: 100-continue` without a length.
  bool length_unknown = false;
  /// All that still comes is thrown away, until the peer closes its side.
  bool until_end = false;
  chunk_decoder chunks{};
  coding encoding = coding::identity;
  coding_layers layers{};
  /// First bytes of a body of doubtful coding.
  std::string shown{};
  std::uint64_t wire_bytes = 0;
  std::uint64_t discarded_bytes = 0;
  /// When the body last made progress, and how many bytes had arrived then.
  steady_time progress{};
  std::uint64_t progress_bytes = 0;

  /// Moves first bytes of a body of doubtful coding from `piece` to `shown`: are there enough?
  [[nodiscard]] bool show(std::string_view& piece);
  [[nodiscard]] bool expected() const noexcept { return chunked || remaining > 0; }
};

/// `following`: the bytes behind the head that arrived with it. HTTP/1.1 says that a request
/// without a length has no body; where what follows cannot begin a request, it is one all the same.
[[nodiscard]] framing framing_of(const request_head& head, std::string_view following);

}  // namespace weir::http
