// SPDX-License-Identifier: Apache-2.0
//
// Reads one request's head (first line and headers) once all of it is there. llhttp, strict, does
// the grammar; around it stand the checks that matter where another proxy stands in front and might
// read the same bytes otherwise. Pure; nothing here knows of bodies or connections.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace weir::http {

/// Where the head ends: the bytes up to and with its empty line, or nothing if it is not all there.
/// `scanned` is how far earlier calls have looked (begin with 0), so that byte-by-byte arrival
/// costs linear time.
[[nodiscard]] std::optional<std::size_t> find_head_end(std::string_view bytes,
                                                       std::size_t& scanned) noexcept;

/// A request that is not served, in words for the person who wrote its client.
struct refusal {
  int status = 400;
  std::string why;
};

/// Whether a head may begin so. Speaks up at the first byte, so that who talks TLS or plain line
/// protocol to an HTTP port need not wait for a timeout.
[[nodiscard]] std::optional<refusal> refuse_first_byte(char first);

/// Reads a whole head, as `find_head_end` delimits it, into `out`, whose views point into `bytes`.
/// A head that may be read in two ways is refused, not interpreted.
[[nodiscard]] std::optional<refusal> parse_head(std::string_view bytes, request_head& out);

}  // namespace weir::http
