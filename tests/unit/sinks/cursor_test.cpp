// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/cursor.hpp"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstdio>

namespace weir {
namespace {

cursor_state example() {
  cursor_state state;
  state.low_water = log_position(17);
  state.discovered = log_position(42);
  state.accepted = 1000;
  state.delivered = 700;
  state.discarded = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  state.lanes[{"flink", ""}] = {log_position(17), 0, 0};
  state.lanes[{"my db/\n\xc3\xa9", "one hour"}] = {log_position(20), 4096, 33};
  return state;
}

TEST(cursor, is_read_as_it_was_written) {
  const auto back = decode_cursor(encode_cursor(example()));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back.value(), example());
  const auto empty = decode_cursor(encode_cursor({}));
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(empty.value(), cursor_state{});
}

TEST(cursor, is_the_text_that_the_document_shows) {
  cursor_state state;
  state.low_water = log_position(5);
  state.discovered = log_position(9);
  state.accepted = 30;
  state.delivered = 20;
  state.lanes[{"flink", "one hour"}] = {log_position(5), 0, 0};
  EXPECT_TRUE(encode_cursor(state).starts_with(
      "weir-cursor 1\nlow_water 5\ndiscovered 9\naccepted 30\ndelivered 20\n"
      "discarded refused 0\ndiscarded partial 0\ndiscarded too_large 0\ndiscarded damaged 0\n"
      "discarded lost 0\ndiscarded out_of_order 0\ndiscarded duplicate 0\ndiscarded too_old 0\n"
      "discarded future 0\ndiscarded string 0\nlane 5 0 0 db=flink rp=one%20hour\nchecksum "))
      << encode_cursor(state);
}

TEST(cursor, reasons_that_came_later_may_be_missing) {
  const std::string body =
      "weir-cursor 1\nlow_water 5\ndiscovered 9\naccepted 30\ndelivered 20\n"
      "discarded refused 1\ndiscarded partial 0\ndiscarded too_large 0\ndiscarded damaged 0\n"
      "discarded lost 2\nlane 5 0 0 db=d rp=\n";
  char checksum[32];
  std::snprintf(checksum, sizeof checksum, "checksum %016llx\n",
                static_cast<unsigned long long>(XXH64(body.data(), body.size(), 0)));
  const auto read = decode_cursor(body + checksum);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().discarded_total(), 3U);
  EXPECT_EQ(read.value().lanes.size(), 1U);
}

TEST(cursor, any_flipped_byte_is_noticed) {
  const std::string text = encode_cursor(example());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(decode_cursor(damaged).ok()) << i;
  }
}

TEST(cursor, any_cut_is_noticed) {
  const std::string text = encode_cursor(example());
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(decode_cursor(text.substr(0, i)).ok()) << i;
  }
  EXPECT_FALSE(decode_cursor(text + "\n").ok());
}

TEST(cursor, sums_that_cannot_be_are_refused) {
  cursor_state state = example();
  state.delivered = 2000;
  EXPECT_FALSE(decode_cursor(encode_cursor(state)).ok());
  state = example();
  state.low_water = log_position(43);
  EXPECT_FALSE(decode_cursor(encode_cursor(state)).ok());
}

}  // namespace
}  // namespace weir
