// SPDX-License-Identifier: Apache-2.0
//
// Refused files on a real disk.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "files/file_operations.hpp"
#include "sinks/state/refused_store_posix.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

TEST(refused_file, is_line_protocol_with_comments) {
  const temp_directory dir;
  refused_file file(dir.path(), "s", 1'000'000);
  const lane_key lane{"my\ndb", "one_hour"};
  ASSERT_TRUE(file.put({lane, 400, "bad\nwords \x01", "m v=1i 1\nm v=2i 2\n"}).ok());
  ASSERT_TRUE(file.put({lane, 422, "more", "m v=3i 3\n"}).ok());
  const std::string text = file_text(file.path());
  EXPECT_TRUE(text.starts_with("# 2")) << text;
  EXPECT_NE(text.find("Z database=my\\x0Adb rp=one_hour status=400 bad\\x0Awords \\x01\n"
                      "m v=1i 1\nm v=2i 2\n# 2"),
            std::string::npos)
      << text;
  EXPECT_TRUE(text.ends_with("status=422 more\nm v=3i 3\n")) << text;
}

TEST(refused_file, is_bounded) {
  const temp_directory dir;
  constexpr std::uint64_t keep = 10'000;
  refused_file file(dir.path(), "s", keep);
  const lane_key lane{"d", ""};
  const std::string lines(900, 'x');
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(file.put({lane, 400, std::to_string(i), lines + "\n"}).ok());
    EXPECT_LE(file_bytes(file.path()) + file_bytes(file.path() + ".1"), keep);
  }
  EXPECT_GT(file_bytes(file.path() + ".1"), 0U);
  EXPECT_NE(file_text(file.path()).find("status=400 99\n"), std::string::npos);
  ASSERT_TRUE(file.put({lane, 400, "huge", std::string(20'000, 'x') + "\n"}).ok());
  EXPECT_NE(file_text(file.path()).find("20001 bytes of lines are not kept"), std::string::npos);
}

TEST(rotate_file, moves_each_one_on_and_drops_the_last) {
  const temp_directory dir;
  const std::string path = dir.file("f");
  for (const char* text : {"1", "2", "3", "4"}) {
    write_text(path, text);
    ASSERT_TRUE(rotate_file(path, 2).ok());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(file_text(path + ".1"), "4");
  EXPECT_EQ(file_text(path + ".2"), "3");
  EXPECT_FALSE(std::filesystem::exists(path + ".3"));
  write_text(path, "5");
  ASSERT_TRUE(rotate_file(path, 0).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(append_to_file, appends_all_and_tells_a_full_disk) {
  const temp_directory dir;
  const std::string path = dir.file("f");
  ASSERT_TRUE(append_to_file(path, "head ", "tail\n").ok());
  EXPECT_EQ(file_text(path), "head tail\n");
  EXPECT_FALSE(append_to_file("/dev/full", "x", "").ok());
  EXPECT_FALSE(append_to_file(dir.path(), "x", "").ok());
}

TEST(append_lines_to_file, cuts_off_a_line_that_a_killed_process_left) {
  const temp_directory directory;
  const std::string path = directory.file("f");
  const std::string torn(10'000, 'x');
  for (const std::string& before : {std::string(), std::string("a 1\n"), "a 1\nb 2\n" + torn}) {
    write_text(path, before);
    ASSERT_TRUE(append_lines_to_file(path, "c 3\n").ok());
    EXPECT_EQ(file_text(path), before.substr(0, before.rfind('\n') + 1) + "c 3\n");
  }
  write_text(path, torn);
  ASSERT_TRUE(append_lines_to_file(path, "c 3\n").ok());
  EXPECT_EQ(file_text(path), "c 3\n");
}

TEST(append_to_file, leaves_what_is_there_as_it_is) {
  const temp_directory directory;
  const std::string path = directory.file("f");
  write_text(path, "no line feed");
  ASSERT_TRUE(append_to_file(path, " at", " all").ok());
  EXPECT_EQ(file_text(path), "no line feed at all");
}

TEST(make_directories, makes_all_and_tells_what_is_in_the_way) {
  const temp_directory dir;
  EXPECT_TRUE(make_directories(dir.file("a/b/c")).ok());
  EXPECT_TRUE(make_directories(dir.file("a/b/c")).ok());
  write_text(dir.file("plain"), "x");
  EXPECT_FALSE(make_directories(dir.file("plain")).ok());
  EXPECT_FALSE(make_directories(dir.file("plain/below")).ok());
}

}  // namespace
}  // namespace weir
