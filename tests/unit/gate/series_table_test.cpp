// SPDX-License-Identifier: Apache-2.0
//
// The shared table of series and the window of points: what is put in is found, the bound holds,
// and threads do not disturb each other.
#include "gate/series/series_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "gate/series/gate_memory.hpp"
#include "gate/series/point_window.hpp"

namespace weir {
namespace {

constexpr std::uint32_t idle_s = 100;

wide_hash key_of(std::uint64_t number) {
  return hash_wide(std::to_string(number), 7);
}

point_content content_of(std::uint64_t shape, std::uint64_t values) {
  return point_content(fields_hash{shape, values});
}

void remember(point_window& window, std::uint64_t key, point_content content) {
  const keyed_point point{key, content};
  window.remember({&point, 1});
}

std::vector<point_content> held(point_window& window, std::uint64_t key) {
  std::vector<point_content> out;
  window.each_at(key, [&out](point_content content) { out.push_back(content); });
  return out;
}

TEST(series_table, finds_what_was_added) {
  series_table table(std::size_t{16} << 20, idle_s);
  EXPECT_FALSE(table.find(key_of(1), 1));
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    auto entry = table.find_or_add(key_of(i), 1);
    ASSERT_TRUE(entry.added());
    entry->shape = i;
  }
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    auto entry = table.find(key_of(i), 1);
    ASSERT_TRUE(entry) << i;
    EXPECT_EQ(entry->shape, i);
    EXPECT_FALSE(entry.added());
  }
  EXPECT_FALSE(table.find(key_of(20'000), 1));
  EXPECT_EQ(table.count().series, 20'000U);
}

TEST(series_table, the_key_of_an_empty_place_is_a_key_like_others) {
  series_table table(std::size_t{1} << 20, idle_s);
  EXPECT_FALSE(table.find(wide_hash{}, 1));
  table.find_or_add(wide_hash{}, 1)->shape = 5;
  EXPECT_EQ(table.find(wide_hash{}, 1)->shape, 5U);
  EXPECT_EQ(table.count().series, 1U);
}

TEST(series_table, full_it_forgets_those_unseen_for_longest) {
  constexpr std::size_t bytes = std::size_t{1} << 20;
  series_table table(bytes, idle_s);
  constexpr std::uint64_t many = 100'000;
  constexpr std::uint64_t kept_alive = 100;
  for (std::uint64_t i = 0; i < many; ++i) {
    const auto now = static_cast<std::uint32_t>(i / 100);
    static_cast<void>(table.find_or_add(key_of(i), now));
    for (std::uint64_t k = 0; i % 100 == 0 && k < kept_alive; ++k) {
      static_cast<void>(table.find_or_add(key_of(k), now));
    }
  }
  const series_table::totals totals = table.count();
  EXPECT_LE(totals.bytes, bytes);
  EXPECT_GT(totals.series, bytes / series_table::entry_bytes * 9 / 10);
  // Every series but those that are there was evicted, some of them and added again.
  EXPECT_GE(totals.evicted + totals.series, many);
  EXPECT_EQ(totals.expired, 0U);
  std::uint64_t alive = 0;
  for (std::uint64_t k = 0; k < kept_alive; ++k) {
    alive += table.find(key_of(k), many / 100) ? 1 : 0;
  }
  EXPECT_GT(alive, kept_alive * 9 / 10);  // seen all the time
  EXPECT_FALSE(table.find(key_of(kept_alive + 1), many / 100));
}

TEST(series_table, idle_series_are_forgotten_and_no_longer_counted) {
  memory_budget budget(std::size_t{1} << 20);
  series_table table(std::size_t{1} << 20, idle_s);
  database_series database(budget, 0);
  measurement_record& record = database.record_of(1);
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    ASSERT_FALSE(database.admit(record, {}, {}, 0));
    table.find_or_add(key_of(i), 10)->measurement = &record;
  }
  EXPECT_EQ(database.series(), 1'000U);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    table.expire_near(key_of(i), 10 + idle_s);  // not longer than allowed
  }
  EXPECT_EQ(table.count().series, 1'000U);
  static_cast<void>(table.find(key_of(7), 50));
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    table.expire_near(key_of(i), 11 + idle_s);
  }
  EXPECT_EQ(table.count().series, 1U);
  EXPECT_EQ(table.count().expired, 999U);
  EXPECT_EQ(database.series(), 1U);
  EXPECT_EQ(record.series.load(), 1U);
  EXPECT_TRUE(table.find(key_of(7), 50));
}

TEST(series_table, removal_keeps_every_other_entry_within_reach) {
  series_table table(std::size_t{8} << 20, idle_s);
  constexpr std::uint64_t count = 5'000;
  for (std::uint64_t i = 0; i < count; ++i) {
    table.find_or_add(key_of(i), i % 3 == 0 ? 1 : 1'000)->shape = i;
  }
  for (std::uint64_t i = 0; i < 10 * count; ++i) {
    table.expire_near(key_of(i), 1'000);
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    auto entry = table.find(key_of(i), 1'000);
    ASSERT_EQ(static_cast<bool>(entry), i % 3 != 0) << i;
    if (entry) {
      EXPECT_EQ(entry->shape, i);
    }
  }
}

TEST(series_table, threads_share_it) {
  series_table table(std::size_t{8} << 20, idle_s);
  constexpr std::uint64_t count = 5'000;
  constexpr std::uint64_t threads = 4;
  std::vector<std::thread> running;
  for (std::uint64_t t = 0; t < threads; ++t) {
    running.emplace_back([&table] {
      for (std::uint64_t i = 0; i < count; ++i) {
        table.expect(key_of(i));
        auto entry = table.find_or_add(key_of(i), 1);
        entry->newest_time += 1;
      }
    });
  }
  for (std::thread& each : running) {
    each.join();
  }
  EXPECT_EQ(table.count().series, count);
  for (std::uint64_t i = 0; i < count; ++i) {
    EXPECT_EQ(table.find(key_of(i), 1)->newest_time, static_cast<std::int64_t>(threads));
  }
}

TEST(point_window, remembers_and_forgets) {
  point_window window(std::size_t{1} << 20);
  EXPECT_EQ(window.places(), (std::size_t{1} << 20) / 2 / point_window::point_bytes);
  const std::uint64_t key = point_window::key_of(key_of(1), 5, 0);
  EXPECT_TRUE(held(window, key).empty());
  remember(window, key, content_of(1, 2));
  EXPECT_EQ(held(window, key), std::vector{content_of(1, 2)});
  remember(window, key, content_of(1, 3));  // the same fields: takes its place
  EXPECT_EQ(held(window, key), std::vector{content_of(1, 3)});
  remember(window, key, content_of(2, 3));  // others: lies beside it
  EXPECT_EQ(held(window, key).size(), 2U);
  window.forget(key, content_of(1, 3));
  EXPECT_EQ(held(window, key), std::vector{content_of(2, 3)});
  EXPECT_TRUE(held(window, point_window::key_of(key_of(1), 6, 0)).empty());
  EXPECT_TRUE(held(window, point_window::key_of(key_of(1), 5, 1)).empty());
  EXPECT_TRUE(held(window, point_window::key_of(key_of(2), 5, 0)).empty());
}

TEST(point_window, holds_about_as_many_points_as_it_has_places) {
  point_window window(std::size_t{128} << 10);  // 4,096 places
  const auto key = [](std::uint64_t i) {
    return point_window::key_of(key_of(1), static_cast<std::int64_t>(i), 0);
  };
  const auto found = [&](std::uint64_t begin, std::uint64_t end) {
    std::uint64_t count = 0;
    for (std::uint64_t i = begin; i < end; ++i) {
      count += held(window, key(i)).empty() ? 0 : 1;
    }
    return count;
  };
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    remember(window, key(i), content_of(1, i));
  }
  EXPECT_GT(found(0, 2'000), 1'900U);
  for (std::uint64_t i = 2'000; i < 100'000; ++i) {
    remember(window, key(i), content_of(1, i));
  }
  // Points that were not asked for in time are lost, without a trace in the table.
  EXPECT_EQ(found(50'000, 52'000), 0U);
  EXPECT_GT(found(98'000, 100'000), 1'300U);
  for (std::uint64_t i = 100'000; i < 120'000; ++i) {
    remember(window, key(i), content_of(1, i));
    static_cast<void>(found(i, i + 1));
  }
  EXPECT_LT(found(0, 2'000), 10U);
}

TEST(point_window, without_memory_it_is_empty) {
  point_window window(0);
  remember(window, 1, content_of(1, 1));
  EXPECT_TRUE(held(window, 1).empty());
}

TEST(point_window, what_is_written_down_last_stays_however_often_one_asks) {
  for (const bool asks : {false, true}) {
    point_window window(std::size_t{1} << 10);
    ASSERT_EQ(window.places(), 32U);
    for (std::uint64_t i = 0; i < 1'000; ++i) {
      remember(window, 7, content_of(1, i));
      if (asks && i % 3 == 0) {
        ASSERT_EQ(held(window, 7), std::vector{content_of(1, i)});
      }
    }
    EXPECT_EQ(held(window, 7), std::vector{content_of(1, 999)});
  }
}

TEST(point_window, threads_write_and_ask) {
  point_window window(256);  // a few sets
  constexpr std::uint64_t rounds = 20'000;
  std::vector<std::thread> writers;
  for (std::uint64_t t = 0; t < 3; ++t) {
    writers.emplace_back([&window, t] {
      for (std::uint64_t i = 0; i < rounds; ++i) {
        const std::uint64_t key = (i * 3 + t) << 1 | 1;
        remember(window, key, content_of(key, key));
      }
    });
  }
  for (std::uint64_t i = 0; i < 3 * rounds; ++i) {
    const std::uint64_t key = i << 1 | 1;
    window.each_at(key, [&](point_content content) { ASSERT_EQ(content, content_of(key, key)); });
  }
  for (std::thread& each : writers) {
    each.join();
  }
}

}  // namespace
}  // namespace weir
