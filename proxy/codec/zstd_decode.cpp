// SPDX-License-Identifier: Apache-2.0
//
// zstd_decoder over libzstd's streaming interface, which walks from frame to frame and verifies
// checksums. This file looks at each frame's magic number first (libzstd may know older formats,
// whose decoders keep no bound), keeps the bounds and says when the stream may end. Any one thread.
#include <zstd.h>
#include <zstd_errors.h>

#include <array>

#include "base/assert.hpp"
#include "codec/zstd.hpp"

namespace weir {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;
// The longest header of a frame (RFC 8878, section 3.1.1.1, with the magic number).
constexpr std::size_t header_bytes_max = 18;

// RFC 8878, sections 3.1.1 and 3.1.2: a frame's magic number, or a skippable frame's, whose first
// byte has its upper half alone. `at`: which byte of it.
bool fits_magic(std::size_t at, std::uint8_t byte, bool& skippable) noexcept {
  constexpr std::array<std::uint8_t, 4> frame{0x28, 0xB5, 0x2F, 0xFD};
  constexpr std::array<std::uint8_t, 4> skipped{0x50, 0x2A, 0x4D, 0x18};
  if (at == 0) {
    skippable = (byte & 0xF0) == skipped[0];
    return skippable || byte == frame[0];
  }
  return byte == (skippable ? skipped[at] : frame[at]);
}

}  // namespace

struct zstd_decoder::state {
  ZSTD_DCtx* stream = nullptr;
  std::uint64_t inflated_bytes_max = 0;
  std::uint64_t inflated_bytes = 0;
  /// Bytes of the frame's magic number that were seen.
  std::size_t magic_read = 0;
  bool skippable = false;
  /// The frame's first bytes, and how many came out of it.
  std::array<char, header_bytes_max> header{};
  std::size_t header_bytes = 0;
  std::uint64_t frame_bytes = 0;
  bool inside_frame = false;
  bool any_frame = false;
  bool failed = false;
  bool holds_output = false;

  [[nodiscard]] bool takes_magic(std::string_view piece) noexcept;
  void begin_frame() noexcept;
  [[nodiscard]] bool has_as_much_as_it_says() const noexcept;
  inflate_status step(std::string_view& piece, const sink& out);
};

zstd_decoder::zstd_decoder() : state_(std::make_unique<state>()) {
  state_->stream = ZSTD_createDCtx();
  WEIR_ASSERT(state_->stream != nullptr);
  const std::size_t set =
      ZSTD_DCtx_setParameter(state_->stream, ZSTD_d_windowLogMax, window_log_max);
  WEIR_ASSERT(ZSTD_isError(set) == 0);
}
zstd_decoder::~zstd_decoder() {
  ZSTD_freeDCtx(state_->stream);
}

void zstd_decoder::reset(std::uint64_t inflated_bytes_max) {
  ZSTD_DCtx_reset(state_->stream, ZSTD_reset_session_only);
  state_->inflated_bytes_max = inflated_bytes_max;
  state_->inflated_bytes = 0;
  state_->begin_frame();
  state_->inside_frame = false;
  state_->any_frame = false;
  state_->failed = false;
  state_->holds_output = false;
}

bool zstd_decoder::state::takes_magic(std::string_view piece) noexcept {
  for (std::size_t i = 0; i < piece.size() && magic_read < 4; ++i, ++magic_read) {
    if (!fits_magic(magic_read, static_cast<std::uint8_t>(piece[i]), skippable)) {
      return false;
    }
  }
  return true;
}

void zstd_decoder::state::begin_frame() noexcept {
  magic_read = 0;
  header_bytes = 0;
  frame_bytes = 0;
}

// libzstd 1.5.4 does not look at that if the last block is empty.
bool zstd_decoder::state::has_as_much_as_it_says() const noexcept {
  const std::uint64_t said = ZSTD_getFrameContentSize(header.data(), header_bytes);
  return said == ZSTD_CONTENTSIZE_UNKNOWN || said == ZSTD_CONTENTSIZE_ERROR || said == frame_bytes;
}

// One call of libzstd with an empty output buffer. It stops at a frame's end.
inflate_status zstd_decoder::state::step(std::string_view& piece, const sink& out) {
  // A frame that libzstd gets in one piece it reads in another way, which takes other damage for
  // good: so that all come out alike, however they arrive, the first byte goes alone.
  const std::string_view now = piece.substr(0, header_bytes == 0 ? 1 : piece.size());
  if (!takes_magic(now)) {
    return inflate_status::damaged;
  }
  std::array<char, chunk_bytes> buffer;  // not zeroed: libzstd fills it
  ZSTD_outBuffer into{buffer.data(), buffer.size(), 0};
  ZSTD_inBuffer from{now.data(), now.size(), 0};
  inside_frame = true;
  const std::size_t left = ZSTD_decompressStream(stream, &into, &from);
  if (ZSTD_isError(left) != 0) {
    const ZSTD_ErrorCode code = ZSTD_getErrorCode(left);
    const bool wide =
        code == ZSTD_error_frameParameter_windowTooLarge || code == ZSTD_error_memory_allocation;
    return wide ? inflate_status::too_wide : inflate_status::damaged;
  }
  header_bytes +=
      piece.substr(0, from.pos).copy(header.data() + header_bytes, header.size() - header_bytes);
  piece.remove_prefix(from.pos);
  frame_bytes += into.pos;
  inflated_bytes += into.pos;
  if (inflated_bytes > inflated_bytes_max) {
    return inflate_status::too_long;
  }
  if (into.pos > 0) {
    out(std::string_view{buffer.data(), into.pos});
  }
  holds_output = left > 0 && into.pos == into.size;
  if (left == 0) {
    if (!has_as_much_as_it_says()) {
      return inflate_status::damaged;
    }
    inside_frame = false;
    any_frame = true;
    begin_frame();
  }
  return inflate_status::more;
}

inflate_status zstd_decoder::feed_some(std::string_view& piece, const sink& out) {
  WEIR_ASSERT(!state_->failed);
  const inflate_status status = state_->step(piece, out);
  state_->failed = status != inflate_status::more;
  return status;
}

bool zstd_decoder::holds_output() const noexcept {
  return state_->holds_output && !state_->failed;
}

bool zstd_decoder::complete() const noexcept {
  return state_->any_frame && !state_->inside_frame && !state_->failed;
}

std::size_t zstd_decoder::held_bytes() const noexcept {
  return ZSTD_sizeof_DCtx(state_->stream);
}

}  // namespace weir
