// SPDX-License-Identifier: Apache-2.0
//
// What gzip_compressor makes, judged by zlib.
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "codec/gzip.hpp"

namespace weir {
namespace {

/// Inflates every member with zlib; sets `members` to -1 where zlib finds fault.
std::string inflated_by_zlib(const std::string& stream, int& members) {
  std::string out;
  members = 0;
  std::size_t consumed = 0;
  while (consumed < stream.size()) {
    z_stream state{};
    EXPECT_EQ(inflateInit2(&state, 15 + 16), Z_OK);
    state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stream.data() + consumed));
    state.avail_in = static_cast<uInt>(stream.size() - consumed);
    std::string chunk(100'000, '\0');
    int status = Z_OK;
    while (status == Z_OK) {
      state.next_out = reinterpret_cast<Bytef*>(chunk.data());
      state.avail_out = static_cast<uInt>(chunk.size());
      status = inflate(&state, Z_NO_FLUSH);
      out.append(chunk, 0, chunk.size() - state.avail_out);
    }
    consumed = stream.size() - state.avail_in;
    inflateEnd(&state);
    if (status != Z_STREAM_END) {
      members = -1;
      return out;
    }
    ++members;
  }
  return out;
}

std::string text_of(std::size_t bytes) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < bytes) {
    state = state * 1664525 + 1013904223;
    text += "cpu,host=host_" + std::to_string(state >> 28) +
            " usage=" + std::to_string(state >> 20) + " 17000000000" +
            std::to_string(state % 1000) + "\n";
  }
  text.resize(bytes);
  return text;
}

std::string noise_of(std::size_t bytes) {
  std::string noise;
  std::uint64_t state = 88172645463325252u;
  while (noise.size() < bytes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    noise.push_back(static_cast<char>(state));
  }
  return noise;
}

TEST(gzip_compressor, zlib_reads_one_member_of_any_size) {
  gzip_compressor compressor;
  const std::vector<std::size_t> sizes = {0,      1,      2,      100,     8'191,
                                          65'535, 65'536, 65'537, 524'288, 3'000'000};
  for (const std::size_t bytes : sizes) {
    for (const std::string& input : {text_of(bytes), noise_of(bytes), std::string(bytes, 'a')}) {
      std::string out = "before";
      const std::string_view pieces[] = {input};
      compressor.append_member(pieces, out);
      ASSERT_TRUE(out.starts_with("before"));
      int members = 0;
      ASSERT_EQ(inflated_by_zlib(out.substr(6), members), input) << bytes;
      ASSERT_EQ(members, 1);
    }
  }
}

TEST(gzip_compressor, pieces_become_one_member) {
  gzip_compressor compressor;
  const std::string text = text_of(200'000);
  for (const std::size_t step : {7u, 1000u, 65'536u}) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < text.size(); at += step) {
      pieces.push_back(std::string_view(text).substr(at, step));
      pieces.emplace_back();
    }
    std::string out;
    compressor.append_member(pieces, out);
    int members = 0;
    ASSERT_EQ(inflated_by_zlib(out, members), text);
    ASSERT_EQ(members, 1);
  }
}

TEST(gzip_compressor, no_pieces_are_an_empty_member) {
  gzip_compressor compressor;
  std::string out;
  compressor.append_member({}, out);
  int members = 0;
  EXPECT_EQ(inflated_by_zlib(out, members), "");
  EXPECT_EQ(members, 1);
}

TEST(gzip_compressor, members_end_to_end_are_one_stream) {
  gzip_compressor compressor;
  std::string out;
  std::string expected;
  for (std::size_t i = 1; i <= 1000; ++i) {
    const std::string text = text_of(i * 13);
    const std::string_view pieces[] = {text};
    compressor.append_member(pieces, out);
    expected += text;
  }
  int members = 0;
  EXPECT_EQ(inflated_by_zlib(out, members), expected);
  EXPECT_EQ(members, 1000);
}

TEST(gzip_compressor, line_protocol_becomes_small) {
  gzip_compressor compressor;
  const std::string text = text_of(524'288);
  const std::string_view pieces[] = {text};
  std::string out;
  compressor.append_member(pieces, out);
  EXPECT_LT(out.size() * 4, text.size());
}

}  // namespace
}  // namespace weir
