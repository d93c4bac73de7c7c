// SPDX-License-Identifier: Apache-2.0
//
// deflate_inflater over isa-l's streaming inflate. The first two bytes tell the zlib format (RFC
// 1950) from bare deflate data (RFC 1951): a header of zlib would be, as bare data, a stored block
// whose padding is not zero, which no encoder writes. Any one thread.
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "codec/deflate.hpp"

namespace weir {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;
// isa-l counts input in 32 bits; larger pieces are fed in parts.
constexpr std::size_t part_bytes_max = std::size_t{1} << 30;
// isa-l's window and tables.
constexpr std::size_t state_bytes = std::size_t{96} << 10;

// RFC 1950, section 2.2: deflate with a window of at most 32 KiB, and a check of the two bytes.
bool begins_zlib(std::uint8_t first, std::uint8_t second) noexcept {
  return (first & 0x0F) == 8 && first >> 4 <= 7 && (first * 256 + second) % 31 == 0;
}

// It needs a dictionary, which nobody has.
bool names_dictionary(std::uint8_t second) noexcept {
  return (second & 0x20) != 0;
}

}  // namespace

struct deflate_inflater::state {
  inflate_state stream;
  std::uint64_t inflated_bytes_max = 0;
  std::uint64_t inflated_bytes = 0;
  std::array<std::uint8_t, 2> head{};
  std::size_t head_read = 0;
  bool over = false;
  bool failed = false;
  bool holds_output = false;

  inflate_status begin(const sink& out);
  inflate_status inflate_some(const sink& out);
};

// `new` without braces leaves isa-l's tables unwritten: isa-l writes before it reads.
deflate_inflater::deflate_inflater() : state_(new state) {
  isal_inflate_init(&state_->stream);
  reset(0);
}
deflate_inflater::~deflate_inflater() = default;

void deflate_inflater::reset(std::uint64_t inflated_bytes_max) {
  state_->inflated_bytes_max = inflated_bytes_max;
  state_->inflated_bytes = 0;
  state_->head_read = 0;
  state_->over = false;
  state_->failed = false;
  state_->holds_output = false;
}

// The first two bytes are here.
inflate_status deflate_inflater::state::begin(const sink& out) {
  isal_inflate_reset(&stream);
  if (begins_zlib(head[0], head[1])) {
    stream.crc_flag = ISAL_ZLIB_NO_HDR_VER;  // the checksum is verified
    return names_dictionary(head[1]) ? inflate_status::damaged : inflate_status::more;
  }
  stream.crc_flag = ISAL_DEFLATE;
  std::uint8_t* const next = stream.next_in;
  const std::uint32_t left = stream.avail_in;
  stream.next_in = head.data();
  stream.avail_in = static_cast<std::uint32_t>(head.size());
  const inflate_status status = inflate_some(out);
  const bool used = stream.avail_in == 0;
  stream.next_in = next;
  stream.avail_in = left;
  return used ? status : inflate_status::damaged;
}

// One call of isa-l with an empty output buffer.
inflate_status deflate_inflater::state::inflate_some(const sink& out) {
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
  over = stream.block_state == ISAL_BLOCK_FINISH;
  holds_output = !over && stream.avail_out == 0;
  // isa-l has read ahead: whole bytes that it keeps belong to nothing.
  const bool kept_more = over && stream.read_in_length >= 8;
  return kept_more ? inflate_status::damaged : inflate_status::more;
}

inflate_status deflate_inflater::feed_some(std::string_view& piece, const sink& out) {
  state& self = *state_;
  WEIR_ASSERT(!self.failed);
  inflate_status status = inflate_status::more;
  while (self.head_read < self.head.size() && !piece.empty()) {
    self.head[self.head_read++] = static_cast<std::uint8_t>(piece.front());
    piece.remove_prefix(1);
    if (self.head_read == self.head.size()) {
      status = self.begin(out);
      self.failed = status != inflate_status::more;
      return status;
    }
  }
  if (self.head_read < self.head.size()) {
    return status;
  }
  if (self.over) {
    status = piece.empty() ? inflate_status::more : inflate_status::damaged;
  } else {
    const auto part = static_cast<std::uint32_t>(std::min(piece.size(), part_bytes_max));
    // isa-l's interface predates const; it does not write to its input.
    self.stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(piece.data()));
    self.stream.avail_in = part;
    status = self.inflate_some(out);
    piece.remove_prefix(part - self.stream.avail_in);
  }
  self.failed = status != inflate_status::more;
  return status;
}

bool deflate_inflater::holds_output() const noexcept {
  return state_->holds_output && !state_->failed;
}

bool deflate_inflater::complete() const noexcept {
  return state_->over && !state_->failed;
}

std::size_t deflate_inflater::held_bytes() const noexcept {
  return state_bytes;
}

}  // namespace weir
