// SPDX-License-Identifier: Apache-2.0
//
// The table of series' newest times, against two maps: those in use, and those before.
#include "sinks/remote_write/sending/series_times.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

namespace weir {
namespace {

series_key key_of(std::uint64_t number) {
  return {number % 7 == 0 ? 42 : number * 0x9E3779B97F4A7C15ULL, number};  // some collide
}

/// What it should know: the slow way.
class two_maps {
 public:
  explicit two_maps(std::size_t half) : half_(half) {}

  std::optional<std::int64_t> find(std::uint64_t number) {
    if (const auto young = young_.find(number); young != young_.end()) {
      return young->second;
    }
    const auto old = old_.find(number);
    if (old == old_.end()) {
      return std::nullopt;
    }
    const std::int64_t time_ms = old->second;
    old_.erase(old);
    make_young(number, time_ms);
    return time_ms;
  }
  void raise(std::uint64_t number, std::int64_t time_ms) {
    const std::int64_t before = find(number).value_or(time_ms);
    make_young(number, std::max(before, time_ms));
  }
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  void make_young(std::uint64_t number, std::int64_t time_ms) {
    if (young_.size() >= half_ && !young_.contains(number)) {
      old_ = std::exchange(young_, {});
    }
    young_[number] = time_ms;
  }
  std::size_t half_;
  std::map<std::uint64_t, std::int64_t> young_;
  std::map<std::uint64_t, std::int64_t> old_;
};

class series_times_seeds : public ::testing::TestWithParam<unsigned> {};

TEST_P(series_times_seeds, knows_what_two_maps_know) {
  std::mt19937 random(GetParam());
  const std::size_t half = 1 + random() % 100;
  series_times table(half);
  two_maps slow(half);
  std::vector<place_hint> hints(400);
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t number = random() % (1 + random() % hints.size());
    // Mostly where it was last; sometimes anywhere.
    auto anywhere = static_cast<place_hint>(random() % 500);
    place_hint& hint = random() % 4 == 0 ? anywhere : hints[number];
    if (random() % 2 == 0) {
      ASSERT_EQ(table.find(key_of(number), hint), slow.find(number)) << step;
    } else {
      const auto time_ms = static_cast<std::int64_t>(random() % 1'000);
      table.raise(key_of(number), time_ms, hint);
      slow.raise(number, time_ms);
    }
    ASSERT_EQ(table.size(), slow.size()) << step;
    ASSERT_LE(table.size(), 2 * half);
  }
  EXPECT_GT(table.times_forgotten(), 0U);
}

INSTANTIATE_TEST_SUITE_P(seeds, series_times_seeds, ::testing::Range(0U, 30U));

}  // namespace
}  // namespace weir
