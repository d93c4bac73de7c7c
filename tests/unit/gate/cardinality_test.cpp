// SPDX-License-Identifier: Apache-2.0
//
// Counting series and refusing them: limits, hours, and the tag that is named.
#include "gate/series/cardinality.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

constexpr std::int64_t hour = 3'600'000'000'000;
constexpr std::int64_t start = 1'000 * hour + hour / 2;

class cardinality : public ::testing::Test {
 protected:
  std::optional<series_refusal> admit(const std::string& host, const std::string& id,
                                      const series_limits& limits, std::int64_t now,
                                      std::uint64_t measurement = 1) {
    const std::vector<tag_view> tags{{"host", host}, {"id", id}};
    return series_.admit(series_.record_of(measurement), tags, limits, now);
  }

  memory_budget budget_{std::size_t{1} << 20};
  database_series series_{budget_, start};
};

TEST(distinct_sketch, is_good_to_an_eighth_or_so) {
  for (const std::uint64_t count : {1U, 10U, 50U, 200U, 1'000U, 20'000U, 500'000U}) {
    distinct_sketch sketch;
    for (std::uint64_t round = 0; round < 2; ++round) {
      for (std::uint64_t i = 0; i < count; ++i) {
        static_cast<void>(sketch.add(hash_text(std::to_string(i), 0)));
      }
    }
    const auto exact = static_cast<double>(count);
    EXPECT_NEAR(sketch.estimate(), exact, 1 + exact * 0.35) << count;
  }
}

TEST_F(cardinality, the_widest_tags_are_known_without_limits) {
  measurement_record& requests = series_.record_of(7, std::string(100, 'r'));
  for (int i = 0; i < 300; ++i) {
    const std::string id = std::to_string(i);
    const std::string host = std::to_string(i % 3);
    const std::vector<tag_view> tags{{"host", host}, {"id", id}};
    EXPECT_FALSE(series_.admit(requests, tags, {}, start));
  }
  EXPECT_FALSE(admit("a", "b", {}, start));
  const std::vector<database_series::tag_values> widest = series_.widest_tags(3);
  ASSERT_EQ(widest.size(), 3U);
  EXPECT_EQ(widest[0].measurement, std::string(measurement_record::name_bytes_max, 'r'));
  EXPECT_EQ(widest[0].tag, "id");
  EXPECT_NEAR(static_cast<double>(widest[0].values), 300, 100);
  EXPECT_EQ(widest[1].tag, "host");
  EXPECT_EQ(widest[1].values, 3U);
}

TEST_F(cardinality, a_copy_takes_over_counts_and_goes_on_alone) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(admit(std::to_string(i), "x", {}, start));
  }
  database_series copy(budget_, start);
  copy.take_total(series_);
  copy.take_measurement(1, "m", series_);
  EXPECT_EQ(copy.series(), 5U);
  EXPECT_EQ(copy.record_of(1).series.load(), 5U);
  const std::vector<tag_view> tags{{"host", "new"}};
  EXPECT_FALSE(copy.admit(copy.record_of(1), tags, {.database_total = 6}, start));
  EXPECT_TRUE(copy.admit(copy.record_of(1), tags, {.database_total = 6}, start));
  EXPECT_EQ(series_.series(), 5U);
}

TEST_F(cardinality, without_limits_everything_is_counted_and_let_in) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(admit(std::to_string(i), "x", {}, start));
  }
  EXPECT_EQ(series_.series(), 100U);
  EXPECT_EQ(series_.record_of(1).series.load(), 100U);
}

TEST_F(cardinality, totals_of_database_and_measurement) {
  const series_limits limits{.database_total = 5, .measurement_total = 3};
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(admit(std::to_string(i), "x", limits, start));
  }
  const auto of_measurement = admit("3", "x", limits, start);
  ASSERT_TRUE(of_measurement);
  EXPECT_EQ(of_measurement->kind, series_limit_kind::measurement_total);
  EXPECT_EQ(of_measurement->limit, 3U);
  EXPECT_FALSE(admit("0", "x", limits, start, 2));
  EXPECT_FALSE(admit("1", "x", limits, start, 2));
  const auto of_database = admit("2", "x", limits, start, 2);
  ASSERT_TRUE(of_database);
  EXPECT_EQ(of_database->kind, series_limit_kind::database_total);
  series_.record_of(1).series_gone();
  EXPECT_FALSE(admit("2", "x", limits, start, 2));
}

TEST_F(cardinality, by_hour_after_the_first) {
  const series_limits limits{.database_per_hour = 10, .measurement_per_hour = 2};
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(admit(std::to_string(i), "x", limits, start + hour - 1));  // all are new
  }
  const std::int64_t later = start + hour + hour / 2;  // another hour of the clock
  EXPECT_FALSE(admit("a", "x", limits, later));
  EXPECT_FALSE(admit("b", "x", limits, later));
  const auto refused = admit("c", "x", limits, later);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, series_limit_kind::measurement_per_hour);
  for (std::uint64_t m = 2; m < 10; ++m) {
    EXPECT_FALSE(admit("a", "x", limits, later, m));
  }
  EXPECT_EQ(admit("a", "x", limits, later, 10)->kind, series_limit_kind::database_per_hour);
  EXPECT_FALSE(admit("c", "x", limits, later + hour));
}

TEST_F(cardinality, what_another_thread_had_added_is_taken_back) {
  const series_limits limits{.database_per_hour = 1};
  const std::int64_t later = start + 2 * hour;
  EXPECT_FALSE(admit("a", "x", limits, later));
  series_.retract(series_.record_of(1), later);
  EXPECT_EQ(series_.series(), 0U);
  EXPECT_FALSE(admit("b", "x", limits, later));
  EXPECT_TRUE(admit("c", "x", limits, later));
}

TEST_F(cardinality, names_the_tag_that_explodes_and_not_the_one_with_most_values) {
  const series_limits limits{.measurement_per_hour = 1'000};
  for (int i = 0; i < 5'000; ++i) {
    EXPECT_FALSE(admit("host" + std::to_string(i), "old", limits, start));
  }
  // Each host gets a new id: as many hosts as ids among the new series.
  std::optional<series_refusal> refused;
  for (int i = 0; i < 1'500 && !refused; ++i) {
    refused = admit("host" + std::to_string(i), "id" + std::to_string(i), limits, start + hour);
  }
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->tag, "id");
  EXPECT_EQ(refused->value, "id1000");
  EXPECT_GT(refused->tag_values, 600U);
  EXPECT_LT(refused->tag_values, 1'500U);
  EXPECT_GT(refused->tag_values_new, 600U);
}

TEST_F(cardinality, a_total_that_is_reached_names_the_tag_with_most_values) {
  const series_limits limits{.database_total = 1'000};
  std::optional<series_refusal> refused;
  for (int i = 0; !refused; ++i) {
    refused = admit("host" + std::to_string(i % 5), "id" + std::to_string(i), limits, start);
  }
  EXPECT_EQ(refused->tag, "id");
}

TEST(cardinality_memory, beyond_the_budget_measurements_share_a_record) {
  memory_budget budget(2 * database_series::measurement_bytes);
  database_series series(budget, 0);
  measurement_record& one = series.record_of(1);
  measurement_record& two = series.record_of(2);
  measurement_record& three = series.record_of(3);
  EXPECT_NE(&one, &two);
  EXPECT_NE(&two, &three);
  EXPECT_EQ(&three, &series.record_of(4));
  EXPECT_EQ(&one, &series.record_of(1));
  const series_limits limits{.database_total = 2, .measurement_total = 1};
  EXPECT_FALSE(series.admit(three, {}, limits, 0));
  EXPECT_FALSE(series.admit(three, {}, limits, 0));  // no limit of its own
  EXPECT_EQ(series.admit(three, {}, limits, 0)->kind, series_limit_kind::database_total);
  EXPECT_LE(budget.used(), budget.limit());
}

TEST(cardinality_memory, threads_do_not_let_in_more_than_the_limit) {
  memory_budget budget(std::size_t{1} << 20);
  database_series series(budget, 0);
  const series_limits limits{.database_total = 1'000};
  std::atomic<int> let_in{0};
  std::vector<std::thread> running;
  for (int t = 0; t < 4; ++t) {
    running.emplace_back([&, t] {
      for (int i = 0; i < 1'000; ++i) {
        const std::string value = std::to_string(t * 1'000 + i);
        const std::vector<tag_view> tags{{"k", value}};
        let_in += series.admit(series.record_of(1), tags, limits, 0) ? 0 : 1;
      }
    });
  }
  for (std::thread& each : running) {
    each.join();
  }
  EXPECT_EQ(let_in.load(), 1'000);
}

}  // namespace
}  // namespace weir
