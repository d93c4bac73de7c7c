// SPDX-License-Identifier: Apache-2.0
//
// Staged lines that are spread over shards: each has that of its series, as a reader of the line
// finds it.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "base/text/series_shard.hpp"
#include "config/settings.hpp"
#include "gate/gate.hpp"
#include "gate/series/gate_memory.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;
constexpr std::uint32_t shards = 64;

/// Lines of all kinds that the gate keeps, changes or refuses.
std::string hostile_body() {
  return "m f=1 1\n"
         "m,b=2,a=1 f=1 2\n"
         "m,a=1,b=2 f=1 3\n"
         "my\\ m\\,x,tag\\ key=tag\\ value,k\\=1=v\\,w f=\"a b,c=d \\\" e\" 4\n"
         "m\\\\x,t=y f=1,g=\"\\\\\" 5\n"
         "back\\slash,t=a\\b f=1i 6\n"
         "text s=\"two\nlines of text, with f=1 2\n\",f=1 7\n"
         "unsigned,z=1,a=2 u=5u 8\n"
         "w\xC3\xA4rme,raum=k\xC3\xBC"
         "che f=1.50 9\n"
         "numbers f=.5,g=1.,h=007i 10\n"
         "too_large u=9223372036854775808u 11\n"
         "  white,t=x   f=1   12\n"
         "no_time,t=x f=1\n";
}

class spread_lines : public ::testing::Test {
 protected:
  void stage(const std::string& body, gate_memory* memory) {
    gate_.begin({.policy = &policy_, .now_ns = now, .memory = memory, .database = "db"});
    line_reader reader;
    reader.feed(body);
    while (reader.next() == line_event::point) {
      if (const std::size_t known = gate_.pass_known(reader.upcoming(), staged_); known > 0) {
        together_ += known;
        reader.skip(known - 1);
        continue;
      }
      static_cast<void>(gate_.pass(reader.point(), staged_));
    }
    EXPECT_EQ(reader.counts().errors, 0U) << reader.error().text;
    gate_.commit();
  }

  /// Whether lines, runs and shards fit each other.
  void check() {
    std::size_t begin = 0;
    std::uint64_t lines = 0;
    for (const staged_run& run : staged_.runs()) {
      EXPECT_EQ(run.begin, begin);
      std::int64_t least = std::numeric_limits<std::int64_t>::max();
      for (std::uint32_t i = 0; i < run.points; ++i, ++lines) {
        ASSERT_LT(lines, staged_.spread().size());
        const spread_line& line = staged_.spread()[lines];
        const std::string_view text = staged_.text().substr(begin, line.end - begin);
        ASSERT_EQ(text.back(), '\n');
        EXPECT_EQ(line.shard, shard_of_series(series_of_line(text), shards)) << text;
        EXPECT_TRUE(text.ends_with(" " + std::to_string(line.time) + "\n")) << text;
        least = std::min(least, line.time);
        begin = line.end;
      }
      EXPECT_EQ(run.end, begin);
      EXPECT_EQ(run.time_least, least);
    }
    EXPECT_EQ(begin, staged_.text().size());
    EXPECT_EQ(lines, staged_.spread().size());
  }

  database_settings policy_;
  gate gate_;
  staged_lines staged_;
  std::size_t together_ = 0;
};

TEST_F(spread_lines, have_the_shard_that_a_reader_of_the_line_finds) {
  for (const bool remembers : {false, true}) {
    staged_.clear(0);
    staged_.spread_over(shards);
    const auto memory = std::make_unique<gate_memory>(gate_memory_options{.start_ns = now});
    for (int i = 0; i < 3; ++i) {
      stage(hostile_body(), remembers ? memory.get() : nullptr);
    }
    EXPECT_EQ(together_ > 0, remembers) << "lines of known series pass together";
    ASSERT_GE(staged_.spread().size(), 30U);
    check();
    // Whatever the order of its tags, one series has one shard.
    EXPECT_EQ(staged_.spread()[1].shard, staged_.spread()[2].shard);
    std::set<std::uint32_t> seen;
    for (const spread_line& line : staged_.spread()) {
      seen.insert(line.shard);
    }
    EXPECT_GT(seen.size(), 5U);
  }
}

TEST_F(spread_lines, keep_theirs_when_the_runs_before_them_are_dropped) {
  staged_.spread_over(shards);
  std::string body;
  for (int i = 0; i < 100'000; ++i) {
    body += "measurement,host=host_" + std::to_string(i) + ",rack=" + std::to_string(i % 7) +
            " field=1 " + std::to_string(i) + "\n";
  }
  stage(body, nullptr);
  ASSERT_GE(staged_.runs().size(), 3U);
  EXPECT_LE(staged_.runs()[0].end, spread_run_bytes_max);
  EXPECT_GT(staged_.runs()[0].end, spread_run_bytes_max / 2);
  EXPECT_GE(staged_.held_bytes(), staged_.used_bytes());
  EXPECT_EQ(staged_.used_bytes(), staged_.text().size() + 100'000 * sizeof(spread_line));
  check();
  staged_.drop_runs(0);
  check();
  staged_.drop_runs(2);
  check();
  EXPECT_LT(staged_.spread().size(), 70'000U);
  EXPECT_EQ(staged_.spread().back().time, 99'999);
  staged_.drop_runs(staged_.runs().size());
  EXPECT_TRUE(staged_.empty());
  EXPECT_TRUE(staged_.spread().empty());
  stage("m f=1 1\n", nullptr);
  check();
  staged_.clear(1024);
  EXPECT_EQ(staged_.held_bytes(), 0U) << "more than an idle request may keep";
}

TEST(staged_lines, that_are_not_spread_have_no_shards) {
  staged_lines staged;
  staged.buffer().append("m f=1 1\n");
  staged.line_done(staged.text().size(), 1, 1);
  EXPECT_TRUE(staged.spread().empty());
  EXPECT_EQ(staged.used_bytes(), staged.text().size());
}

}  // namespace
}  // namespace weir
