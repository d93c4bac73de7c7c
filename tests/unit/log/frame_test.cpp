// SPDX-License-Identifier: Apache-2.0
//
// Frames: what sealing keeps, when it compresses, and that damage is noticed.
#include "log/frame.hpp"

#include <gtest/gtest.h>

#include "codec/gzip.hpp"

namespace weir {
namespace {

std::string lines_of(std::size_t bytes) {
  std::string lines;
  for (int i = 0; lines.size() < bytes; ++i) {
    lines += "cpu,host=h" + std::to_string(i % 7) + " usage=" + std::to_string(i) + " 1\n";
  }
  return lines;
}

TEST(frame_builder, seals_what_was_appended_and_starts_anew) {
  gzip_compressor compressor;
  frame_builder builder;
  EXPECT_TRUE(builder.empty());
  builder.append("a f=1 5\n", 1, 5, 5);
  builder.append("a f=1 3\nb f=1 9\n", 2, 3, 9);
  EXPECT_EQ(builder.inflated_bytes(), 24u);
  const auto sealed = builder.seal(
      {.received_ns = 1234, .database = "db", .retention_policy = "rp", .origin = 6, .shard = 3},
      compression_mode::automatic, compressor);
  EXPECT_EQ(sealed->stored, "a f=1 5\na f=1 3\nb f=1 9\n");
  EXPECT_EQ(sealed->header.codec, frame_codec::plain);
  EXPECT_EQ(sealed->header.database, "db");
  EXPECT_EQ(sealed->header.retention_policy, "rp");
  EXPECT_EQ(sealed->header.points, 3u);
  EXPECT_EQ(sealed->header.time_least, 3);
  EXPECT_EQ(sealed->header.time_greatest, 9);
  EXPECT_EQ(sealed->header.received_ns, 1234);
  EXPECT_EQ(sealed->header.origin, 6u);
  EXPECT_EQ(sealed->header.shard, 3u);
  EXPECT_EQ(sealed->header.kind, frame_kind::lines);
  EXPECT_EQ(sealed->header.stored_bytes, 24u);
  EXPECT_EQ(sealed->header.inflated_bytes, 24u);

  EXPECT_TRUE(builder.empty());
  builder.append("c f=1 100\n", 1, 100, 100);
  const auto second = builder.seal({.kind = frame_kind::events, .database = "other"},
                                   compression_mode::none, compressor);
  EXPECT_EQ(second->header.points, 1u);
  EXPECT_EQ(second->header.time_least, 100);
  EXPECT_EQ(second->header.database, "other");
  EXPECT_EQ(second->header.retention_policy, "");
  EXPECT_EQ(second->header.shard, 0u);
  EXPECT_EQ(second->header.kind, frame_kind::events);
}

TEST(frame_builder, compresses_as_the_mode_says) {
  gzip_compressor compressor;
  const std::string small = lines_of(frame_plain_bytes_max / 2);
  const std::string large = lines_of(frame_plain_bytes_max);
  const auto codec_of = [&](const std::string& lines, compression_mode mode) {
    frame_builder builder;
    builder.append(lines, 1, 0, 0);
    const auto sealed = builder.seal({.database = "db"}, mode, compressor);
    std::string inflated = "before";
    EXPECT_TRUE(inflate_frame(*sealed, inflated));
    EXPECT_EQ(inflated, "before" + lines);
    EXPECT_EQ(sealed->header.inflated_bytes, lines.size());
    return sealed->header.codec;
  };
  EXPECT_EQ(codec_of(small, compression_mode::automatic), frame_codec::plain);
  EXPECT_EQ(codec_of(large, compression_mode::automatic), frame_codec::gzip);
  EXPECT_EQ(codec_of(small, compression_mode::gzip), frame_codec::gzip);
  EXPECT_EQ(codec_of(large, compression_mode::none), frame_codec::plain);
}

TEST(inflate_frame, refuses_damaged_bytes_and_leaves_the_target) {
  gzip_compressor compressor;
  frame_builder builder;
  builder.append(lines_of(20'000), 1, 0, 0);
  const auto sealed = builder.seal({.database = "db"}, compression_mode::gzip, compressor);
  for (std::size_t length = 0; length < sealed->stored.size(); length += 7) {
    frame cut = *sealed;
    cut.stored.resize(length);
    std::string out = "x";
    ASSERT_FALSE(inflate_frame(cut, out)) << length;
    ASSERT_EQ(out, "x");
  }
  frame longer = *sealed;
  longer.header.inflated_bytes -= 1;
  std::string out;
  EXPECT_FALSE(inflate_frame(longer, out));
}

}  // namespace
}  // namespace weir
