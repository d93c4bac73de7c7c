// SPDX-License-Identifier: Apache-2.0
#include "codec/snappy.hpp"

#include <gtest/gtest.h>
#include <snappy.h>

#include <string>

namespace weir {
namespace {

constexpr std::size_t any = 1'000'000;

/// The stream identifier, then a plain chunk and a compressed one, made by another implementation.
const std::string text = "a_metric 1\n";
const std::string stream_begin("\xff\x06\x00\x00sNaPpY", 10);

std::string chunk(char kind, const std::string& payload) {
  std::string out(1, kind);
  for (int shift = 0; shift < 24; shift += 8) {
    out.push_back(static_cast<char>(payload.size() >> shift & 0xFFU));
  }
  return out + payload;
}

/// CRC-32C bit by bit, masked.
std::string checksum(const std::string& bytes) {
  std::uint32_t crc = 0xFFFF'FFFFU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) {
      crc = (crc & 1U) != 0 ? crc >> 1 ^ 0x82F6'3B78U : crc >> 1;
    }
  }
  crc = ~crc;
  crc = (crc >> 15 | crc << 17) + 0xA282'EAD8U;
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>(crc >> shift & 0xFFU));
  }
  return out;
}

std::string compressed(const std::string& bytes) {
  std::string out;
  snappy::Compress(bytes.data(), bytes.size(), &out);
  return out;
}

TEST(snappy_codec, a_framed_stream_is_read) {
  const std::string body = stream_begin + chunk('\x01', checksum(text) + text) +
                           chunk('\xfe', "padding") + stream_begin +
                           chunk('\x00', checksum(text) + compressed(text));
  std::string out;
  EXPECT_TRUE(is_framed_snappy(body));
  EXPECT_EQ(decode_framed_snappy(body, any, out), snappy_status::whole);
  EXPECT_EQ(out, text + text);
}

TEST(snappy_codec, a_damaged_stream_is_refused) {
  const std::string good = stream_begin + chunk('\x00', checksum(text) + compressed(text));
  for (std::size_t size = 0; size < good.size(); ++size) {
    std::string out;
    if (size != stream_begin.size()) {  // a stream without chunks is whole
      EXPECT_EQ(decode_framed_snappy(good.substr(0, size), any, out), snappy_status::damaged)
          << size;
    }
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x01);
    std::string out;
    EXPECT_NE(decode_framed_snappy(bad, any, out) == snappy_status::whole && out == text, true)
        << at;
  }
  std::string out;
  EXPECT_EQ(decode_framed_snappy(stream_begin + chunk('\x02', "x"), any, out),
            snappy_status::damaged);
}

TEST(snappy_codec, what_comes_out_has_its_bound) {
  const std::string zeros(60'000, '\0');
  const std::string body = stream_begin + chunk('\x00', checksum(zeros) + compressed(zeros));
  std::string out;
  EXPECT_EQ(decode_framed_snappy(body, 59'999, out), snappy_status::too_long);
  out.clear();
  EXPECT_EQ(decode_framed_snappy(body, 60'000, out), snappy_status::whole);
  out.clear();
  EXPECT_EQ(decode_framed_snappy(stream_begin + chunk('\x01', checksum(text) + text), 5, out),
            snappy_status::too_long);
}

TEST(snappy_codec, a_block_is_read) {
  std::string out = "before ";
  EXPECT_EQ(decode_snappy_block(compressed(text), any, out), snappy_status::whole);
  EXPECT_EQ(out, "before " + text);
  EXPECT_EQ(decode_snappy_block(compressed(text), text.size(), out), snappy_status::too_long);
  EXPECT_EQ(decode_snappy_block("\xff\xff\xff\x7f\x00", any * 1'000'000, out),
            snappy_status::damaged)
      << "a length that is a lie";
  EXPECT_EQ(decode_snappy_block("", any, out), snappy_status::damaged);
}

}  // namespace
}  // namespace weir
