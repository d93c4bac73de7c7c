// SPDX-License-Identifier: Apache-2.0
//
// Sizes and durations: every unit, the edges of overflow, and that formatting reads back.
#include "config/units.hpp"

#include <gtest/gtest.h>

#include <random>

namespace weir {
namespace {

using std::chrono::nanoseconds;

TEST(units, sizes_are_read_with_every_unit) {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {"0", 0},
      {"1", 1},
      {"7B", 7},
      {"25MB", 25'000'000},
      {"25 MB", 25'000'000},
      {"1kB", 1'000},
      {"1KB", 1'000},
      {"1KiB", 1'024},
      {"3MiB", 3 * 1'048'576},
      {"2GB", 2'000'000'000},
      {"4GiB", 4'294'967'296},
      {"1TB", 1'000'000'000'000},
      {"1TiB", 1'099'511'627'776},
      {"18446744073709551615", 18'446'744'073'709'551'615U},
      {"16777215TiB", 16'777'215 * 1'099'511'627'776U},
  };
  for (const auto& [text, bytes] : cases) {
    const auto parsed = parse_size(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed.value(), bytes) << text;
  }
}

TEST(units, wrong_sizes_are_told_with_examples) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "it is empty"},
      {"MB", "does not start with a digit"},
      {"-1", "does not start with a digit"},
      {" 1", "does not start with a digit"},
      {"1.5GiB", "only whole numbers"},
      {"1,5GiB", "only whole numbers"},
      {"1M", "\"M\" is not one of the units"},
      {"1mb", "\"mb\" is not one of the units"},
      {"1MB ", "is not one of the units"},
      {"1  MB", "is not one of the units"},
      {"1MB2", "is not one of the units"},
      {"18446744073709551616", "larger than 2^64"},
      {"16777216TiB", "larger than 2^64"},
      {"99999999999999999999999TiB", "larger than 2^64"},
  };
  for (const auto& [text, why] : cases) {
    const auto parsed = parse_size(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.error().message.find(why), std::string::npos) << parsed.error().message;
    EXPECT_NE(parsed.error().message.find("\"4GiB\""), std::string::npos);
  }
}

TEST(units, durations_are_read_with_every_unit) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"0s", 0},
      {"1ns", 1},
      {"2us", 2'000},
      {"2µs", 2'000},
      {"500ms", 500'000'000},
      {"1s", 1'000'000'000},
      {"90m", 5'400'000'000'000},
      {"1h30m", 5'400'000'000'000},
      {"30m1h", 5'400'000'000'000},
      {"7d", 604'800'000'000'000},
      {"1w", 604'800'000'000'000},
      {"9223372036854775807ns", 9'223'372'036'854'775'807},
  };
  for (const auto& [text, count] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed.ok()) << text;
    ASSERT_TRUE(parsed.value().has_value()) << text;
    EXPECT_EQ(parsed.value()->count(), count) << text;
  }
  const auto unlimited = parse_duration("inf");
  ASSERT_TRUE(unlimited.ok());
  EXPECT_FALSE(unlimited.value().has_value());
}

TEST(units, wrong_durations_are_told_with_examples) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "it is empty"},
      {"s", "does not start with a digit"},
      {"-1s", "does not start with a digit"},
      {"10", "a number has no unit"},
      {"1h30", "a number has no unit"},
      {"1.5h", "\".\" is not one of the units"},
      {"1 s", "is not one of the units"},
      {"1S", "is not one of the units"},
      {"1month", "is not one of the units"},
      {"inf1s", "does not start with a digit"},
      {"9223372036854775808ns", "longer than 292 years"},
      {"9223372036854775807ns1ns", "longer than 292 years"},
      {"99999999999999999999s", "longer than 292 years"},
      {"15251w", "longer than 292 years"},
  };
  for (const auto& [text, why] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.error().message.find(why), std::string::npos) << parsed.error().message;
    EXPECT_NE(parsed.error().message.find("\"1h30m\""), std::string::npos);
  }
}

TEST(units, sizes_are_written_short) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1), "1");
  EXPECT_EQ(format_size(1'023), "1023");
  EXPECT_EQ(format_size(1'024), "1KiB");
  EXPECT_EQ(format_size(25'000'000), "25MB");
  EXPECT_EQ(format_size(std::uint64_t{4} << 30), "4GiB");
}

TEST(units, durations_are_written_short) {
  EXPECT_EQ(format_duration(std::nullopt), "inf");
  EXPECT_EQ(format_duration(nanoseconds{0}), "0s");
  EXPECT_EQ(format_duration(std::chrono::minutes{90}), "1h30m");
  EXPECT_EQ(format_duration(std::chrono::milliseconds{1'500}), "1s500ms");
  EXPECT_EQ(format_duration(std::chrono::hours{24 * 7}), "1w");
}

TEST(units, what_is_written_reads_back) {
  std::mt19937_64 random{20'260'801};
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bytes = random() >> (random() % 64);
    const auto size = parse_size(format_size(bytes));
    ASSERT_TRUE(size.ok()) << bytes;
    ASSERT_EQ(size.value(), bytes);
    const nanoseconds count{static_cast<std::int64_t>(random() >> (1 + random() % 63))};
    const auto duration = parse_duration(format_duration(count));
    ASSERT_TRUE(duration.ok()) << count.count();
    ASSERT_EQ(duration.value(), std::optional{count});
  }
}

}  // namespace
}  // namespace weir
