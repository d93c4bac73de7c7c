// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_lines.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tools/load/load.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

load_options with_series(std::uint64_t series, double churn = 0) {
  load_options options;
  options.path = "/write";
  options.ring_bytes = 100'000;
  options.series = series;
  options.churn = churn;
  options.batch = 10;
  return options;
}

std::string key_of(std::string_view line) {
  std::size_t end = 0;
  while (line[end] != ' ') {
    end += line[end] == '\\' ? 2 : 1;
  }
  return std::string(line.substr(0, end));
}

std::vector<std::string> lines_of(std::string_view body) {
  std::vector<std::string> lines;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    lines.emplace_back(body.substr(0, end));
    body.remove_prefix(end + 1);
  }
  return lines;
}

TEST(LineGenerator, ALineOfAKeyIsOfOneSeriesAndNotOneLine) {
  for (const bench::data_set set : bench::data_sets) {
    bench::line_generator lines(set, 3);
    std::set<std::string> keys;
    std::set<std::string> all;
    for (std::uint64_t i = 0; i < 300; ++i) {
      std::string line;
      lines.append_line_of(i % 3, ",x=" + std::to_string(i % 3), line);
      keys.insert(key_of(line));
      all.insert(line);
      EXPECT_TRUE(key_of(line).ends_with(",x=" + std::to_string(i % 3))) << line;
    }
    EXPECT_EQ(keys.size(), 3U) << bench::name_of(set);
    EXPECT_EQ(all.size(), 300U) << bench::name_of(set);
  }
}

TEST(LoadLines, AreOfAsManySeriesAsAreAskedForPastAnyRing) {
  for (const bench::data_set set : bench::data_sets) {
    for (const std::uint64_t series : {1U, 7U, 2'000U}) {
      load_options options = with_series(series);
      options.shape = set;
      load_lines lines(options);
      std::set<std::string> keys;
      std::set<std::string> all;
      std::string body;
      for (std::uint64_t i = 0; i < 3 * series; ++i) {
        body.clear();
        lines.append_line(body);
        EXPECT_TRUE(all.insert(body).second) << "time goes on";
        keys.insert(key_of(body));
        ASSERT_LE(body.size(), lines.line_bytes_max());
        EXPECT_EQ(lines.series(), keys.size());
      }
      EXPECT_EQ(keys.size(), series) << bench::name_of(set);
      EXPECT_EQ(lines.new_series(), 0U);
    }
  }
}

TEST(LoadLines, NewSeriesComeAsTimeGoesOnInThePlaceOfTheOldest) {
  const load_options options = with_series(10, 2);
  load_lines lines(options);
  std::set<std::string> before;
  for (int second = 0; second < 20; ++second) {
    lines.begin_body(0, second * second_ns);
    std::set<std::string> keys;
    std::string body;
    for (int i = 0; i < 30; ++i) {
      lines.append_line(body);
    }
    for (const std::string& line : lines_of(body)) {
      keys.insert(key_of(line));
    }
    EXPECT_EQ(keys.size(), 10U);
    EXPECT_EQ(lines.series(), 10U + static_cast<unsigned>(second) * 2U);
    EXPECT_EQ(lines.new_series(), static_cast<unsigned>(second) * 2U);
    std::set<std::string> both;
    std::set_intersection(keys.begin(), keys.end(), before.begin(), before.end(),
                          std::inserter(both, both.end()));
    EXPECT_EQ(both.size(), second == 0 ? 0U : 8U);
    before = keys;
  }
}

TEST(LoadLines, DatabasesHaveTheirOwnSeriesAndShareTheNewOnes) {
  load_options options = with_series(5, 10);
  options.databases = 4;
  load_lines lines(options);
  std::string body;
  for (std::uint64_t database = 0; database < 4; ++database) {
    lines.begin_body(database, second_ns);
    body.clear();
    for (int i = 0; i < 20; ++i) {
      lines.append_line(body);
    }
    std::set<std::string> keys;
    for (const std::string& line : lines_of(body)) {
      keys.insert(key_of(line));
    }
    EXPECT_EQ(keys.size(), database < 2 ? 8U : 7U) << "10 new ones: 3, 3, 2 and 2";
  }
  EXPECT_EQ(lines.series(), 30U);
  EXPECT_EQ(lines.new_series(), 10U);
}

TEST(LoadLines, TheShareOfBadOnesIsMet) {
  for (const double share : {0.001, 0.05, 0.3, 1.0 / 3, 0.999, 1.0}) {
    for (const std::uint64_t series : {0U, 5U}) {
      load_options options = with_series(series);
      options.bad_share = share;
      options.bad_kinds.assign(bad_kinds.begin(), bad_kinds.end());
      load_lines lines(options);
      std::string body;
      std::uint64_t bad = 0;
      for (int bodies = 0; bodies < 100; ++bodies) {
        lines.begin_body(0, 0);
        for (int i = 0; i < 100; ++i) {
          lines.append_line(body);
        }
        bad += sum_of(lines.bad_of_body());
      }
      EXPECT_NEAR(static_cast<double>(bad), share * 10'000, 1) << share;
      EXPECT_EQ(lines_of(body).size(), 10'000U);
    }
  }
}

TEST(LoadLines, BadOnesBeginNoSeriesAndKindsTakeTurns) {
  load_options options = with_series(50);
  options.bad_share = 0.5;
  options.bad_kinds = {bad_kind::type, bad_kind::seconds};
  load_lines lines(options);
  std::set<std::string> good;
  std::set<std::string> of_bad;
  bad_counts counts{};
  for (int i = 0; i < 100; ++i) {
    std::string body;
    lines.begin_body(0, 0);
    for (int n = 0; n < 10; ++n) {
      lines.append_line(body);
    }
    for (std::size_t kind = 0; kind < counts.size(); ++kind) {
      counts.at(kind) += lines.bad_of_body().at(kind);
    }
    for (const std::string& line : lines_of(body)) {
      const bool is_bad =
          line.find("\"text\"") != std::string::npos || line.size() - line.rfind(' ') < 15;
      (is_bad ? of_bad : good).insert(key_of(line));
    }
  }
  EXPECT_EQ(good.size(), 50U);
  EXPECT_TRUE(std::includes(good.begin(), good.end(), of_bad.begin(), of_bad.end()));
  EXPECT_EQ(counts.at(static_cast<std::size_t>(bad_kind::type)), 250U);
  EXPECT_EQ(counts.at(static_cast<std::size_t>(bad_kind::seconds)), 250U);
}

TEST(LoadLines, AnotherTypeComesOnlyBehindALineOfTheFirst) {
  load_options options = with_series(0);
  options.bad_share = 0.9;
  options.bad_kinds = {bad_kind::type};
  options.shape = bench::data_set::mix;
  load_lines lines(options);
  for (int bodies = 0; bodies < 50; ++bodies) {
    std::string body;
    lines.begin_body(0, 0);
    for (int i = 0; i < 20; ++i) {
      lines.append_line(body);
    }
    EXPECT_EQ(sum_of(lines.bad_of_body()), 18U);
    const std::vector<std::string> all = lines_of(body);
    EXPECT_EQ(all[0].find("=\"text\""), std::string::npos) << "the first is good";
    EXPECT_EQ(key_of(all[0]), key_of(all[1]));
  }
}

TEST(LoadSource, MakesPiecesOfSeriesThatGoOnPastTheRing) {
  load_options options = with_series(1'000);
  options.ring_bytes = 1;  // one line to make others of
  options.lines = 2'505;
  for (const bool udp : {false, true}) {
    options.udp = udp;
    auto source = load_source::build(options);
    ASSERT_TRUE(source);
    std::uint64_t left = *options.lines;
    std::set<std::string> keys;
    std::string buffer;
    while (left > 0) {
      const load_piece piece = source.value().next(left, 0, buffer);
      ASSERT_LE(piece.lines, left);
      left -= piece.lines;
      const auto lines = lines_of(piece.bytes);
      EXPECT_EQ(lines.size(), piece.lines);
      EXPECT_EQ(piece.bytes.size(), piece.line_bytes);
      EXPECT_TRUE(!udp || piece.bytes.size() <= options.datagram_bytes);
      for (const std::string& line : lines) {
        keys.insert(key_of(line));
      }
    }
    EXPECT_EQ(keys.size(), 1'000U);
  }
}

TEST(LoadSource, CompressesWhatItMakes) {
  const load_options uncompressed = with_series(10);
  load_options options = uncompressed;
  options.gzip = true;
  auto plain = load_source::build(uncompressed);
  auto source = load_source::build(options);
  std::string buffer;
  std::string plain_buffer;
  for (int i = 0; i < 3; ++i) {
    const load_piece piece = source.value().next(100, 0, buffer);
    const load_piece same = plain.value().next(100, 0, plain_buffer);
    std::string inflated;
    gzip_inflater inflater;
    inflater.reset(1'000'000);
    ASSERT_EQ(inflater.feed(piece.bytes, [&](std::string_view part) { inflated += part; }),
              inflate_status::more);
    EXPECT_EQ(inflated, same.bytes);
    EXPECT_EQ(piece.line_bytes, inflated.size());
  }
}

TEST(LoadSource, SaysWhichDatabaseAndHowManyAreBad) {
  load_options options = with_series(0);
  options.databases = 3;
  options.bad_share = 0.2;
  options.bad_kinds = {bad_kind::time};
  auto source = load_source::build(options);
  std::string buffer;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const load_piece piece = source.value().next(1'000, 0, buffer);
    EXPECT_EQ(piece.database, i % 3);
    EXPECT_EQ(sum_of(piece.bad), 2U);
  }
}

}  // namespace
}  // namespace weir
