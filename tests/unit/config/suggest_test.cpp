// SPDX-License-Identifier: Apache-2.0
//
// What is suggested in the place of a wrong value, size or duration; and that nothing is where
// nothing is near.
#include "config/checks/suggest.hpp"

#include <gtest/gtest.h>

#include <random>

#include "config/checks/likely_units.hpp"
#include "config/settings_reader.hpp"
#include "config/units.hpp"

namespace weir {
namespace {

std::string error_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  const auto read = read_settings(text, "weir.toml", sets, {});
  return read.ok() ? "no error" : read.error().message;
}

TEST(suggest, values_are_suggested_as_keys_are) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"[database.\"*\"]\ntypes", "renam", "rename"},
      {"[database.\"*\"]\ntypes", "RENAME", "rename"},
      {"[database.\"*\"]\ntypes", "drop_field", "drop-field"},
      {"[database.\"*\"]\ntypes", "convert", "coerce"},
      {"[database.\"*\"]\nexpired", "clmap", "clamp"},
      {"[database.\"*\"]\nprecision", "seconds", "s"},
      {"[database.\"*\"]\nprecision", "MS", "ms"},
      {"[database.\"*\"]\nduplicates", "overwrite", "last"},
      {"[database.\"*\"]\nunsigned", "int", "integer"},
      {"[log]\nacknowledge", "sync", "synced"},
      {"[log]\nacknowledge", "fsync", "synced"},
      {"[log]\nwhen_full", "drop-oldest", "discard-oldest"},
      {"[log]\nwhen_full", "discard", "discard-oldest"},
      {"[log]\ntype", "disk", "local"},
      {"[log]\ncompression", "gz", "gzip"},
      {"[service]\nlog_level", "warn", "warning"},
      {"[service]\nlog_format", "JSON", "json"},
      {"[[rule]]\nname = \"a\"\naction", "add-tag", "add_tag"},
      {"[[rule]]\nname = \"a\"\naction", "delete", "drop"},
      {"[[sink]]\nname = \"a\"\ntype", "prometheus", "remote_write"},
      {"[[sink]]\nname = \"a\"\ntype", "VictoriaMetrics", "remote_write"},
      {"[[sink]]\nname = \"a\"\ntype", "remote-write", "remote_write"},
      {"[[sink]]\nname = \"a\"\ntype", "influx", "influxdb"},
      {"[[sink]]\nname = \"a\"\ntype", "influxdb2", "influxdb"},
      {"[[sink]]\nname = \"a\"\ntype", "none", "null"},
  };
  for (const auto& [key, wrong, right] : cases) {
    const std::string told = error_of(key + " = \"" + wrong + "\"\n");
    EXPECT_NE(told.find("did you mean \"" + right + "\"?"), std::string::npos) << told;
  }
}

TEST(suggest, nothing_is_suggested_where_nothing_is_near) {
  for (const char* wrong : {"carrier-pigeon", "yes", "x", "", "42"}) {
    EXPECT_EQ(nearest_choice(wrong, {"influxdb", "remote_write", "file", "null"}), "") << wrong;
  }
  EXPECT_EQ(nearest_choice("d", {"ns", "us", "ms", "s", "m", "h"}), "");
  EXPECT_EQ(nearest_name("foo", {"run", "config", "letters", "types", "lint", "load"}), "");
  EXPECT_EQ(nearest_name("laod", {"run", "log", "load"}), "load");
  EXPECT_EQ(nearest_name("letter", {"run", "config", "letters", "types"}), "letters");
}

TEST(suggest, sizes_that_are_probably_meant) {
  const std::pair<const char*, const char*> cases[] = {
      {"4G", "4GiB"},           {"4g", "4GiB"},        {"4 G", "4GiB"},       {"4gb", "4GB"},
      {"4 GIB", "4GiB"},        {"4gib", "4GiB"},      {"512K", "512KiB"},    {"25mb", "25MB"},
      {"1Mi", "1MiB"},          {"2T", "2TiB"},        {"1.5GiB", "1536MiB"}, {"1,5 G", "1536MiB"},
      {"10 megabytes", "10MB"}, {"100 bytes", "100B"}, {"1_000kb", "1000kB"}, {"0.5GB", "500MB"},
  };
  for (const auto& [wrong, right] : cases) {
    ASSERT_FALSE(parse_size(wrong).ok()) << wrong;
    EXPECT_TRUE(
        parse_size(wrong).error().message.ends_with("did you mean \"" + std::string(right) + "\"?"))
        << parse_size(wrong).error().message;
    EXPECT_TRUE(parse_size(right).ok());
  }
  for (const char* hopeless : {"", "much", "4 parsecs", "-1", "99999999999999999999G",
                               "16777216TiB", "16777216T", "1.2.3G"}) {
    EXPECT_EQ(likely_size(hopeless), "") << hopeless;
    EXPECT_FALSE(parse_size(hopeless).ok()) << hopeless;
  }
}

TEST(suggest, durations_that_are_probably_meant) {
  const std::pair<const char*, const char*> cases[] = {
      {"1 min", "1m"},
      {"10 seconds", "10s"},
      {"10 s", "10s"},
      {"1M", "1m"},
      {"10S", "10s"},
      {"10", "10s"},
      {"2 hours", "2h"},
      {"1h 30m", "1h30m"},
      {"1 hour 30 minutes", "1h30m"},
      {"7 days", "7d"},
      {"7D", "7d"},
      {"1 week", "1w"},
      {"500 msec", "500ms"},
      {"1.5h", "1h30m"},
      {"0.5s", "500ms"},
      {"1y", "365d"},
      {"6 months", "180d"},
      {"1month", "30d"},
      {"forever", "inf"},
      {"Infinity", "inf"},
      {"never", "inf"},
      {"100 microseconds", "100us"},
  };
  for (const auto& [wrong, right] : cases) {
    ASSERT_FALSE(parse_duration(wrong).ok()) << wrong;
    EXPECT_TRUE(parse_duration(wrong).error().message.ends_with("did you mean \"" +
                                                                std::string(right) + "\"?"))
        << parse_duration(wrong).error().message;
    EXPECT_TRUE(parse_duration(right).ok());
  }
  for (const char* hopeless :
       {"", "soon", "s", "1 parsec", "400 years", "99999999999999w", "1.2.3s"}) {
    EXPECT_EQ(likely_duration(hopeless), "") << hopeless;
    EXPECT_FALSE(parse_duration(hopeless).ok()) << hopeless;
  }
}

TEST(suggest, what_is_suggested_can_always_be_read) {
  std::mt19937 random(7);
  const std::string_view letters = "0123456789.,_ kKmMgGiIbBsShHdDwWnNuU-y\xc2\xb5";
  for (int i = 0; i < 100'000; ++i) {
    std::string text;
    for (std::size_t length = random() % 12; length > 0; --length) {
      text += letters[random() % letters.size()];
    }
    if (const std::string size = likely_size(text); !size.empty()) {
      EXPECT_TRUE(parse_size(size).ok()) << text << " -> " << size;
    }
    if (const std::string duration = likely_duration(text); !duration.empty()) {
      EXPECT_TRUE(parse_duration(duration).ok()) << text << " -> " << duration;
    }
    static_cast<void>(parse_size(text));
    static_cast<void>(parse_duration(text));
  }
}

}  // namespace
}  // namespace weir
