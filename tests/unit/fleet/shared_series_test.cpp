// SPDX-License-Identifier: Apache-2.0
//
// Limits of series that hold for several weirs: what they tell each other of, when it ages, and
// what is made of records that are damaged or another one's. Topic and clock are played.
#include "fleet/shared_series.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fleet/shared_state.hpp"
#include "gate/gate.hpp"
#include "unit/fleet/played_fleet.hpp"

namespace weir {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t start = 1'700'000'000 * second;
constexpr std::uint32_t idle_s = 4'000;

struct played_clock {
  std::int64_t now_ns = start;
};

/// A weir that takes lines and shares the topic.
class series_weir {
 public:
  series_weir(std::uint64_t process, played_clock& clock, played_topic& topic,
              std::size_t series_bytes = std::size_t{1} << 20)
      : clock_(clock),
        topic_(topic),
        remembered({.series_bytes = series_bytes,
                    .types_bytes = std::size_t{1} << 20,
                    .series_idle_s = idle_s,
                    .seed = process,
                    .start_ns = clock.now_ns}),
        claims(process, remembered.types_budget()),
        series({.process = process,
                .idle_s = idle_s,
                .wall_ns = [&clock] { return clock.now_ns; },
                .records_max = 20},
               remembered),
        state(claims, remembered) {
    state.share_series(series);
    series.begin("cluster/topic");
  }

  /// Empty: the line was taken; else why not.
  std::string write(const std::string& line, const database_settings& policy,
                    const std::string& database = "db") {
    chain_.begin({.policy = &policy,
                  .now_ns = clock_.now_ns,
                  .memory = &remembered,
                  .database = database,
                  .retention_policy = ""});
    staged_lines staged;
    line_reader reader;
    reader.feed(line);
    reader.finish();
    EXPECT_EQ(reader.next(), line_event::point) << line;
    const gate_answer answer = chain_.pass(reader.point(), staged);
    chain_.commit();
    return refuses(answer) ? chain_.detail(answer, reader.point()) : "";
  }
  std::string tag(int number, const database_settings& policy) {
    return write("m,t=" + std::to_string(number) + " f=1 1", policy);
  }
  /// How many of these series are taken.
  int tags(int from, int to, const database_settings& policy) {
    int taken = 0;
    for (int i = from; i < to; ++i) {
      taken += tag(i, policy).empty() ? 1 : 0;
    }
    return taken;
  }
  /// Writes what is due. How many records that were.
  std::size_t tell(bool is_written = true) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < 2 * series_table::shard_count; ++i) {
      topic_.time_ms = clock_.now_ns / 1'000'000;
      for (shared_series::outgoing& each : series.due()) {
        if (is_written) {
          topic_.append(std::move(each.key), std::move(each.value));
        }
        series.reported(each.kind, is_written);
        ++count;
      }
    }
    return count;
  }
  void hear() {
    while (at_ < topic_.records.size()) {
      state.take(topic_.records[at_++]);
    }
  }
  std::uint64_t count(const std::string& database = "db") const {
    return remembered.count_of(database).series;
  }

 private:
  played_clock& clock_;
  played_topic& topic_;
  std::size_t at_ = 0;
  gate chain_;

 public:
  gate_memory remembered;
  type_claims claims;
  shared_series series;
  shared_state state;
};

class shared_series_test : public ::testing::Test {
 protected:
  void pass(std::int64_t seconds) { clock_.now_ns += seconds * second; }
  void exchange(std::initializer_list<series_weir*> weirs) {
    pass(1);
    for (series_weir* each : weirs) {
      each->tell();
    }
    for (series_weir* each : weirs) {
      each->hear();
    }
  }
  std::size_t standing_records() const {
    std::size_t count = 0;
    for (const kafka_record& each : topic_.compacted(topic_.records.size(), true)) {
      count += each.key.starts_with("series\t") ? 1 : 0;
    }
    return count;
  }

  played_clock clock_;
  played_topic topic_;
  database_settings policy_;
};

TEST_F(shared_series_test, a_limit_holds_for_all_and_what_one_knows_passes_at_the_other) {
  policy_.series_total = 1'000;
  series_weir a(1, clock_, topic_);
  series_weir b(2, clock_, topic_);
  EXPECT_EQ(a.tags(0, 600, policy_), 600);
  exchange({&a, &b});
  EXPECT_EQ(b.count(), 600U);
  EXPECT_EQ(b.tags(600, 1'200, policy_), 400);
  EXPECT_NE(b.tag(1'100, policy_).find("max-series-per-database limit exceeded: (1000)"),
            std::string::npos);
  exchange({&a, &b});
  EXPECT_EQ(a.count(), 1'000U);
  EXPECT_NE(a.tag(2'000, policy_), "");
  // Whoever brought them first.
  EXPECT_EQ(a.tags(0, 1'000, policy_), 1'000);
  EXPECT_EQ(b.tags(0, 1'000, policy_), 1'000);
  // Nobody has anything to add.
  pass(1);
  EXPECT_EQ(a.tell() + b.tell(), 0U);
}

TEST_F(shared_series_test, what_both_bring_at_once_counts_once) {
  policy_.series_total = 1'000;
  series_weir a(1, clock_, topic_);
  series_weir b(2, clock_, topic_);
  EXPECT_EQ(a.tags(0, 600, policy_), 600);
  EXPECT_EQ(b.tags(0, 600, policy_), 600);
  exchange({&a, &b});
  EXPECT_EQ(a.count(), 600U);
  EXPECT_EQ(b.count(), 600U);
  // Until they have heard of each other, together they may take more.
  EXPECT_EQ(a.tags(600, 1'200, policy_), 400);
  EXPECT_EQ(b.tags(1'200, 1'800, policy_), 400);
  exchange({&a, &b});
  EXPECT_EQ(a.count(), 1'400U);
  EXPECT_EQ(a.tags(1'200, 1'600, policy_), 400);
  EXPECT_EQ(a.tags(2'000, 2'100, policy_), 0);
}

TEST_F(shared_series_test, limits_of_measurements_and_of_the_hour_hold_for_all) {
  policy_.measurement_series_total = 10;
  policy_.series_per_hour = 15;
  series_weir a(1, clock_, topic_);
  series_weir b(2, clock_, topic_);
  pass(3'600);  // in the first hour all are new
  EXPECT_EQ(a.tags(0, 8, policy_), 8);
  exchange({&a, &b});
  EXPECT_EQ(b.tags(100, 110, policy_), 2);
  EXPECT_NE(b.tag(111, policy_).find("measurement \"m\" has its 10 series"), std::string::npos);
  exchange({&a, &b});
  int taken = 0;
  for (int i = 0; i < 10; ++i) {
    taken += a.write("n,t=" + std::to_string(i) + " f=1 1", policy_).empty() ? 1 : 0;
  }
  EXPECT_EQ(taken, 5);
  pass(3'600);
  EXPECT_EQ(a.write("n,t=9 f=1 1", policy_), "");
  EXPECT_EQ(b.remembered.find("db")->series.widest_tags(5).size(), 1U);  // named, though not seen
}

TEST_F(shared_series_test, without_limits_nothing_is_told_and_one_alone_is_exact) {
  series_weir a(1, clock_, topic_);
  EXPECT_EQ(a.tags(0, 100, policy_), 100);
  pass(1);
  EXPECT_EQ(a.tell(), 0U);
  // Limits that are set later count what was there.
  policy_.series_total = 150;
  EXPECT_EQ(a.tags(100, 200, policy_), 50);
  pass(61);
  EXPECT_GT(a.tell(), 0U);
  series_weir b(2, clock_, topic_);
  b.hear();
  EXPECT_EQ(b.count(), 150U);
  EXPECT_EQ(b.tag(300, policy_).empty(), false);
}

TEST_F(shared_series_test, who_starts_later_knows_what_the_topic_says_however_far_it_is_compacted) {
  policy_.series_total = 100;
  auto a = std::make_unique<series_weir>(1, clock_, topic_);
  for (int i = 0; i < 90; ++i) {
    EXPECT_EQ(a->tag(i, policy_), "");
    pass(1);
    a->tell();
  }
  EXPECT_EQ(a->series.standing(), standing_records());
  EXPECT_LT(standing_records(), 60U) << "they were told anew in few";
  for (const std::size_t clean : {std::size_t{0}, topic_.records.size()}) {
    series_weir late(3, clock_, topic_);
    for (const kafka_record& each : topic_.compacted(clean, true)) {
      late.state.take(each);
    }
    EXPECT_EQ(late.count(), 90U);
    EXPECT_EQ(late.tags(90, 120, policy_), 10);
  }
  // The same process after a restart.
  a = std::make_unique<series_weir>(4, clock_, topic_);
  a->hear();
  EXPECT_EQ(a->tags(0, 120, policy_), 100);
}

TEST_F(shared_series_test, series_of_one_that_is_gone_age_and_its_records_are_removed) {
  policy_.series_total = 100;
  auto a = std::make_unique<series_weir>(1, clock_, topic_);
  series_weir b(2, clock_, topic_);
  EXPECT_EQ(a->tags(0, 100, policy_), 100);
  exchange({a.get(), &b});
  a.reset();
  // Half of them are still written, to the other one.
  for (std::uint32_t passed_s = 0; passed_s < 3 * idle_s; passed_s += idle_s / 8) {
    pass(idle_s / 8);
    EXPECT_EQ(b.tags(0, 50, policy_), 50);
    b.tell();
    b.hear();
  }
  EXPECT_EQ(standing_records(), b.series.standing());
  series_weir late(3, clock_, topic_);
  late.hear();
  EXPECT_EQ(late.count(), 50U);
  EXPECT_EQ(late.tags(200, 300, policy_), 50);
  // Idle ones go as new ones come, some at a time.
  int taken = 0;
  for (int i = 0; i < 1'000; ++i) {
    taken += b.tag(1'000 + i, policy_).empty() ? 1 : 0;
  }
  EXPECT_EQ(taken, 50);
}

TEST_F(shared_series_test, what_one_weir_alone_still_sees_does_not_age_at_the_others) {
  policy_.series_total = 100;
  series_weir a(1, clock_, topic_);
  series_weir b(2, clock_, topic_);
  EXPECT_EQ(a.tags(0, 100, policy_), 100);
  for (std::uint32_t passed_s = 0; passed_s < 3 * idle_s; passed_s += idle_s / 8) {
    exchange({&a, &b});
    pass(idle_s / 8 - 1);
    EXPECT_EQ(a.tags(0, 100, policy_), 100);
    EXPECT_EQ(b.tags(100, 110, policy_), 0) << passed_s;
  }
}

TEST_F(shared_series_test, what_could_not_be_written_is_told_with_the_next_round) {
  policy_.series_total = 100;
  series_weir a(1, clock_, topic_);
  series_weir b(2, clock_, topic_);
  EXPECT_EQ(a.tags(0, 60, policy_), 60);
  pass(1);
  EXPECT_GT(a.tell(/*is_written=*/false), 0U);
  b.hear();
  EXPECT_EQ(b.count(), 0U);
  pass(61);
  EXPECT_GT(a.tell(/*is_written=*/false), 0U);  // nor is that
  pass(61);
  a.tell();
  b.hear();
  EXPECT_EQ(b.count(), 60U);
  EXPECT_EQ(standing_records(), a.series.standing());
}

TEST_F(shared_series_test, a_flood_is_sent_at_once_and_beyond_the_bound_told_later) {
  policy_.series_total = 1'000'000;
  series_weir a(1, clock_, topic_, std::size_t{32} << 20);
  int called = 0;
  a.series.on_many([&called] { ++called; });
  const int flood = static_cast<int>(series_news::waiting_max) + 5'000;
  EXPECT_EQ(a.tags(0, flood, policy_), flood);
  EXPECT_EQ(called, 16);
  pass(61);
  a.tell();
  series_weir b(2, clock_, topic_, std::size_t{32} << 20);
  b.hear();
  EXPECT_EQ(b.count(), static_cast<std::uint64_t>(flood));
  for (const kafka_record& each : topic_.records) {
    EXPECT_LT(each.value.size(), 1'000'000U);
  }
}

TEST_F(shared_series_test, series_of_others_take_no_room_of_those_that_come_here) {
  policy_.series_total = 100'000;
  series_weir a(1, clock_, topic_, std::size_t{16} << 20);
  series_weir small(2, clock_, topic_, 1);
  EXPECT_EQ(small.tags(0, 10, policy_), 10);
  EXPECT_EQ(a.tags(10'000, 20'000, policy_), 10'000);
  exchange({&a, &small});
  EXPECT_GT(small.series.beyond(), 0U);
  EXPECT_EQ(small.remembered.series.count().evicted, 0U);
  EXPECT_EQ(small.count(), small.remembered.series.count().series);
}

// A round leaves records of each database: that these are many is no reason for another.
TEST_F(shared_series_test, of_many_databases_a_round_is_told_once) {
  policy_.series_total = 100;
  series_weir a(1, clock_, topic_);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(a.write("m,t=1 f=1 1", policy_, "db" + std::to_string(i)), "");
  }
  pass(1);
  EXPECT_EQ(a.tell(), 40U);
  pass(61);
  EXPECT_GT(a.tell(), 40U) << "more than records_max: a round, and what it takes the place of goes";
  for (int i = 0; i < 3; ++i) {
    pass(61);
    EXPECT_EQ(a.tell(), 0U);
  }
}

TEST_F(shared_series_test, after_a_drop_what_was_told_before_says_nothing) {
  policy_.series_total = 100;
  series_weir a(1, clock_, topic_);
  series_weir b(2, clock_, topic_);
  EXPECT_EQ(a.tags(0, 60, policy_), 60);
  pass(1);
  a.tell();
  topic_.append(dropped_key("db"), "dropped");
  EXPECT_EQ(a.tags(60, 80, policy_), 20);  // it does not know yet
  pass(1);
  a.tell();
  a.hear();
  b.hear();
  EXPECT_EQ(a.count(), 0U);
  EXPECT_EQ(b.count(), 0U);
  EXPECT_EQ(a.tags(0, 30, policy_), 30);
  EXPECT_EQ(b.tags(30, 40, policy_), 10);
  exchange({&a, &b});
  EXPECT_EQ(a.count(), 40U);
  series_weir late(3, clock_, topic_);
  for (const kafka_record& each : topic_.compacted(topic_.records.size(), false)) {
    late.state.take(each);
  }
  EXPECT_EQ(late.count(), 40U);
}

TEST_F(shared_series_test, hashes_of_another_secret_count_nothing) {
  policy_.series_total = 100;
  series_weir a(1, clock_, topic_);
  EXPECT_EQ(a.tags(0, 60, policy_), 60);
  pass(1);
  a.tell();
  gate_memory remembered({.series_bytes = 1 << 20, .seed = 5, .start_ns = clock_.now_ns});
  type_claims claims(9, remembered.types_budget());
  shared_series series({.process = 9, .wall_ns = [this] { return clock_.now_ns; }}, remembered);
  shared_state state(claims, remembered);
  state.share_series(series);
  series.begin("another cluster/topic");
  for (const kafka_record& each : topic_.records) {
    state.take(each);
  }
  EXPECT_EQ(remembered.count_of("db").series, 0U);
  EXPECT_EQ(state.unreadable(), 0U);
}

TEST_F(shared_series_test, damaged_records_are_counted_and_enter_nothing) {
  policy_.series_total = 100;
  series_weir a(1, clock_, topic_);
  series_weir b(2, clock_, topic_);
  EXPECT_EQ(a.tags(0, 60, policy_), 60);
  pass(1);
  a.tell();
  ASSERT_EQ(topic_.records.size(), 1U);
  kafka_record record = topic_.records.front();
  const std::string whole = record.value;
  std::uint64_t damaged = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // Where the measurements would begin it ends, too: then it has none.
    damaged += size == 13 ? 0 : 1;
    record.value = whole.substr(0, size);
    b.state.take(record);
  }
  record.value = whole + '\0';
  b.state.take(record);
  record.value = whole;
  record.value[12] = 2;  // neither new nor not
  b.state.take(record);
  EXPECT_EQ(b.state.unreadable(), damaged + 2);
  EXPECT_EQ(b.count(), 0U);
  record.timestamp_ms = -5;
  record.value = whole;
  b.state.take(record);
  EXPECT_EQ(b.count(), 0U);
}

TEST(series_record, what_is_spelled_is_read) {
  const series_batch batch{
      .check = 0xFEDCBA9876543210U,
      .age_s = 70'000,
      .is_new = true,
      .measurements = {{.key = 1, .name = "m\0\n", .series = {1, ~std::uint64_t{0}}},
                       {.key = 0, .name = std::string(300, 'n'), .series = {3}}}};
  const auto read = read_series(spell_series(batch));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->check, batch.check);
  EXPECT_EQ(read->age_s, batch.age_s);
  EXPECT_TRUE(read->is_new);
  ASSERT_EQ(read->measurements.size(), 2U);
  EXPECT_EQ(read->measurements[0].name, batch.measurements[0].name);
  EXPECT_EQ(read->measurements[0].series, batch.measurements[0].series);
  EXPECT_EQ(read->measurements[1].name, std::string(255, 'n'));
  EXPECT_EQ(read->measurements[1].series, batch.measurements[1].series);
}

TEST(series_record, a_count_that_is_not_there_takes_no_memory) {
  series_batch batch{.measurements = {{.key = 1, .name = "m", .series = {1}}}};
  std::string value = spell_series(batch);
  for (int i = 12; i >= 9; --i) {
    value[value.size() - static_cast<std::size_t>(i)] = '\xff';
  }
  EXPECT_FALSE(read_series(value));
}

}  // namespace
}  // namespace weir
