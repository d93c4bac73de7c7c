// SPDX-License-Identifier: Apache-2.0
//
// gzip members by isa-l, level 1. Pure. Compression is the largest cost of the whole path and is
// paid once, on the intake threads; each of them keeps one compressor.
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.hpp"
#include "codec/gzip.hpp"

namespace weir {

struct gzip_compressor::state {
  isal_zstream stream;
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level_buffer;
  /// Output goes through here, so that `out` grows by what came out and no more.
  std::array<std::uint8_t, std::size_t{64} * 1024> chunk;

  void begin_member() {
    isal_deflate_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.level = 1;
    stream.level_buf = level_buffer.data();
    stream.level_buf_size = static_cast<std::uint32_t>(level_buffer.size());
    stream.flush = NO_FLUSH;
  }

  /// Compresses `piece` (at most 4 GiB) and appends what comes out.
  void compress(std::string_view piece, bool last, std::string& out) {
    // isa-l reads only; its interface predates const.
    stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(piece.data()));
    stream.avail_in = static_cast<std::uint32_t>(piece.size());
    stream.end_of_stream = last ? 1 : 0;
    do {
      stream.next_out = chunk.data();
      stream.avail_out = static_cast<std::uint32_t>(chunk.size());
      const int status = isal_deflate(&stream);
      WEIR_ASSERT(status == COMP_OK);
      out.append(reinterpret_cast<const char*>(chunk.data()), chunk.size() - stream.avail_out);
    } while (stream.avail_out == 0 || stream.avail_in > 0);
  }
};

// Not cleared: begin_member does that for what isa-l reads, and a thread that never compresses
// should not hold 430 KB of zeros.
gzip_compressor::gzip_compressor() : state_(std::make_unique_for_overwrite<state>()) {}
gzip_compressor::~gzip_compressor() = default;

void gzip_compressor::append_member(std::span<const std::string_view> pieces, std::string& out) {
  constexpr std::size_t bytes_max = std::size_t{1} << 30;
  state_->begin_member();
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const std::size_t bytes = std::min(piece.size(), bytes_max);
      state_->compress(piece.substr(0, bytes), false, out);
      piece.remove_prefix(bytes);
    }
  }
  state_->compress({}, true, out);
  WEIR_ASSERT(state_->stream.internal_state.state == ZSTATE_END);
}

}  // namespace weir
