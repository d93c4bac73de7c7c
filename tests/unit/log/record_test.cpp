// SPDX-License-Identifier: Apache-2.0
//
// The bytes of records and segment headers: round trips, every cut, every flipped bit.
#include "log/record.hpp"

#include <gtest/gtest.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace weir {
namespace {

frame_header example() {
  frame_header header;
  header.kind = frame_kind::events;
  header.codec = frame_codec::gzip;
  header.received_ns = -1;
  header.database = "data base";
  header.retention_policy = "one_hour";
  header.origin = 3;
  header.shard = 0xFFFFFFFF;
  header.points = 5000;
  header.stored_bytes = 123456;
  header.inflated_bytes = 524288;
  header.time_least = std::numeric_limits<std::int64_t>::min();
  header.time_greatest = std::numeric_limits<std::int64_t>::max();
  return header;
}

TEST(record, head_comes_back_as_it_was) {
  std::string bytes;
  append_record_head(example(), 77, 0x0123456789ABCDEF, 42, bytes);
  EXPECT_EQ(bytes.size(), record_head_bytes_least + 9 + 8);
  const std::string followed = bytes + "payload";
  const head_result decoded = decode_record_head(followed, 42);
  ASSERT_EQ(decoded.status, head_status::whole);
  EXPECT_EQ(decoded.head.checksum, 0x0123456789ABCDEFu);
  EXPECT_EQ(decoded.head.head_bytes(), bytes.size());
  EXPECT_EQ(decoded.head.record_bytes(), bytes.size() + 123456);
  const frame_header header = decoded.head.to_header();
  EXPECT_EQ(header.kind, frame_kind::events);
  EXPECT_EQ(header.codec, frame_codec::gzip);
  EXPECT_EQ(header.position.number(), 77u);
  EXPECT_EQ(header.received_ns, -1);
  EXPECT_EQ(header.database, "data base");
  EXPECT_EQ(header.retention_policy, "one_hour");
  EXPECT_EQ(header.origin, 3u);
  EXPECT_EQ(header.shard, 0xFFFFFFFFu);
  EXPECT_EQ(header.points, 5000u);
  EXPECT_EQ(header.stored_bytes, 123456u);
  EXPECT_EQ(header.inflated_bytes, 524288u);
  EXPECT_EQ(header.time_least, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(header.time_greatest, std::numeric_limits<std::int64_t>::max());
}

TEST(record, head_lies_where_the_format_says) {
  std::string bytes;
  append_record_head(example(), 0x1122334455667788, 0x0807060504030201, 42, bytes);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\xFE\x57\x52\xFF\x01\x02\x01\x00", 8));
  EXPECT_EQ(bytes.substr(8, 8), "\x88\x77\x66\x55\x44\x33\x22\x11");
  EXPECT_EQ(bytes.substr(36, 4), std::string("\x40\xE2\x01\x00", 4));
  EXPECT_EQ(bytes.substr(44, 4), std::string("\x09\x00\x08\x00", 4));
  EXPECT_EQ(bytes.substr(64, 8), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(bytes.substr(80), "data baseone_hour");
}

TEST(record, every_cut_of_a_head_asks_for_more) {
  std::string bytes;
  append_record_head(example(), 77, 1, 42, bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const head_result decoded = decode_record_head(std::string_view(bytes).substr(0, length), 42);
    ASSERT_EQ(decoded.status, head_status::cut) << length;
    ASSERT_GT(decoded.needed, length);
    ASSERT_LE(decoded.needed, bytes.size());
  }
}

TEST(record, every_flipped_bit_of_a_head_is_noticed) {
  std::string bytes;
  append_record_head(example(), 77, 1, 42, bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_NE(decode_record_head(flipped, 42).status, head_status::whole) << bit;
  }
}

TEST(record, head_of_another_segment_is_none) {
  std::string bytes;
  append_record_head(example(), 77, 1, 42, bytes);
  EXPECT_EQ(decode_record_head(bytes, 43).status, head_status::damaged);
}

TEST(record, segment_header_round_trip_cuts_and_flips) {
  std::string bytes;
  append_segment_header({51234, -9}, bytes);
  ASSERT_EQ(bytes.size(), segment_header_bytes);
  const auto header = decode_segment_header(bytes + "more");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->first_sequence, 51234u);
  EXPECT_EQ(header->created_ns, -9);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_FALSE(decode_segment_header(std::string_view(bytes).substr(0, length)));
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(decode_segment_header(flipped)) << bit;
  }
}

TEST(record, a_header_of_a_later_version_is_no_damaged_one) {
  std::string bytes;
  append_segment_header({51234, -9}, bytes);
  EXPECT_FALSE(later_segment_version(bytes));
  std::string later = bytes;
  later[8] = 7;
  EXPECT_FALSE(later_segment_version(later)) << "its checksum is that of another version";
  const std::uint64_t checksum = XXH3_64bits(later.data(), 32);
  std::memcpy(later.data() + 32, &checksum, sizeof checksum);
  EXPECT_EQ(later_segment_version(later), 7U);
  EXPECT_FALSE(decode_segment_header(later));
  EXPECT_FALSE(later_segment_version(std::string_view(later).substr(0, 39)));
}

}  // namespace
}  // namespace weir
