// SPDX-License-Identifier: Apache-2.0
#include "push/lifetime.hpp"

#include <gtest/gtest.h>

namespace weir::push {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TEST(push_lifetime, is_five_intervals_within_bounds) {
  const lifetime_terms terms = lifetime_terms_of({});
  EXPECT_EQ(learnt_ttl(terms, 0), 3'600 * second) << "pushed once";
  EXPECT_EQ(learnt_ttl(terms, second), 60 * second);
  EXPECT_EQ(learnt_ttl(terms, 60 * second), 300 * second);
  EXPECT_EQ(learnt_ttl(terms, 86'400 * second), 86'400 * second);
  EXPECT_EQ(learnt_ttl(terms, std::int64_t{1} << 62), 86'400 * second);
}

TEST(push_lifetime, the_interval_follows_long_gaps_at_once_and_short_ones_slowly) {
  EXPECT_EQ(next_interval(0, 10 * second), 10 * second);
  EXPECT_EQ(next_interval(10 * second, 30 * second), 30 * second);
  EXPECT_EQ(next_interval(80 * second, 10 * second), 70 * second);
  EXPECT_EQ(next_interval(80 * second, second / 2), 80 * second) << "several requests, one push";
  EXPECT_EQ(next_interval(0, 0), 0);
}

TEST(push_lifetime, jobs_have_theirs_by_pattern) {
  push_settings configured;
  configured.job_ttl = {"nightly_*: 26h", "static: inf", "*: 2m"};
  const lifetime_terms terms = lifetime_terms_of(configured);
  EXPECT_EQ(named_ttl(terms, "nightly_backup").value(), 26 * 3'600 * second);
  EXPECT_FALSE(named_ttl(terms, "static").value().has_value());
  EXPECT_EQ(named_ttl(terms, "other").value(), 120 * second);
  EXPECT_FALSE(named_ttl(lifetime_terms_of({}), "other").has_value());
}

TEST(push_lifetime, what_is_no_entry_is_told) {
  EXPECT_FALSE(read_job_ttl("nightly").ok());
  EXPECT_FALSE(read_job_ttl("nightly: soon").ok());
  EXPECT_FALSE(read_job_ttl(": 1h").ok());
  EXPECT_FALSE(read_job_ttl("a: 10ms").ok());
  EXPECT_EQ(read_job_ttl("a:b: 1h").value().pattern, "a:b");
  EXPECT_FALSE(read_ttl("0s").ok());
  EXPECT_FALSE(read_ttl("inf").value().has_value());
}

}  // namespace
}  // namespace weir::push
