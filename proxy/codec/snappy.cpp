// SPDX-License-Identifier: Apache-2.0
//
// The framed format: https://github.com/google/snappy/blob/main/framing_format.txt
#include "codec/snappy.hpp"

#include <isa-l/crc.h>
#include <snappy.h>

#include <algorithm>

namespace weir {
namespace {

constexpr std::string_view stream_begin("\xff\x06\x00\x00sNaPpY", 10);
constexpr std::size_t chunk_head_bytes = 4;
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t chunk_inflated_bytes_max = 65'536;

std::uint32_t little_endian(std::string_view bytes) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

/// CRC-32C, masked as the format asks for.
std::uint32_t masked_checksum(std::string_view bytes) {
  std::string copy;  // the library wants bytes that it might change
  copy.assign(bytes);
  const std::uint32_t crc = ~crc32_iscsi(reinterpret_cast<unsigned char*>(copy.data()),
                                         static_cast<int>(copy.size()), 0xFFFF'FFFFU);
  return (crc >> 15 | crc << 17) + 0xA282'EAD8U;
}

std::size_t room_in(const std::string& out, std::size_t bytes_max) noexcept {
  return bytes_max - std::min(bytes_max, out.size());
}

snappy_status add_data(std::string_view chunk, bool is_compressed, std::size_t bytes_max,
                       std::string& out) {
  if (chunk.size() < checksum_bytes) {
    return snappy_status::damaged;
  }
  const std::uint32_t checksum = little_endian(chunk.substr(0, checksum_bytes));
  chunk.remove_prefix(checksum_bytes);
  const std::size_t before = out.size();
  if (is_compressed) {
    const snappy_status status = decode_snappy_block(chunk, bytes_max, out);
    if (status != snappy_status::whole) {
      return status;
    }
  } else if (chunk.size() > room_in(out, bytes_max)) {
    return snappy_status::too_long;
  } else {
    out.append(chunk);
  }
  const std::string_view added = std::string_view(out).substr(before);
  return added.size() <= chunk_inflated_bytes_max && masked_checksum(added) == checksum
             ? snappy_status::whole
             : snappy_status::damaged;
}

}  // namespace

bool is_framed_snappy(std::string_view bytes) noexcept {
  return bytes.starts_with(stream_begin);
}

snappy_status decode_framed_snappy(std::string_view bytes, std::size_t bytes_max,
                                   std::string& out) {
  if (!is_framed_snappy(bytes)) {
    return snappy_status::damaged;
  }
  while (!bytes.empty()) {
    if (bytes.size() < chunk_head_bytes) {
      return snappy_status::damaged;
    }
    const auto kind = static_cast<unsigned char>(bytes.front());
    const std::size_t length = little_endian(bytes.substr(1, 3));
    bytes.remove_prefix(chunk_head_bytes);
    if (length > bytes.size()) {
      return snappy_status::damaged;
    }
    const std::string_view chunk = bytes.substr(0, length);
    bytes.remove_prefix(length);
    if (kind == 0x00 || kind == 0x01) {
      const snappy_status status = add_data(chunk, kind == 0x00, bytes_max, out);
      if (status != snappy_status::whole) {
        return status;
      }
    } else if (kind < 0x80 || (kind == 0xff && chunk != stream_begin.substr(chunk_head_bytes))) {
      return snappy_status::damaged;  // 0x02 to 0x7f may not be passed over
    }
  }
  return snappy_status::whole;
}

snappy_status decode_snappy_block(std::string_view bytes, std::size_t bytes_max, std::string& out) {
  std::size_t length = 0;
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &length)) {
    return snappy_status::damaged;
  }
  if (length > room_in(out, bytes_max)) {
    return snappy_status::too_long;
  }
  // A length that is a lie costs no memory: nothing is compressed by more than this.
  constexpr std::size_t ratio_max = 64;
  if (length / ratio_max > bytes.size() ||
      !snappy::IsValidCompressedBuffer(bytes.data(), bytes.size())) {
    return snappy_status::damaged;
  }
  const std::size_t before = out.size();
  out.resize(before + length);
  if (!snappy::RawUncompress(bytes.data(), bytes.size(), out.data() + before)) {
    out.resize(before);
    return snappy_status::damaged;
  }
  return snappy_status::whole;
}

}  // namespace weir
