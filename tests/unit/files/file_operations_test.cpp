// SPDX-License-Identifier: Apache-2.0
#include "files/file_operations.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/files/forwarding_files.hpp"
#include "unit/files/temporary_directory.hpp"

namespace weir {
namespace {

std::size_t index_of(const std::vector<std::string>& calls, const std::string& begin) {
  const auto found = std::find_if(calls.begin(), calls.end(),
                                  [&](const std::string& call) { return call.starts_with(begin); });
  return static_cast<std::size_t>(found - calls.begin());
}

TEST(replace_file, syncs_the_bytes_before_the_name_and_the_name_at_last) {
  temporary_directory at;
  counting_files files;
  ASSERT_TRUE(replace_file(at.file("a"), "new", durability::power, files).ok());
  EXPECT_EQ(at.text("a"), "new");
  ASSERT_EQ(files.calls.size(), 5U);
  EXPECT_LT(index_of(files.calls, "write"), index_of(files.calls, "sync"));
  EXPECT_LT(index_of(files.calls, "sync"), index_of(files.calls, "rename"));
  EXPECT_EQ(files.calls.back(), "sync " + at.path());
}

TEST(replace_file, syncs_nothing_where_a_process_alone_may_end) {
  temporary_directory at;
  counting_files files;
  ASSERT_TRUE(replace_file(at.file("a"), "new", durability::process, files).ok());
  EXPECT_EQ(index_of(files.calls, "sync"), files.calls.size());
}

TEST(replace_file, leaves_the_old_content_whatever_fails_and_says_which_file_and_why) {
  temporary_directory at;
  for (int fail_at = 0; fail_at < 4; ++fail_at) {
    at.write("a", "old");
    counting_files files;
    files.fail_at = fail_at;
    files.error = -ENOSPC;
    const outcome done = replace_file(at.file("a"), "new", durability::power, files);
    ASSERT_FALSE(done.ok()) << fail_at;
    EXPECT_NE(done.error().message.find(at.file("a")), std::string::npos);
    EXPECT_NE(done.error().message.find("No space left"), std::string::npos);
    EXPECT_EQ(at.text("a"), "old") << fail_at;
    EXPECT_EQ(at.names(), std::vector<std::string>{"a"}) << fail_at;
  }
}

TEST(replacement_file, takes_pieces_and_goes_away_unless_it_took_its_place) {
  temporary_directory at;
  const std::string piece(300'000, 'x');
  {
    auto unused = replacement_file::create(at.file("a"));
    ASSERT_TRUE(unused.ok());
    ASSERT_TRUE(unused.value().append(piece).ok());
  }
  EXPECT_TRUE(at.names().empty());
  auto made = replacement_file::create(at.file("a"));
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(made.value().append(piece).ok());
  ASSERT_TRUE(made.value().append("end").ok());
  auto file = made.value().take_place(durability::process);
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file.value().write_fully({"!"}, made.value().bytes()), 0);
  EXPECT_EQ(at.text("a"), piece + "end!");
}

TEST(append_to_file, cuts_off_what_a_failed_write_left) {
  temporary_directory at;
  at.write("a", "old");
  counting_files files;
  files.fail_at = 1;
  files.error = -ENOSPC;
  EXPECT_FALSE(append_to_file(at.file("a"), "new", "", files).ok());
  EXPECT_EQ(files.calls.back(), "truncate");
  EXPECT_EQ(at.text("a"), "old");
}

TEST(append_to_file, syncs_what_must_survive_a_loss_of_power_or_takes_it_back) {
  temporary_directory at;
  at.write("a", "old");
  counting_files files;
  ASSERT_TRUE(append_to_file(at.file("a"), "new", "", files, durability::power).ok());
  const auto synced = [&files](const std::string& what) {
    return std::count_if(files.calls.begin(), files.calls.end(),
                         [&what](const std::string& call) { return call.starts_with(what); });
  };
  EXPECT_EQ(synced("sync"), 2) << "the file, and the directory with its name";
  EXPECT_EQ(at.text("a"), "oldnew");
  files.calls.clear();
  ASSERT_TRUE(append_to_file(at.file("a"), "er", "", files).ok());
  EXPECT_EQ(synced("sync"), 0);
}

TEST(read_small_file, has_the_whole_content_or_none) {
  temporary_directory at;
  EXPECT_FALSE(read_small_file(at.file("a")).value().has_value());
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{16384}, std::size_t{50'000}}) {
    at.write("a", std::string(bytes, 'y'));
    EXPECT_EQ(*read_small_file(at.file("a")).value(), std::string(bytes, 'y'));
  }
  EXPECT_FALSE(read_small_file(at.path()).ok());
}

}  // namespace
}  // namespace weir
