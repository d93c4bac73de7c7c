// SPDX-License-Identifier: Apache-2.0
#include "tools/log/replay_progress.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

const std::vector<std::string> kept_by_sinks{"cursors/p@h%3A1.sent", "cursors/p@h%3A1.series",
                                             "cursors/assignments"};

class replay_progress : public ::testing::Test {
 protected:
  replay_progress() {
    std::filesystem::create_directories(dir_.file("cursors"));
    std::filesystem::create_directories(dir_.file("refused"));
    write_text(dir_.file("refused/p.1"), "refused");
    for (const std::string& name : kept_by_sinks) {
      write_text(dir_.file(name), "of the run before");
    }
    write_text(replay_cursor(dir_.path(), sink_), "how far it is");
  }
  bool is_there(const std::string& name) { return std::filesystem::exists(dir_.file(name)); }

  temp_directory dir_;
  const std::string sink_ = "p@h:1";
};

TEST_F(replay_progress, is_forgotten_with_all_that_the_sink_kept) {
  ASSERT_TRUE(forget_replay(dir_.path(), sink_).ok());
  EXPECT_FALSE(std::filesystem::exists(replay_cursor(dir_.path(), sink_)));
  for (const std::string& name : kept_by_sinks) {
    EXPECT_FALSE(is_there(name)) << name;
  }
  EXPECT_TRUE(is_there("refused/p.1"));
}

TEST_F(replay_progress, of_a_replay_that_was_interrupted_stays) {
  ASSERT_TRUE(begin_replay(dir_.path(), sink_).ok());
  EXPECT_TRUE(std::filesystem::exists(replay_cursor(dir_.path(), sink_)));
  for (const std::string& name : kept_by_sinks) {
    EXPECT_TRUE(is_there(name)) << name;
  }
}

TEST_F(replay_progress, without_a_cursor_is_none) {
  std::filesystem::remove(replay_cursor(dir_.path(), sink_));
  ASSERT_TRUE(begin_replay(dir_.path(), sink_).ok());
  for (const std::string& name : kept_by_sinks) {
    EXPECT_FALSE(is_there(name)) << name;
  }
}

TEST_F(replay_progress, that_never_was_is_no_failure) {
  EXPECT_TRUE(begin_replay(dir_.file("none"), sink_).ok());
  EXPECT_TRUE(forget_replay(dir_.file("none"), sink_).ok());
}

}  // namespace
}  // namespace weir
