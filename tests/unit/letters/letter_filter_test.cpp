// SPDX-License-Identifier: Apache-2.0
#include "letters/letter_filter.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace weir {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t now = 1'767'323'045 * second;  // 2026-01-02T03:04:05Z

letter some_letter() {
  letter made;
  made.id = 17;
  made.header = {.received_ns = now,
                 .listener = "http",
                 .dialect = "v1",
                 .address = "192.0.2.1:4711",
                 .user = "ann",
                 .agent = "Telegraf/1.39",
                 .database = "metrics"};
  made.what = {.code = "invalid_number", .text = "m f=x"};
  return made;
}

TEST(letter_filter, each_of_its_parts) {
  const letter each = some_letter();
  EXPECT_TRUE(letter_filter{}.matches(each));
  EXPECT_TRUE(letter_filter{.database = "metrics"}.matches(each));
  EXPECT_FALSE(letter_filter{.database = "metric"}.matches(each));
  EXPECT_TRUE(letter_filter{.code = "invalid_number"}.matches(each));
  EXPECT_FALSE(letter_filter{.code = "missing_fields"}.matches(each));
  for (const char* source : {"192.0.2.1", "http", "telegraf", "ANN", "/1.39"}) {
    EXPECT_TRUE(letter_filter{.source = source}.matches(each)) << source;
  }
  EXPECT_FALSE(letter_filter{.source = "192.0.2.2"}.matches(each));
  EXPECT_TRUE(letter_filter{.since_ns = now}.matches(each));
  EXPECT_FALSE(letter_filter{.since_ns = now + 1}.matches(each));
  EXPECT_TRUE(letter_filter{.until_ns = now + 1}.matches(each));
  EXPECT_FALSE(letter_filter{.until_ns = now}.matches(each));
  EXPECT_TRUE((letter_filter{.ids = {3, 17}}.matches(each)));
  EXPECT_FALSE((letter_filter{.ids = {3, 18}}.matches(each)));
  EXPECT_FALSE((letter_filter{.database = "metrics", .code = "x"}.matches(each)));
}

TEST(parse_moment, dates_and_durations) {
  const auto moment = [](const char* text) {
    const auto parsed = parse_moment(text, now);
    EXPECT_TRUE(parsed.ok()) << text;
    return parsed.ok() ? parsed.value() : -1;
  };
  EXPECT_EQ(moment("2026-01-02T03:04:05Z"), now);
  EXPECT_EQ(moment("2026-01-02 03:04:05"), now);
  EXPECT_EQ(moment("2026-01-02T03:04"), now - 5 * second);
  EXPECT_EQ(moment("2026-01-02"), now - (3 * 3'600 + 4 * 60 + 5) * second);
  EXPECT_EQ(moment("2h"), now - 7'200 * second);
  EXPECT_EQ(moment("1h30m"), now - 5'400 * second);
  for (const char* wrong : {"", "yesterday", "2026-13-01", "inf", "2026-01-02T03:04:05+01:00"}) {
    EXPECT_FALSE(parse_moment(wrong, now).ok()) << wrong;
  }
}

TEST(id_set, is_a_set) {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    id_set ids;
    std::set<std::uint64_t> expected;
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t id = random() % 120;
      ids.add(id);
      expected.insert(id);
    }
    const std::uint64_t below = random() % 140;
    ids.forget_below(below);
    std::erase_if(expected, [below](std::uint64_t id) { return id < below; });
    const auto again = id_set::parse(ids.text());
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again.value().text(), ids.text());
    EXPECT_EQ(ids.size(), expected.size());
    for (std::uint64_t id = 0; id < 125; ++id) {
      EXPECT_EQ(ids.contains(id), expected.contains(id)) << id;
      EXPECT_EQ(again.value().contains(id), expected.contains(id)) << id;
    }
  }
}

TEST(id_set, takes_the_numbers_of_another) {
  id_set ids = id_set::parse("1-3\n7\n12").value();
  ids.add(id_set::parse("2\n4-6\n9\n11-20").value());
  EXPECT_EQ(ids.text(), "1-7\n9\n11-20\n");
  ids.add(id_set{});
  EXPECT_EQ(ids.text(), "1-7\n9\n11-20\n");
}

TEST(id_set, text) {
  id_set ids;
  for (const std::uint64_t id : {5U, 7U, 6U, 17U, 0U}) {
    ids.add(id);
  }
  EXPECT_EQ(ids.text(), "0\n5-7\n17\n");
  EXPECT_TRUE(id_set::parse("").ok());
  for (const char* wrong : {"x", "1-", "-1", "7-5", "1 2"}) {
    EXPECT_FALSE(id_set::parse(wrong).ok()) << wrong;
  }
}

TEST(source_of, leaves_out_what_is_empty) {
  EXPECT_EQ(source_of(some_letter().header), "http 192.0.2.1:4711 ann Telegraf/1.39");
  EXPECT_EQ(source_of({.listener = "udp"}), "udp");
}

}  // namespace
}  // namespace weir
