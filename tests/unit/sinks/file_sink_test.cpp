// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sinks/file/file_target_posix.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

class file_sink : public ::testing::Test {
 protected:
  file_sink() { settings_.directory = dir_.path(); }
  attempt_result write(const lane_key& lane, const std::string& lines,
                       frame_codec codec = frame_codec::plain) {
    batch made;
    made.lane = lane;
    made.frames.push_back(make_frame(lane.database, lines, 1, codec));
    file_target target(settings_);
    attempt_result got;
    target.deliver(made, [&](attempt_result result) { got = std::move(result); });
    return got;
  }
  temp_directory dir_;
  file_settings settings_;
};

TEST_F(file_sink, appends_lines_inflated_in_one_file_per_lane) {
  EXPECT_EQ(write({"d", ""}, "m v=1i 1\n").verdict, attempt_verdict::delivered);
  EXPECT_EQ(write({"d", ""}, "m v=2i 2\n", frame_codec::gzip).verdict, attempt_verdict::delivered);
  EXPECT_EQ(write({"d", "one_hour"}, "m v=3i 3\n").verdict, attempt_verdict::delivered);
  EXPECT_EQ(file_text(dir_.file("d.lp")), "m v=1i 1\nm v=2i 2\n");
  EXPECT_EQ(file_text(dir_.file("d.one_hour.lp")), "m v=3i 3\n");
}

TEST_F(file_sink, no_name_leaves_its_directory_or_meets_another) {
  const file_target target(settings_);
  EXPECT_EQ(target.path_of({"../../etc/passwd", ""}),
            dir_.file("%2E%2E%2F%2E%2E%2Fetc%2Fpasswd.lp"));
  EXPECT_NE(target.path_of({"a.b", ""}), target.path_of({"a", "b"}));
  const std::string one = target.path_of({std::string(300, 'x') + "1", ""});
  const std::string two = target.path_of({std::string(300, 'x') + "2", ""});
  EXPECT_NE(one, two);
  EXPECT_LT(one.size(), dir_.path().size() + 240);
  EXPECT_EQ(write({std::string(300, 'x'), "y"}, "m v=1i 1\n").verdict, attempt_verdict::delivered);
}

TEST_F(file_sink, rotates) {
  settings_.rotate = 100;
  settings_.rotated_files = 2;
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(write({"d", ""}, make_lines(1, static_cast<std::uint64_t>(i) + 100)).verdict,
              attempt_verdict::delivered);
  }
  EXPECT_LE(file_text(dir_.file("d.lp")).size(), 100U);
  EXPECT_LE(file_text(dir_.file("d.lp.1")).size(), 100U);
  EXPECT_TRUE(std::filesystem::exists(dir_.file("d.lp.2")));
  EXPECT_FALSE(std::filesystem::exists(dir_.file("d.lp.3")));
  const std::string tail = file_text(dir_.file("d.lp.2")) + file_text(dir_.file("d.lp.1")) +
                           file_text(dir_.file("d.lp"));
  EXPECT_TRUE((make_lines(30, 100)).ends_with(tail));
}

// The partitions of a Kafka log have a target each, on a thread each, and their lanes are the same.
TEST_F(file_sink, targets_of_one_directory_write_in_turn) {
  constexpr std::size_t targets = 4;
  constexpr std::size_t batches = 300;
  settings_.rotate = 20'000;
  settings_.rotated_files = 10'000;
  std::vector<std::thread> writers;
  for (std::size_t i = 0; i < targets; ++i) {
    writers.emplace_back([this, i] {
      file_settings settings = settings_;
      settings.directory += i % 2 == 0 ? "" : "/.";
      file_target target(settings);
      for (std::size_t k = 0; k < batches; ++k) {
        batch made;
        made.lane = {"d", ""};
        made.frames.push_back(make_frame("d", fmt::format("m,of={} n={}i 1\n", i, k), 1));
        attempt_result got;
        target.deliver(made, [&](attempt_result result) { got = std::move(result); });
        EXPECT_EQ(got.verdict, attempt_verdict::delivered) << got.message;
      }
    });
  }
  for (std::thread& each : writers) {
    each.join();
  }
  std::set<std::string> lines;
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(dir_.path())) {
    std::istringstream text(file_text(file.path()));
    for (std::string line; std::getline(text, line); ++count) {
      lines.insert(line);
    }
  }
  EXPECT_EQ(count, targets * batches);
  EXPECT_EQ(lines.size(), targets * batches);
}

TEST_F(file_sink, a_disk_that_refuses_is_no_answer) {
  std::filesystem::create_directory(dir_.file("d.lp"));
  const attempt_result got = write({"d", ""}, "m v=1i 1\n");
  EXPECT_EQ(got.verdict, attempt_verdict::retry);
  EXPECT_FALSE(got.message.empty());
}

}  // namespace
}  // namespace weir
