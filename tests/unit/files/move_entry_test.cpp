// SPDX-License-Identifier: Apache-2.0
//
// Moves on one file system and between two, cut short at every call that changes something.
#include "files/move_entry.hpp"

#include <gtest/gtest.h>

#include "unit/files/forwarding_files.hpp"
#include "unit/files/temporary_directory.hpp"

namespace weir {
namespace {

using names = std::vector<std::string>;

class move_entry_test : public testing::TestWithParam<bool> {
 protected:
  move_entry_test() { files_.across = GetParam(); }
  /// A folder of letters, as weir has it, and an empty directory to move it to.
  static void fill(const temporary_directory& at) {
    at.write("log/letters/1.ndjson", "one\n");
    at.write("log/letters/2.ndjson", std::string(600'000, 'z'));
    std::filesystem::create_directories(at.file("state"));
  }
  static void expect_moved(const temporary_directory& at) {
    EXPECT_EQ(at.names(), (names{"log", "state", "state/letters", "state/letters/1.ndjson",
                                 "state/letters/2.ndjson"}));
    EXPECT_EQ(at.text("state/letters/1.ndjson"), "one\n");
    EXPECT_EQ(at.text("state/letters/2.ndjson"), std::string(600'000, 'z'));
  }
  outcome move(const temporary_directory& at, const std::string& name) {
    return move_entry(at.file("log/" + name), at.file("state/" + name), files_);
  }
  counting_files files_;
};

TEST_P(move_entry_test, a_folder_with_its_files_and_once_more_is_no_failure) {
  temporary_directory at;
  fill(at);
  for (int turn = 0; turn < 2; ++turn) {
    const outcome moved = move(at, "letters");
    ASSERT_TRUE(moved.ok()) << moved.error().message;
    expect_moved(at);
  }
}

TEST_P(move_entry_test, a_file) {
  temporary_directory at;
  at.write("log/types", "t");
  at.write("state/other", "o");
  ASSERT_TRUE(move(at, "types").ok());
  EXPECT_EQ(at.names(), (names{"log", "state", "state/other", "state/types"}));
  EXPECT_EQ(at.text("state/types"), "t");
}

TEST_P(move_entry_test, killed_at_any_call_the_next_one_goes_on) {
  for (const int error : {-EIO, -ENOSPC}) {
    for (int killed_at = 0;; ++killed_at) {
      temporary_directory at;
      fill(at);
      counting_files files;
      files.across = GetParam();
      files.fail_at = killed_at;
      files.dead = true;
      files.error = error;
      const outcome first = move_entry(at.file("log/letters"), at.file("state/letters"), files);
      // At every moment one whole copy is there, under its old name or its new one.
      const std::string where = at.has("state/letters") ? "state" : "log";
      const bool renaming = !at.has("state/letters") && at.has("state/letters.moved");
      const std::string kept = renaming ? "state/letters.moving" : where + "/letters";
      ASSERT_EQ(at.text(kept + "/1.ndjson"), "one\n") << killed_at;
      ASSERT_EQ(at.text(kept + "/2.ndjson").size(), 600'000U) << killed_at;
      const outcome second = move(at, "letters");
      ASSERT_TRUE(second.ok()) << killed_at << ": " << second.error().message;
      expect_moved(at);
      if (first.ok()) {
        ASSERT_GT(killed_at, 2);
        break;
      }
    }
  }
}

TEST_P(move_entry_test, what_is_on_both_sides_stays_and_is_named) {
  temporary_directory at;
  fill(at);
  at.write("state/letters/9.ndjson", "nine\n");
  const outcome moved = move(at, "letters");
  ASSERT_FALSE(moved.ok());
  EXPECT_NE(moved.error().message.find("both " + at.file("log/letters")), std::string::npos);
  EXPECT_EQ(at.text("log/letters/1.ndjson"), "one\n");
  EXPECT_EQ(at.text("state/letters/9.ndjson"), "nine\n");
}

TEST_P(move_entry_test, an_empty_folder_gives_way) {
  temporary_directory at;
  fill(at);
  std::filesystem::create_directories(at.file("state/letters"));
  ASSERT_TRUE(move(at, "letters").ok());
  expect_moved(at);
  std::filesystem::create_directories(at.file("log/letters"));
  ASSERT_TRUE(move(at, "letters").ok());
  expect_moved(at);
}

INSTANTIATE_TEST_SUITE_P(file_systems, move_entry_test, testing::Bool(),
                         [](const auto& each) { return std::string(each.param ? "two" : "one"); });

TEST(move_entry, a_copy_from_elsewhere_that_was_cut_short_is_not_taken) {
  temporary_directory at;
  at.write("other/types", "theirs");
  std::filesystem::create_directories(at.file("state"));
  counting_files files;
  files.across = true;
  files.dead = true;
  for (files.fail_at = 0; !at.has("state/types.moved"); ++files.fail_at) {
    files.calls.clear();
    static_cast<void>(move_entry(at.file("other/types"), at.file("state/types"), files));
    ASSERT_LT(files.fail_at, 100);
  }
  at.write("log/types", "ours");
  const outcome moved =
      move_entry(at.file("log/types"), at.file("state/types"), posix_file_system());
  ASSERT_FALSE(moved.ok());
  EXPECT_NE(moved.error().message.find(at.file("other/types")), std::string::npos);
  EXPECT_EQ(at.text("log/types"), "ours");
}

}  // namespace
}  // namespace weir
