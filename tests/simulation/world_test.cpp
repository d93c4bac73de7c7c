// SPDX-License-Identifier: Apache-2.0
//
// That a seed can be repeated: two runs of it are the same, event by event, and two seeds are not.
#include "simulation/world.hpp"

#include <gtest/gtest.h>

#include <set>

#include "observe/journal.hpp"
#include "unit/files/temporary_directory.hpp"

namespace weir::simulation {
namespace {

class worlds : public testing::Test {
 protected:
  run_result run(std::uint64_t seed, mutation planted = mutation::none) {
    run_options options;
    options.seed = seed;
    options.planted = planted;
    options.directory = directory_.path();
    world one(options);
    return one.run();
  }
  temporary_directory directory_;
};

TEST_F(worlds, two_runs_of_a_seed_are_the_same) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const run_result first = run(seed);
    const run_result second = run(seed);
    EXPECT_EQ(first.hash, second.hash) << "seed " << seed;
    EXPECT_EQ(first.steps, second.steps) << "seed " << seed;
    EXPECT_GT(first.points, 0U) << "seed " << seed;
    hashes.insert(first.hash);
  }
  EXPECT_EQ(hashes.size(), 12U);
}

TEST_F(worlds, a_failure_says_what_is_wrong_and_when) {
  run_result failed;
  for (std::uint64_t seed = 1; seed <= 40 && failed.failure.empty(); ++seed) {
    failed = run(seed, mutation::wrong_low_water);
  }
  ASSERT_FALSE(failed.good);
  EXPECT_FALSE(failed.failure.empty());
  EXPECT_GT(failed.failed_at, 0U);
  EXPECT_NE(failed.last_events.find("step "), std::string::npos);
}

}  // namespace
}  // namespace weir::simulation
