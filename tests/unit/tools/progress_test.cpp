// SPDX-License-Identifier: Apache-2.0
#include "tools/screen/progress.hpp"

#include <gtest/gtest.h>

#include "base/text/terminal_text.hpp"

namespace weir::test {
namespace {

using std::chrono::milliseconds;

TEST(Progress, ShowsShareAmountRateAndTimeLeft) {
  progress work("replaying", "points", 2'000'000);
  EXPECT_EQ(work.line(0, milliseconds{0}, 100),
            "replaying   0% [....................] 0 of 2,000,000 points");
  EXPECT_EQ(
      work.line(500'000, milliseconds{1000}, 100),
      "replaying  25% [#####...............] 500,000 of 2,000,000 points, 500k/s, 3.0 s left");
  EXPECT_EQ(work.line(2'000'000, milliseconds{2000}, 100),
            "replaying 100% [####################] 2,000,000 of 2,000,000 points, 1.00M/s");
}

TEST(Progress, BytesAreSizes) {
  progress work("checking", "bytes", 4ULL << 30U);
  EXPECT_EQ(work.line(0, milliseconds{0}, 100),
            "checking   0% [....................] 0 B of 4.0 GiB");
  EXPECT_EQ(work.line(1ULL << 30U, milliseconds{2000}, 100),
            "checking  25% [#####...............] 1.0 GiB of 4.0 GiB, 512 MiB/s, 6.0 s left");
}

TEST(Progress, WithoutATotalThereIsNoShare) {
  progress work("replaying", "letters", std::nullopt);
  EXPECT_EQ(work.line(0, milliseconds{0}, 100), "replaying 0 letters");
  EXPECT_EQ(work.line(1500, milliseconds{1000}, 100), "replaying 1,500 letters, 1.50k/s");
}

TEST(Progress, LinesAreAtLeastAFifthOfASecondApart) {
  progress work("a", "b", 10);
  int lines = 0;
  for (int at = 0; at < 1000; ++at) {
    lines += work.line(1, milliseconds{at}, 80).has_value() ? 1 : 0;
  }
  EXPECT_EQ(lines, 5);
}

TEST(Progress, TheRateIsThatOfTheLastSeconds) {
  progress work("a", "b", 1'000'000);
  std::optional<std::string> last;
  for (int second = 0; second < 60; ++second) {
    // A thousand a second, and then nothing any more.
    last = work.line(static_cast<std::uint64_t>(1000 * std::min(second, 30)),
                     milliseconds{1000 * second}, 80);
  }
  EXPECT_NE(last->find(", 0/s"), std::string::npos) << *last;
  EXPECT_EQ(last->find("left"), std::string::npos) << *last;
}

TEST(Progress, FitsTheTerminal) {
  progress work("replaying", "points", 2'000'000);
  for (int i = 0; i < 3; ++i) {
    EXPECT_LE(columns_of(*work.line(1, milliseconds{1000 * i}, 30)), 30U);
  }
}

TEST(Progress, SurvivesWhatCannotBe) {
  progress nothing("a", "b", 0);
  EXPECT_EQ(nothing.line(0, milliseconds{0}, 80), "a 0 of 0 b");
  progress more("a", "b", 10);
  EXPECT_EQ(more.line(50, milliseconds{0}, 80), "a 100% [####################] 50 of 10 b");
  EXPECT_EQ(more.line(20, milliseconds{1000}, 80), "a 100% [####################] 20 of 10 b");
}

}  // namespace
}  // namespace weir::test
