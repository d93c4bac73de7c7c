// SPDX-License-Identifier: Apache-2.0
//
// deflate_inflater over isa-l's streaming inflate. The first two bytes tell the zlib format (RFC
// 1950) from bare deflate data (RFC 1951): a header of zlib would be, as bare data, a stored block
// whose padding is not zero, which no encoder writes. Any one thread.
#include <isa-l/igzip_lib.h>

#include <array>

#include "base/assert.hpp"
#include "codec/deflate.hpp"
#include "codec/isal_inflation.hpp"

namespace weir {
namespace {

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
  isal_inflation inflation;
  std::array<char, 2> head{};
  std::size_t head_read = 0;

  [[nodiscard]] bool has_begun() const noexcept { return head_read == head.size(); }
  inflate_status read_head(std::string_view& piece, const sink& out);
  inflate_status begin(const sink& out);
  inflate_status step(const sink& out);
};

// `new` without braces leaves isa-l's tables unwritten.
deflate_inflater::deflate_inflater() : state_(new state) {
  reset(0);
}
deflate_inflater::~deflate_inflater() = default;

void deflate_inflater::reset(std::uint64_t inflated_bytes_max) {
  state_->inflation.reset(inflated_bytes_max);
  state_->head_read = 0;
}

inflate_status deflate_inflater::state::read_head(std::string_view& piece, const sink& out) {
  while (!has_begun() && !piece.empty()) {
    head[head_read++] = piece.front();
    piece.remove_prefix(1);
  }
  return has_begun() ? begin(out) : inflate_status::more;
}

inflate_status deflate_inflater::state::begin(const sink& out) {
  isal_inflate_reset(&inflation.stream);
  const auto first = static_cast<std::uint8_t>(head[0]);
  const auto second = static_cast<std::uint8_t>(head[1]);
  if (begins_zlib(first, second)) {
    inflation.stream.crc_flag = ISAL_ZLIB_NO_HDR_VER;  // the checksum is verified
    return names_dictionary(second) ? inflate_status::damaged : inflate_status::more;
  }
  inflation.stream.crc_flag = ISAL_DEFLATE;
  std::string_view data(head.data(), head.size());
  const inflate_status status = inflation.feed(data, [&] { return step(out); });
  return data.empty() ? status : inflate_status::damaged;
}

// One call of isa-l, unless its stream is over.
inflate_status deflate_inflater::state::step(const sink& out) {
  if (inflation.at_end()) {
    return inflation.stream.avail_in == 0 ? inflate_status::more : inflate_status::damaged;
  }
  const inflate_status status = inflation.step(out);
  // isa-l has read ahead: whole bytes that it keeps belong to nothing.
  const bool kept_more = inflation.at_end() && inflation.stream.read_in_length >= 8;
  return status == inflate_status::more && kept_more ? inflate_status::damaged : status;
}

inflate_status deflate_inflater::feed_some(std::string_view& piece, const sink& out) {
  state& self = *state_;
  WEIR_ASSERT(!self.inflation.failed);
  const inflate_status status = self.has_begun()
                                    ? self.inflation.feed(piece, [&] { return self.step(out); })
                                    : self.read_head(piece, out);
  self.inflation.failed = status != inflate_status::more;
  return status;
}

bool deflate_inflater::holds_output() const noexcept {
  return state_->inflation.holds_output && !state_->inflation.failed;
}

bool deflate_inflater::complete() const noexcept {
  return state_->has_begun() && state_->inflation.at_end() && !state_->inflation.failed;
}

std::size_t deflate_inflater::held_bytes() const noexcept {
  return new_decoder_bytes;
}

}  // namespace weir
