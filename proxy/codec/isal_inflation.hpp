// SPDX-License-Identifier: Apache-2.0
//
// What gzip_inflater and deflate_inflater have in common: isa-l's streaming inflate, a step at a
// time into a chunk, with the bound. It knows no headers. For these two alone. Any one thread.
#pragma once

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/stream_decoder.hpp"

namespace weir {

/// Has no initialiser for isa-l's window and tables (about 90 KiB): isa-l writes before it reads.
struct isal_inflation {
  static constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;
  // isa-l counts input in 32 bits; larger pieces are fed in parts.
  static constexpr std::size_t part_bytes_max = std::size_t{1} << 30;

  inflate_state stream;
  std::uint64_t inflated_bytes_max = 0;
  std::uint64_t inflated_bytes = 0;
  bool failed = false;
  bool holds_output = false;

  isal_inflation() { isal_inflate_init(&stream); }

  void reset(std::uint64_t bytes_max) noexcept {
    inflated_bytes_max = bytes_max;
    inflated_bytes = 0;
    failed = false;
    holds_output = false;
  }

  /// All of the stream, its checksum too, has come.
  [[nodiscard]] bool at_end() const noexcept { return stream.block_state == ISAL_BLOCK_FINISH; }

  /// One call of isa-l with an empty output buffer. On return either all input is used up and all
  /// output is out, or there is more to do, or the stream has failed.
  [[nodiscard]] inflate_status step(const stream_decoder::sink& out) {
    std::array<std::uint8_t, chunk_bytes> buffer;  // not zeroed: isa-l fills it
    stream.next_out = buffer.data();
    stream.avail_out = static_cast<std::uint32_t>(buffer.size());
    const int status = isal_inflate(&stream);
    const std::size_t produced = buffer.size() - stream.avail_out;
    inflated_bytes += produced;
    if (inflated_bytes > inflated_bytes_max) {
      return inflate_status::too_long;
    }
    if (status < ISAL_DECOMP_OK || status == ISAL_NEED_DICT) {
      return inflate_status::damaged;
    }
    if (produced > 0) {
      out(std::string_view{reinterpret_cast<const char*>(buffer.data()), produced});
    }
    holds_output = !at_end() && stream.avail_out == 0;
    return inflate_status::more;
  }

  /// `work` reads input from the stream; what it used is taken off `piece`.
  template <class Work>
  [[nodiscard]] inflate_status feed(std::string_view& piece, const Work& work) {
    const auto part = static_cast<std::uint32_t>(std::min(piece.size(), part_bytes_max));
    // isa-l's interface predates const; it does not write to its input.
    stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(piece.data()));
    stream.avail_in = part;
    const inflate_status status = work();
    piece.remove_prefix(part - stream.avail_in);
    return status;
  }
};
static_assert(sizeof(isal_inflation) <= new_decoder_bytes);

}  // namespace weir
