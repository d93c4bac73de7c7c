// SPDX-License-Identifier: Apache-2.0
//
// Death by SIGKILL: a child appends and tells of each frame that the log took; whatever it told of
// must be there afterwards, under its own sequence, and no sequence twice.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "log_testing.hpp"

namespace weir {
namespace {

constexpr std::size_t crash_bytes_max = 3000;

std::size_t crash_bytes(std::uint64_t sequence) {
  return 50 + (sequence * 977) % crash_bytes_max;
}

/// The child's life: never returns.
[[noreturn]] void append_for_ever(const std::string& directory, int told) {
  memory_budget budget(1 << 20);
  log_shape settings;
  settings.segment_bytes = 64 * 1024;
  auto log = open_log(directory, budget, settings);
  static_cast<void>(log->subscribe({"sink", true, {}}, log_position(1)));
  for (;;) {
    const std::uint64_t begin = log->end().number();
    std::vector<std::shared_ptr<frame>> turn;
    for (std::uint64_t i = begin; i < begin + 1 + begin % 4; ++i) {
      turn.push_back(make_frame(payload_of(i, crash_bytes(i))));
    }
    if (log->append(turn).status != append_status::taken) {
      ::_exit(1);
    }
    const std::uint64_t end = log->end().number();
    if (::write(told, &end, sizeof(end)) != sizeof(end)) {
      ::_exit(2);
    }
  }
}

/// Runs a child until it told of `acknowledged` appends, kills it, and returns the end it told of.
std::uint64_t run_and_kill(const std::string& directory, int acknowledged) {
  int pipe_ends[2];
  EXPECT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe_ends[0]);
    append_for_ever(directory, pipe_ends[1]);
  }
  ::close(pipe_ends[1]);
  std::uint64_t end = 0;
  for (int i = 0; i < acknowledged; ++i) {
    EXPECT_EQ(::read(pipe_ends[0], &end, sizeof(end)), static_cast<ssize_t>(sizeof(end)));
  }
  ::kill(child, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  while (::read(pipe_ends[0], &end, sizeof(end)) == static_cast<ssize_t>(sizeof(end))) {
  }
  ::close(pipe_ends[0]);
  return end;
}

TEST(local_log_crash, every_acknowledged_frame_survives_kill) {
  test_directory directory;
  memory_budget nothing(0);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t told = run_and_kill(directory.path(), 3 + round * 17);
    auto log = open_log(directory.path(), nothing);
    ASSERT_GE(log->end().number(), told);
    const auto frames = read_all(*log);
    ASSERT_EQ(frames.size(), log->end().number() - 1);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      ASSERT_EQ(frames[i]->header.position.number(), i + 1);
      ASSERT_EQ(frames[i]->stored, payload_of(i + 1, crash_bytes(i + 1)));
    }
    ASSERT_EQ(metric(*log, "weir_log_damaged_records_total"), 0);
    ASSERT_TRUE(log->close().ok());
  }
}

}  // namespace
}  // namespace weir
