// SPDX-License-Identifier: Apache-2.0
#include "tools/load/report/load_samples.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

load_sample second(int number, double rate) {
  return {.at_s = number + 1.0,
          .seconds = 1,
          .lines_per_second = rate,
          .answers = 10,
          .p50_ms = 2,
          .p99_ms = number,
          .max_ms = 2.0 * number};
}

TEST(LoadSamples, OfAShortRunAreKeptAsTheyAre) {
  load_samples samples;
  EXPECT_TRUE(samples.all().empty());
  for (int i = 0; i < 100; ++i) {
    samples.add(second(i, i));
  }
  ASSERT_EQ(samples.all().size(), 100U);
  EXPECT_DOUBLE_EQ(samples.all()[42].lines_per_second, 42);
  EXPECT_DOUBLE_EQ(samples.all()[42].at_s, 43);
}

TEST(LoadSamples, OfALongRunThinOutAndLoseNothing) {
  load_samples samples;
  constexpr int seconds = 100'001;
  double lines = 0;
  for (int i = 0; i < seconds; ++i) {
    samples.add(second(i, i % 100));
    lines += i % 100;
    ASSERT_LE(samples.all().size(), load_samples::samples_max);
  }
  double found = 0;
  double time = 0;
  double before = 0;
  std::uint64_t answers = 0;
  for (const load_sample& each : samples.all()) {
    found += each.lines_per_second * each.seconds;
    time += each.seconds;
    answers += each.answers;
    EXPECT_GT(each.at_s, before);
    EXPECT_NEAR(each.at_s - before, each.seconds, 1e-6);
    before = each.at_s;
  }
  EXPECT_NEAR(found, lines, 1e-3);
  EXPECT_NEAR(time, seconds, 1e-6);
  EXPECT_EQ(answers, 10U * seconds);
  EXPECT_DOUBLE_EQ(samples.all().back().max_ms.value(), 2.0 * (seconds - 1));
  EXPECT_GE(samples.all().size(), load_samples::samples_max / 2);
}

TEST(LoadSamples, JoinedByTimeAndByAnswers) {
  const load_sample one{.at_s = 1,
                        .seconds = 1,
                        .lines_per_second = 100,
                        .rejected_per_second = 4,
                        .answers = 30,
                        .p50_ms = 1,
                        .p99_ms = 9,
                        .max_ms = 10,
                        .own_cpu = 0.5};
  const load_sample two{.at_s = 4,
                        .seconds = 3,
                        .lines_per_second = 200,
                        .answers = 10,
                        .p50_ms = 5,
                        .p99_ms = 6,
                        .max_ms = 20,
                        .own_cpu = 0.1,
                        .watched_cpu = 2};
  const load_sample both = joined(one, two);
  EXPECT_DOUBLE_EQ(both.at_s, 4);
  EXPECT_DOUBLE_EQ(both.seconds, 4);
  EXPECT_DOUBLE_EQ(both.lines_per_second, 175);
  EXPECT_DOUBLE_EQ(both.rejected_per_second, 1);
  EXPECT_EQ(both.answers, 40U);
  EXPECT_DOUBLE_EQ(both.p50_ms.value(), 2);
  EXPECT_DOUBLE_EQ(both.p99_ms.value(), 9);
  EXPECT_DOUBLE_EQ(both.max_ms.value(), 20);
  EXPECT_DOUBLE_EQ(both.own_cpu.value(), 0.2);
  EXPECT_DOUBLE_EQ(both.watched_cpu.value(), 2);
}

TEST(LoadSamples, WithoutAnswersThereIsNoLatency) {
  const load_sample silent{.at_s = 1, .seconds = 1};
  EXPECT_FALSE(joined(silent, silent).p50_ms);
  const load_sample one{.at_s = 2, .seconds = 1, .answers = 1, .p50_ms = 3, .p99_ms = 3};
  EXPECT_DOUBLE_EQ(joined(silent, one).p50_ms.value(), 3);
  EXPECT_DOUBLE_EQ(joined(one, silent).p99_ms.value(), 3);
}

}  // namespace
}  // namespace weir
