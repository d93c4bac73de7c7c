// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/sending/sent_ledger.hpp"

#include <gtest/gtest.h>

#include <array>

namespace weir {
namespace {

constexpr std::size_t much = std::size_t{1} << 20;
const lane_key lane_a{"a", ""};
const lane_key lane_b{"b", ""};

sent_sample at(std::uint64_t series, std::int64_t time_ms) {
  return {{series * 0x9E3779B97F4A7C15ULL, series}, time_ms};
}

void send(sent_ledger& ledger, std::vector<sent_sample> samples, bool accepted = true) {
  ledger.intend(samples);
  if (accepted) {
    ledger.accept();
  }
}

TEST(sent_ledger, remembers_the_newest_time_of_each_series) {
  sent_ledger ledger(much);
  ledger.begin(lane_a, log_position(1));
  EXPECT_FALSE(ledger.last(at(1, 0).series));
  send(ledger, {at(1, 10), at(2, 5)});
  send(ledger, {at(1, 20)});
  EXPECT_EQ(ledger.last(at(1, 0).series), 20);
  EXPECT_EQ(ledger.last(at(2, 0).series), 5);
  EXPECT_EQ(ledger.series_known(), 2U);
}

TEST(sent_ledger, a_batch_gone_on_with_knows_what_was_taken_of_it) {
  sent_ledger ledger(much);
  ledger.begin(lane_a, log_position(1));
  send(ledger, {at(1, 10)});
  send(ledger, {at(1, 20)}, false);  // no answer
  ledger.begin(lane_b, log_position(2));
  EXPECT_FALSE(ledger.delivered(at(1, 10))) << "another lane's";
  ledger.conclude();
  ledger.begin(lane_a, log_position(3));
  EXPECT_TRUE(ledger.delivered(at(1, 10)));
  EXPECT_FALSE(ledger.delivered(at(1, 20)));
  EXPECT_TRUE(ledger.uncertain(at(1, 20)));
  EXPECT_FALSE(ledger.uncertain(at(1, 10)));
  ledger.conclude();
  ledger.begin(lane_a, log_position(4));
  EXPECT_FALSE(ledger.delivered(at(1, 10))) << "the batch was done";
}

TEST(sent_ledger, only_what_is_intended_gets_lost) {
  sent_ledger ledger(much);
  ledger.begin(lane_a, log_position(5));
  ledger.lose(1);
  ledger.lose_all();
  EXPECT_TRUE(ledger.take_unwritten().empty());
  ledger.intend({at(1, 10)}, 0);
  ledger.intend({at(2, 10)}, 1);
  ledger.lose_all();
  EXPECT_TRUE(ledger.uncertain(at(1, 10)));
  EXPECT_TRUE(ledger.uncertain(at(2, 10)));
  EXPECT_FALSE(ledger.take_unwritten().empty());
  ledger.lose_all();
  EXPECT_TRUE(ledger.take_unwritten().empty());
}

TEST(sent_ledger, is_read_back_as_it_was_written) {
  sent_ledger ledger(much);
  std::string file;
  ledger.begin(lane_a, log_position(5));
  ledger.intend({at(1, 10), at(2, 10)});
  file += ledger.take_unwritten();
  ledger.accept();
  ledger.intend({at(1, 20)});
  file += ledger.take_unwritten();
  EXPECT_TRUE(ledger.take_unwritten().empty());

  sent_ledger next(much);
  next.recover(file, log_position(5));
  next.begin(lane_a, log_position(9));
  EXPECT_TRUE(next.delivered(at(1, 10)));
  EXPECT_TRUE(next.delivered(at(2, 10)));
  EXPECT_FALSE(next.delivered(at(1, 20)));
  EXPECT_TRUE(next.uncertain(at(1, 20)));
  EXPECT_EQ(next.last(at(1, 0).series), 20);

  // The file may be written anew at any time and says the same.
  sent_ledger third(much);
  third.recover(next.whole(), log_position(5));
  third.begin(lane_a, log_position(9));
  EXPECT_TRUE(third.delivered(at(1, 10)));
  EXPECT_TRUE(third.uncertain(at(1, 20)));
}

TEST(sent_ledger, a_file_written_anew_does_not_mix_up_what_is_under_way) {
  sent_ledger ledger(much);
  ledger.begin(lane_a, log_position(1));
  send(ledger, {at(1, 10)}, false);
  ledger.begin(lane_b, log_position(2));
  ledger.intend({at(2, 10)});
  static_cast<void>(ledger.take_unwritten());
  std::string file = ledger.whole();
  ledger.accept();
  ledger.intend({at(3, 10)});
  file += ledger.take_unwritten();

  sent_ledger next(much);
  next.recover(file, log_position(0));
  next.begin(lane_a, log_position(9));
  EXPECT_FALSE(next.delivered(at(1, 10)));
  EXPECT_TRUE(next.uncertain(at(1, 10)));
  EXPECT_TRUE(next.delivered(at(2, 10)));
  EXPECT_TRUE(next.uncertain(at(3, 10)));
}

TEST(sent_ledger, of_several_becomes_one_of_another_log) {
  std::array<sent_ledger::earlier_file, 3> files;
  for (std::uint64_t i = 0; i < 2; ++i) {
    sent_ledger ledger(much);
    ledger.begin(lane_a, log_position(5 + i));
    send(ledger, {at(10 * i + 1, 10)});
    ledger.intend({at(10 * i + 2, 10), at(10 * i + 2, 20)});  // no answer
    files[i] = {ledger.take_unwritten(), log_position(5)};
  }
  EXPECT_TRUE(sent_ledger::moved({}, log_position(100)).empty());
  EXPECT_TRUE(sent_ledger::moved({&files[2], 1}, log_position(100)).empty());
  const std::string moved = sent_ledger::moved(files, log_position(100));
  for (const std::uint64_t low_water : {std::uint64_t{1}, std::uint64_t{100}}) {
    sent_ledger next(much);
    next.recover(moved, log_position(low_water));
    next.begin(lane_a, log_position(50));
    for (const std::uint64_t series : {std::uint64_t{0}, std::uint64_t{10}}) {
      EXPECT_TRUE(next.delivered(at(series + 1, 10)));
      EXPECT_TRUE(next.uncertain(at(series + 2, 10)));
      EXPECT_NE(next.question(at(series + 2, 10)), 0U);
    }
    EXPECT_NE(next.question(at(2, 10)), next.question(at(12, 10)));
  }
  sent_ledger later(much);
  later.recover(moved, log_position(101));
  later.begin(lane_a, log_position(150));
  EXPECT_FALSE(later.knows_of_earlier());
  // What was behind the cursor stays there.
  files[0].low_water = log_position(6);
  EXPECT_TRUE(sent_ledger::moved({files.data(), 1}, log_position(100)).empty());
}

TEST(sent_ledger, what_is_behind_the_cursor_is_let_go) {
  sent_ledger ledger(much);
  ledger.begin(lane_a, log_position(5));
  send(ledger, {at(1, 10)});
  std::string file = ledger.take_unwritten();
  ledger.conclude();

  sent_ledger before_cursor(much);
  before_cursor.recover(file, log_position(5));
  before_cursor.begin(lane_a, log_position(9));
  EXPECT_TRUE(before_cursor.delivered(at(1, 10)));
  before_cursor.saved(log_position(6));
  before_cursor.begin(lane_a, log_position(9));
  EXPECT_FALSE(before_cursor.delivered(at(1, 10)));

  sent_ledger behind(much);
  behind.recover(file, log_position(6));
  behind.begin(lane_a, log_position(9));
  EXPECT_FALSE(behind.delivered(at(1, 10)));
  EXPECT_EQ(behind.last(at(1, 0).series), 10) << "the times are of use all the same";
}

TEST(sent_ledger, a_damaged_end_costs_the_end) {
  sent_ledger ledger(much);
  ledger.begin(lane_a, log_position(1));
  send(ledger, {at(1, 10)});
  send(ledger, {at(2, 20)});
  ledger.intend({at(3, 30)});
  const std::string file = ledger.take_unwritten();
  for (std::size_t bytes = 0; bytes < file.size(); ++bytes) {
    sent_ledger cut(much);
    cut.recover(std::string_view(file).substr(0, bytes), log_position(0));
    cut.begin(lane_a, log_position(9));
    EXPECT_FALSE(cut.delivered(at(3, 30)));
    EXPECT_TRUE(!cut.delivered(at(2, 20)) || cut.delivered(at(1, 10)));
  }
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string damaged = file;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    sent_ledger read(much);
    read.recover(damaged, log_position(0));
    EXPECT_LT(read.series_known(), 3U) << i;
  }
}

TEST(sent_ledger, its_table_stays_within_bounds_and_keeps_what_is_in_use) {
  constexpr std::size_t series = 100;
  sent_ledger ledger(series * sent_ledger::series_bytes);
  ledger.begin(lane_a, log_position(1));
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    send(ledger, {at(i, 1)});
    EXPECT_TRUE(ledger.last(at(1, 0).series)) << "used all the time, and forgotten at " << i;
    EXPECT_LE(ledger.series_known(), series);
  }
  EXPECT_FALSE(ledger.last(at(2, 0).series));
  EXPECT_TRUE(ledger.last(at(1000, 0).series));
  EXPECT_GT(ledger.times_forgotten(), 0U);
}

TEST(sent_ledger, the_file_does_not_grow_for_ever) {
  sent_ledger ledger(much);
  std::vector<sent_sample> samples;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    samples.push_back(at(i, 0));
  }
  std::size_t file = 0;
  std::size_t most = 0;
  for (std::uint64_t round = 0; round < 500; ++round) {
    ledger.begin(lane_a, log_position(round));
    send(ledger, samples);
    file += ledger.take_unwritten().size();
    most = std::max(most, file);
    ledger.conclude();
    ledger.saved(log_position(round + 1));
    if (ledger.wants_rewrite()) {
      file = ledger.whole().size();
    }
  }
  EXPECT_LT(most, 2 * sent_ledger::file_bytes_least);
}

}  // namespace
}  // namespace weir
