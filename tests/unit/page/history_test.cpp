// SPDX-License-Identifier: Apache-2.0
//
// The last hour: rates of any step, what is not known, late samples.
#include "page/history.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::page {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

moment at(std::int64_t second) {
  return {.steady = {second * second_ns}, .wall = {(1'000'000 + second) * second_ns}};
}

history_sample received(std::uint64_t lines) {
  return {.totals = {.received = lines}, .pending = lines / 2, .log_bytes = lines * 10};
}

std::string member(const std::string& text, const std::string& name) {
  const std::size_t from = text.find("\"" + name + "\":[");
  return text.substr(from + name.size() + 3, text.find(']', from) - from - name.size() - 2);
}

TEST(history, of_nothing_is_null) {
  const history kept;
  EXPECT_EQ(member(kept.text(4, 1), "received"), "[null,null,null,null]");
  EXPECT_EQ(kept.rates(5), std::nullopt);
}

TEST(history, rates_and_levels) {
  history kept;
  for (std::int64_t second = 100; second <= 110; ++second) {
    kept.add(received(static_cast<std::uint64_t>((second - 100) * 20)), at(second));
  }
  EXPECT_EQ(member(kept.text(3, 1), "received"), "[20,20,20]");
  EXPECT_EQ(member(kept.text(10, 5), "received"), "[20,20]");
  EXPECT_EQ(member(kept.text(3, 1), "pending"), "[80,90,100]");
  EXPECT_EQ(member(kept.text(3, 1), "log_bytes"), "[1600,1800,2000]");
  EXPECT_NE(kept.text(3, 1).find("\"step\":1,\"end\":1000110,"), std::string::npos);
  ASSERT_TRUE(kept.rates(5));
  EXPECT_DOUBLE_EQ(kept.rates(5)->received, 20);
  EXPECT_EQ(kept.totals_before(4).received, 120U);
  EXPECT_EQ(kept.totals_before(60).received, 0U) << "the oldest there is";
}

TEST(history, what_was_before_the_start_is_null) {
  history kept;
  kept.add(received(0), at(100));
  kept.add(received(7), at(101));
  EXPECT_EQ(member(kept.text(4, 1), "received"), "[null,null,null,7]");
  EXPECT_EQ(member(kept.text(10, 5), "received"), "[null,7]") << "of the part that is known";
}

TEST(history, a_late_sample_is_shared_out) {
  history kept;
  kept.add(received(0), at(100));
  kept.add(received(30), at(103));
  EXPECT_EQ(member(kept.text(3, 1), "received"), "[10,10,10]");
}

TEST(history, samples_may_be_seldom) {
  history kept;
  kept.add(received(0), at(100));
  for (std::int64_t second = 104; second <= 120; second += history::quiet_seconds) {
    kept.add(received(0), at(second));
  }
  kept.add(received(80), at(120 + history::gap_seconds_max));
  EXPECT_EQ(member(kept.text(10, 1), "received"), "[0,0,10,10,10,10,10,10,10,10]");
  ASSERT_TRUE(kept.rates(5));
  EXPECT_DOUBLE_EQ(kept.rates(5)->received, 10);
  kept.add(received(90), at(129 + history::gap_seconds_max * 2));
  EXPECT_EQ(member(kept.text(1, 1), "received"), "[null]") << "that is too late";
}

TEST(history, of_a_process_that_stood_still_nothing_is_known) {
  history kept;
  kept.add(received(0), at(100));
  kept.add(received(30), at(200));
  EXPECT_EQ(member(kept.text(3, 1), "received"), "[null,null,null]");
}

TEST(history, has_an_hour) {
  history kept;
  for (std::int64_t second = 0; second <= 2 * history::seconds_kept; ++second) {
    kept.add(received(static_cast<std::uint64_t>(second)), at(second));
  }
  const std::string all = member(kept.text(history::seconds_kept, 60), "received");
  EXPECT_EQ(all.find("null"), std::string::npos);
  EXPECT_EQ(std::count(all.begin(), all.end(), '1'), 60);
}

TEST(history, a_clock_that_runs_twice_through_a_second_does_no_harm) {
  history kept;
  kept.add(received(5), at(100));
  kept.add(received(6), at(100));
  kept.add(received(1), at(99));
  kept.add(received(8), at(101));
  EXPECT_EQ(member(kept.text(1, 1), "received"), "[2]");
}

}  // namespace
}  // namespace weir::page
