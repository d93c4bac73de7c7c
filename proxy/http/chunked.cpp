// SPDX-License-Identifier: Apache-2.0
//
// The chunked coding as a byte machine; only the data of chunks moves in pieces. Pure.
#include "http/chunked.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/text/ascii.hpp"

namespace weir::http {
namespace {

// More hexadecimal digits than any size has that could be served; the number cannot overflow.
constexpr std::uint8_t size_digits_max = 15;

bool control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

bool chunk_decoder::expect(char c, char wanted, place next) noexcept {
  at_ = next;
  return c == wanted;
}

bool chunk_decoder::take_size(char c) noexcept {
  const int digit = hex_value(c);
  if (digit >= 0) {
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
    at_ = place::size;
    return ++size_digits_ <= size_digits_max;
  }
  if (at_ == place::size_begin) {
    return false;
  }
  at_ = c == ';' ? place::extension : place::size_feed;
  return c == ';' || c == '\r';
}

bool chunk_decoder::take_extension(char c) noexcept {
  if (c == '\r') {
    at_ = place::size_feed;
    return true;
  }
  return !control(c) && ++extension_bytes_ <= extension_bytes_max;
}

// A trailer field is "name: value"; what it says is of no interest, only where it ends.
bool chunk_decoder::take_trailer(char c) noexcept {
  if (++trailer_bytes_ > trailer_bytes_max) {
    return false;
  }
  if (at_ == place::trailer_value) {
    at_ = c == '\r' ? place::trailer_feed : place::trailer_value;
    return c == '\r' || !control(c);
  }
  if (at_ == place::trailer_begin && c == '\r') {
    at_ = place::last_feed;
    return true;
  }
  if (at_ == place::trailer_name && c == ':') {
    at_ = place::trailer_value;
    return true;
  }
  at_ = place::trailer_name;
  return c > ' ' && c != ':' && !control(c);
}

bool chunk_decoder::take(char c) noexcept {
  switch (at_) {
    case place::size_begin:
    case place::size:
      return take_size(c);
    case place::extension:
      return take_extension(c);
    case place::size_feed:
      return expect(c, '\n', remaining_ == 0 ? place::trailer_begin : place::data);
    case place::data_return:
      return expect(c, '\r', place::data_feed);
    case place::data_feed:
      size_digits_ = 0;
      return expect(c, '\n', place::size_begin);
    case place::trailer_begin:
    case place::trailer_name:
    case place::trailer_value:
      return take_trailer(c);
    case place::trailer_feed:
      return expect(c, '\n', place::trailer_begin);
    case place::last_feed:
      return expect(c, '\n', place::done);
    case place::data:
    case place::done:
      break;
  }
  return false;
}

chunk_decoder::step chunk_decoder::next(std::string_view bytes) noexcept {
  WEIR_ASSERT(at_ != place::done);
  std::size_t used = 0;
  while (used < bytes.size()) {
    if (at_ == place::data) {
      const std::size_t length =
          static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size() - used));
      remaining_ -= length;
      if (remaining_ == 0) {
        at_ = place::data_return;
      }
      return {status::data, used + length, bytes.substr(used, length)};
    }
    if (!take(bytes[used])) {
      return {status::damaged, used, {}};
    }
    ++used;
    if (at_ == place::done) {
      return {status::done, used, {}};
    }
  }
  return {status::more, used, {}};
}

}  // namespace weir::http
