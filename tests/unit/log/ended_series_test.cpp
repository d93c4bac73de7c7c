// SPDX-License-Identifier: Apache-2.0
//
// Frames of series that ended: of which shard, how large, in which order.
#include "log/ended_series.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/text/series_shard.hpp"
#include "codec/gzip.hpp"

namespace weir {
namespace {

using frames = std::vector<std::shared_ptr<frame>>;

std::string line_of(int series, int number) {
  return "m,t=a\\ b" + std::to_string(series) + " value=0 " + std::to_string(number) + "\n";
}

frames cut(std::string_view lines, std::uint32_t shards) {
  frames made;
  gzip_compressor compressor;
  append_ended_series({"db", "rp", 7}, lines, shards, compressor, made);
  for (const auto& each : made) {
    EXPECT_EQ(each->header.kind, frame_kind::events);
    EXPECT_EQ(each->header.database, "db");
    EXPECT_EQ(each->header.retention_policy, "rp");
    EXPECT_EQ(each->header.received_ns, 7);
    EXPECT_EQ(each->header.points, 0U);
    EXPECT_LT(each->header.shard, shards);
  }
  return made;
}

std::string lines_of(const frames& all, std::uint32_t shard) {
  std::string lines;
  for (const auto& each : all) {
    if (each->header.shard == shard) {
      EXPECT_TRUE(inflate_frame(*each, lines));
    }
  }
  return lines;
}

TEST(ended_series, without_shards_are_one_frame_while_they_fit) {
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    lines += line_of(i, i);
  }
  const frames made = cut(lines, 1);
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(lines_of(made, 0), lines);
  EXPECT_TRUE(cut("", 1).empty());
  EXPECT_TRUE(cut("", 12).empty());
}

TEST(ended_series, are_cut_by_shard_and_keep_their_order_within_each) {
  constexpr std::uint32_t shards = 12;
  std::string lines;
  std::map<std::uint32_t, std::string> expected;
  for (int i = 0; i < 300; ++i) {
    const std::string line = line_of(i % 100, i);
    lines += line;
    expected[shard_of_series(series_of_line(line), shards)] += line;
  }
  const frames made = cut(lines, shards);
  EXPECT_EQ(made.size(), expected.size()) << "one frame a shard that has lines";
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    EXPECT_EQ(lines_of(made, shard), expected[shard]) << shard;
  }
}

TEST(ended_series, frames_are_closed_when_they_are_full) {
  constexpr std::size_t frame_most = std::size_t{512} << 10;
  for (const std::uint32_t shards : {1U, 3U}) {
    std::string lines;
    for (int i = 0; i < 100'000; ++i) {
      lines += line_of(i, i);
    }
    const std::string longer = "m,t=" + std::string(frame_most, 'x') + " value=0 1\n";
    lines += longer;
    lines += line_of(1, 1);
    const frames made = cut(lines, shards);
    EXPECT_GT(made.size(), shards + 1);
    std::size_t bytes = 0;
    for (const auto& each : made) {
      bytes += each->header.inflated_bytes;
      EXPECT_TRUE(each->header.inflated_bytes <= frame_most ||
                  each->header.inflated_bytes == longer.size());
    }
    EXPECT_EQ(bytes, lines.size());
  }
}

}  // namespace
}  // namespace weir
