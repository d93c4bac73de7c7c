// SPDX-License-Identifier: Apache-2.0
//
// Lines on a pipe: whole lines in order, whatever its reader does.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sinks/stdout/stdout_target_posix.hpp"
#include "unit/sinks/fake_log.hpp"

namespace weir {
namespace {

class stdout_sink : public ::testing::Test {
 protected:
  stdout_sink() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
  }
  ~stdout_sink() override {
    close_reader();
    ::close(ends_[1]);
  }
  void close_reader() {
    if (ends_[0] >= 0) {
      ::close(ends_[0]);
      ends_[0] = -1;
    }
  }
  attempt_result write(stdout_target& target, const lane_key& lane, const std::string& lines,
                       frame_codec codec = frame_codec::plain) {
    batch source;
    source.lane = lane;
    source.frames.push_back(make_frame(lane.database, lines, 1, codec));
    attempt_result result;
    target.deliver(source, [&](attempt_result came) { result = std::move(came); });
    return result;
  }
  /// All that the pipe holds.
  std::string read_all() {
    std::string text;
    std::array<char, 65536> piece{};
    EXPECT_EQ(::fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
    for (ssize_t n = 0; (n = ::read(ends_[0], piece.data(), piece.size())) > 0;) {
      text.append(piece.data(), static_cast<std::size_t>(n));
    }
    return text;
  }

  std::array<int, 2> ends_{-1, -1};
};

TEST_F(stdout_sink, writes_lines_under_the_name_of_their_database) {
  stdout_target target(std::make_shared<stdout_stream>(ends_[1]));
  EXPECT_EQ(write(target, {"d", ""}, "m v=1i 1\n").verdict, attempt_verdict::delivered);
  EXPECT_EQ(write(target, {"d", ""}, "m v=2i 2\n", frame_codec::gzip).verdict,
            attempt_verdict::delivered);
  EXPECT_EQ(write(target, {"e", "week"}, "m v=3i 3\n").verdict, attempt_verdict::delivered);
  EXPECT_EQ(read_all(), "# d\nm v=1i 1\nm v=2i 2\n# e/week\nm v=3i 3\n");
}

// A pipe holds 64 KiB, so that no attempt is whole while nothing reads beside it.
TEST_F(stdout_sink, goes_on_where_it_stopped_when_a_slow_reader_reads_again) {
  stdout_target target(std::make_shared<stdout_stream>(ends_[1]));
  std::string lines;
  for (int i = 0; i < 10'000; ++i) {
    lines += "measurement,host=a value=" + std::to_string(i) + "i 1\n";
  }
  std::string read;
  int attempts = 1;
  for (; write(target, {"d", ""}, lines).verdict != attempt_verdict::delivered; ++attempts) {
    const std::string piece = read_all();
    ASSERT_FALSE(piece.empty());
    read += piece;
  }
  read += read_all();
  EXPECT_GT(attempts, 3);
  EXPECT_EQ(read, "# d\n" + lines);
}

// Neither begins anew because the other was tried meanwhile.
TEST_F(stdout_sink, two_databases_share_a_slow_reader) {
  stdout_target target(std::make_shared<stdout_stream>(ends_[1]));
  std::map<std::string, std::string> lines;
  std::map<std::string, std::string> read;
  for (const std::string name : {"d", "e"}) {
    for (int i = 0; i < 10'000; ++i) {
      lines[name] += name + ",host=a value=" + std::to_string(i) + "i 1\n";
    }
  }
  std::string text;
  std::set<std::string> waiting{"d", "e"};
  for (int attempts = 0; !waiting.empty(); ++attempts) {
    ASSERT_LT(attempts, 40);
    for (const std::string& name : std::set<std::string>(waiting)) {
      if (write(target, {name, ""}, lines[name]).verdict == attempt_verdict::delivered) {
        waiting.erase(name);
      }
      text += read_all();
    }
  }
  std::istringstream each(text);
  for (std::string line; std::getline(each, line);) {
    if (!line.starts_with("# ")) {
      read[line.substr(0, 1)] += line + "\n";
    }
  }
  EXPECT_EQ(read, lines);
}

TEST_F(stdout_sink, ends_a_line_before_another_batch) {
  stdout_target target(std::make_shared<stdout_stream>(ends_[1]));
  std::string lines;
  for (int i = 0; i < 10'000; ++i) {
    lines += "measurement,host=a value=" + std::to_string(i) + "i 1\n";
  }
  EXPECT_EQ(write(target, {"d", ""}, lines).verdict, attempt_verdict::retry);
  std::string read = read_all();
  EXPECT_EQ(write(target, {"e", ""}, "m v=1i 1\n").verdict, attempt_verdict::delivered);
  read += read_all();
  const std::size_t name = read.find("# e\n");
  ASSERT_NE(name, std::string::npos);
  EXPECT_EQ(read.substr(name), "# e\nm v=1i 1\n");
  EXPECT_TRUE(("# d\n" + lines).starts_with(read.substr(0, name)));
  EXPECT_EQ(read[name - 1], '\n');
}

// The partitions of a Kafka log have a target each, on a thread each, and their lanes are the same.
TEST_F(stdout_sink, targets_of_one_stream_write_in_turn) {
  constexpr int targets = 4;
  constexpr int batches = 50;
  const auto stream = std::make_shared<stdout_stream>(ends_[1]);
  std::vector<std::thread> writers;
  std::atomic<int> left = targets;
  for (int i = 0; i < targets; ++i) {
    writers.emplace_back([&, i] {
      stdout_target target(stream);
      for (int k = 0; k < batches; ++k) {
        std::string lines;
        for (int n = 0; n < 300; ++n) {
          lines += fmt::format("m,of={} batch={}i,line={}i 1\n", i, k, n);
        }
        while (write(target, {k % 2 == 0 ? "d" : "e", ""}, lines).verdict !=
               attempt_verdict::delivered) {
        }
      }
      --left;
    });
  }
  std::string text;
  while (left > 0) {
    text += read_all();
    std::this_thread::yield();
  }
  for (std::thread& each : writers) {
    each.join();
  }
  text += read_all();
  std::map<std::string, std::vector<std::string>> of;
  std::string database;
  std::istringstream each(text);
  for (std::string line; std::getline(each, line);) {
    if (line.starts_with("# ")) {
      database = line;
      continue;
    }
    const std::string who = line.substr(0, line.find(' '));
    of[who].push_back(line);
    const std::size_t number = of[who].size() - 1;
    ASSERT_EQ(line, fmt::format("{} batch={}i,line={}i 1", who, number / 300, number % 300));
    ASSERT_EQ(database, number / 300 % 2 == 0 ? "# d" : "# e");
  }
  ASSERT_EQ(of.size(), std::size_t{targets});
  for (const auto& [who, lines] : of) {
    EXPECT_EQ(lines.size(), std::size_t{batches} * 300) << who;
  }
}

TEST_F(stdout_sink, a_reader_that_is_gone_is_told_of) {
  stdout_target target(std::make_shared<stdout_stream>(ends_[1]));
  close_reader();
  const attempt_result result = write(target, {"d", ""}, "m v=1i 1\n");
  EXPECT_EQ(result.verdict, attempt_verdict::retry);
  EXPECT_EQ(result.message, "standard output: Broken pipe");
}

}  // namespace
}  // namespace weir
