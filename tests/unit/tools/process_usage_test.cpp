// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/load/process_usage_posix.hpp"

namespace weir {
namespace {

TEST(ProcessUsage, TicksBehindAnyName) {
  const std::string rest = " S 1 2 3 4 5 6 7 8 9 10 700 42 0 0 20 0 1 0";
  EXPECT_EQ(cpu_ticks_in("12 (weir)" + rest), 742U);
  EXPECT_EQ(cpu_ticks_in("12 (a b) (c 1)" + rest), 742U);
  EXPECT_FALSE(cpu_ticks_in("12 (weir) S 1 2 3"));
  EXPECT_FALSE(cpu_ticks_in(""));
}

TEST(ProcessUsage, PeakMemory) {
  EXPECT_EQ(peak_bytes_in("Name:\tx\nVmPeak:\t9 kB\nVmHWM:\t  123 kB\nVmRSS:\t1 kB\n"),
            123U * 1024);
  EXPECT_EQ(peak_bytes_in("Name:\tkthreadd\n"), 0U);
}

TEST(ProcessUsage, OfThisProcess) {
  const auto usage = usage_of(::getpid());
  ASSERT_TRUE(usage);
  EXPECT_GT(usage.value().peak_bytes, 100'000U);
  EXPECT_GT(own_usage().peak_bytes, 100'000U);
  EXPECT_GE(own_usage().cpu_seconds, 0.0);
}

TEST(ProcessUsage, OfNoProcess) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto usage = usage_of(child);
  ASSERT_FALSE(usage);
  EXPECT_NE(usage.error().message.find(std::to_string(child)), std::string::npos);
}

}  // namespace
}  // namespace weir
