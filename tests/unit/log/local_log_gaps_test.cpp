// SPDX-License-Identifier: Apache-2.0
//
// Segments that vanish or become shorter, while the log is closed and while it is open: what they
// held is counted and told, and everything else is read. Which log a directory holds.
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <map>

#include "log/local/header_copies.hpp"
#include "log_testing.hpp"
#include "unit/files/forwarding_files.hpp"

namespace weir {
namespace {

/// 64 KiB each: the least.
const log_shape small{.directory = {}, .keep_bytes = 1 << 20, .segment_bytes = 1 << 16};
constexpr std::size_t payload_bytes = 8000;

class local_log_gaps : public testing::Test {
 protected:
  std::unique_ptr<frame_log> opened() { return open_log(directory_.path(), nothing_, small); }
  /// With a subscriber that keeps everything.
  void fill(frame_log& log, int frames) {
    for (int i = 0; i < frames; ++i) {
      ASSERT_EQ(append_one(log, make_frame(payload_of(log.end().number(), payload_bytes))),
                append_status::taken);
    }
  }
  static std::uint64_t first_of(const std::string& path) {
    return std::stoull(path.substr(path.rfind('/') + 1));
  }
  std::vector<std::uint64_t> sequences(frame_log& log) {
    std::vector<std::uint64_t> found;
    for (const frame_ptr& each : read_all(log)) {
      EXPECT_EQ(each->stored, payload_of(each->header.position.number(), payload_bytes));
      found.push_back(each->header.position.number());
    }
    return found;
  }

  test_directory directory_;
  memory_budget nothing_{0};
};

TEST_F(local_log_gaps, a_segment_that_vanished_is_counted_at_the_start) {
  { fill(*opened(), 40); }
  const auto paths = directory_.segments();
  ASSERT_GE(paths.size(), 5u);
  for (const std::size_t gone : {std::size_t{0}, std::size_t{2}}) {
    std::filesystem::remove(paths[gone]);
    const std::uint64_t frames = first_of(paths[gone + 1]) - first_of(paths[gone]);
    auto log = opened();
    EXPECT_EQ(metric(*log, "weir_log_missing_frames_total"), static_cast<double>(frames));
    EXPECT_EQ(log->end().number(), 41u);
    log.reset();
    // It is told once.
    EXPECT_EQ(metric(*opened(), "weir_log_missing_frames_total"), 0);
  }
  const std::uint64_t left =
      40 - (first_of(paths[1]) - 1) - (first_of(paths[3]) - first_of(paths[2]));
  EXPECT_EQ(sequences(*opened()).size(), left);
}

TEST_F(local_log_gaps, the_newest_segment_that_vanished_gives_no_sequence_twice) {
  { fill(*opened(), 40); }
  const std::string newest = directory_.segments().back();
  std::filesystem::remove(newest);
  auto log = opened();
  EXPECT_GT(log->end().number(), first_of(newest));
  fill(*log, 1);
  EXPECT_EQ(sequences(*log).size(), first_of(newest));
}

TEST_F(local_log_gaps, a_segment_that_was_cut_short_is_counted_at_the_start) {
  { fill(*opened(), 40); }
  const auto paths = directory_.segments();
  const std::uint64_t frames = first_of(paths[2]) - first_of(paths[1]);
  std::filesystem::resize_file(paths[1], segment_header_bytes + 2 * (payload_bytes + 82));
  auto log = opened();
  EXPECT_EQ(metric(*log, "weir_log_missing_frames_total"), static_cast<double>(frames - 2));
  EXPECT_EQ(sequences(*log).size(), 40 - (frames - 2));
  // What the readers met was counted already.
  EXPECT_EQ(metric(*log, "weir_log_missing_frames_total"), static_cast<double>(frames - 2));
}

TEST_F(local_log_gaps, segments_that_the_log_removed_are_not_missed) {
  {
    auto log = opened();
    const std::size_t sink = log->subscribe({"s", true, {}}, log_position(1));
    fill(*log, 40);
    log->release(sink, log_position(30));
    ASSERT_TRUE(log->close().ok());
  }
  EXPECT_EQ(metric(*opened(), "weir_log_missing_frames_total"), 0);
}

// A loss of power may bring names back whose removal was not synced, and what was said of the
// earlier ones may be lost where what was said of a later one is not.
TEST_F(local_log_gaps, what_lay_before_a_removed_segment_was_removed_too) {
  std::map<std::string, std::string> before;
  std::string headers;
  {
    auto log = opened();
    const std::size_t sink = log->subscribe({"s", true, {}}, log_position(1));
    fill(*log, 40);
    for (const std::string& path : directory_.segments()) {
      before[path] = file_bytes(path);
    }
    headers = file_bytes(directory_.path() + "/headers");
    log->release(sink, log_position(30));
    ASSERT_TRUE(log->close().ok());
  }
  const auto kept = directory_.segments();
  const std::size_t removed = before.size() - kept.size();
  ASSERT_GE(removed, 3U);
  // Of the words about removals only the last is left.
  std::string words = file_bytes(directory_.path() + "/headers");
  const std::size_t last = (removed - 1) * segment_entry_bytes;
  headers.replace(last, segment_entry_bytes, words, last, segment_entry_bytes);
  write_file(directory_.path() + "/headers", headers);
  auto each = before.begin();
  for (std::size_t i = 0; i + 1 < removed; ++i, ++each) {
    write_file(each->first, each->second);
  }
  auto log = opened();
  EXPECT_EQ(directory_.segments().front(), kept.front());
  EXPECT_EQ(sequences(*log).front(), first_of(kept.front()));
  EXPECT_EQ(metric(*log, "weir_log_missing_frames_total"), 0);
  EXPECT_EQ(log->end().number(), 41U) << "what comes next is known";
}

TEST_F(local_log_gaps, what_lies_before_a_segment_that_vanished_stays) {
  { fill(*opened(), 40); }
  const auto paths = directory_.segments();
  std::filesystem::remove(paths[3]);
  for (int start = 0; start < 3; ++start) {
    EXPECT_EQ(sequences(*opened()).front(), 1U);
  }
}

TEST_F(local_log_gaps, a_segment_that_vanishes_or_shrinks_at_run_time_is_passed_over) {
  auto log = opened();
  static_cast<void>(log->subscribe({"s", true, {}}, log_position(1)));
  fill(*log, 40);
  const auto paths = directory_.segments();
  std::filesystem::remove(paths[1]);
  std::filesystem::resize_file(paths[2], segment_header_bytes + payload_bytes + 82 + 10);
  const std::uint64_t gone = first_of(paths[2]) - first_of(paths[1]);
  const std::uint64_t cut = first_of(paths[3]) - first_of(paths[2]) - 1;
  for (int reader = 0; reader < 2; ++reader) {
    EXPECT_EQ(sequences(*log).size(), 40 - gone - cut);
    EXPECT_EQ(metric(*log, "weir_log_missing_frames_total"), static_cast<double>(gone + cut));
  }
}

TEST_F(local_log_gaps, a_directory_deleted_under_the_log_is_noticed_at_the_next_write) {
  auto log = opened();
  static_cast<void>(log->subscribe({"s", true, {}}, log_position(1)));
  fill(*log, 2);
  const std::string away = directory_.path() + "-away";
  // Moved away and back: nothing is taken meanwhile, and nothing is lost.
  std::filesystem::rename(directory_.path(), away);
  EXPECT_EQ(append_one(*log, make_frame(payload_of(3, payload_bytes))), append_status::failed);
  EXPECT_EQ(log->outlook().status, append_status::failed);
  EXPECT_NE(log->outlook().detail.find("has vanished"), std::string::npos);
  std::filesystem::rename(away, directory_.path());
  fill(*log, 1);
  EXPECT_EQ(log->outlook().status, append_status::taken);
  EXPECT_EQ(sequences(*log).size(), 3u);
  // Deleted, and made again empty: what was in it is lost and told, the rest goes on.
  std::filesystem::remove_all(directory_.path());
  EXPECT_EQ(append_one(*log, make_frame(payload_of(4, payload_bytes))), append_status::failed);
  std::filesystem::create_directory(directory_.path());
  fill(*log, 2);
  EXPECT_EQ(sequences(*log), (std::vector<std::uint64_t>{4, 5}));
  EXPECT_EQ(metric(*log, "weir_log_missing_frames_total"), 3);
  log.reset();
  EXPECT_EQ(sequences(*opened()), (std::vector<std::uint64_t>{4, 5}));
}

/// Real files of which it cannot be told whether they are there.
class unseen_files final : public forwarding_files {
 public:
  bool refuses = false;
  int kind(const std::string& path, entry_kind& is) override {
    return refuses ? -EIO : real_.kind(path, is);
  }
};

TEST_F(local_log_gaps, nothing_is_taken_while_nobody_can_tell_whether_the_segment_is_there) {
  unseen_files files;
  auto log = open_log(directory_.path(), nothing_, small, &files);
  fill(*log, 2);
  files.refuses = true;
  std::filesystem::remove_all(directory_.path() + "/segments");
  EXPECT_EQ(append_one(*log, make_frame(payload_of(3, payload_bytes))), append_status::failed);
  EXPECT_NE(log->outlook().detail.find("Input/output error"), std::string::npos);
  files.refuses = false;
  fill(*log, 1);
  log.reset();
  EXPECT_EQ(sequences(*opened()).size(), 1u);
}

TEST_F(local_log_gaps, an_empty_newest_segment_that_vanishes_is_made_again) {
  auto log = opened();
  std::filesystem::remove(directory_.segments().at(0));
  fill(*log, 2);
  log.reset();
  EXPECT_EQ(sequences(*opened()).size(), 2u);
}

TEST_F(local_log_gaps, damaged_copies_of_headers_do_no_harm) {
  { fill(*opened(), 40); }
  const std::string path = directory_.path() + "/headers";
  const std::string whole = file_bytes(path);
  for (std::size_t i = 0; i < whole.size(); i += 7) {
    std::string bad = whole;
    bad[i] = static_cast<char>(~bad[i]);
    write_file(path, bad);
    ASSERT_EQ(sequences(*opened()).size(), 40u);
    write_file(path, whole.substr(0, i));
    ASSERT_EQ(sequences(*opened()).size(), 40u);
    write_file(path, std::string(i, 'x') + whole);
    ASSERT_EQ(metric(*opened(), "weir_log_missing_frames_total"), 0) << i;
  }
}

TEST_F(local_log_gaps, a_log_keeps_its_identity_and_a_new_one_has_another) {
  std::uint32_t identity = 0;
  {
    auto log = opened();
    identity = log->identity();
    EXPECT_NE(identity, 0u);
    const std::size_t sink = log->subscribe({"s", true, {}}, log_position(1));
    fill(*log, 40);
    log->release(sink, log_position(30));
  }
  std::filesystem::remove(directory_.path() + "/headers");
  EXPECT_EQ(opened()->identity(), identity);
  // Its newest segment may go with the power when all others were deleted: what is parked is of it.
  std::filesystem::remove_all(directory_.path() + "/segments");
  {
    auto log = opened();
    EXPECT_EQ(log->identity(), identity);
    EXPECT_GE(log->end(), log_position(30)) << "no sequence is given twice";
  }
  std::filesystem::remove_all(directory_.path() + "/segments");
  std::filesystem::remove(directory_.path() + "/headers");
  EXPECT_NE(opened()->identity(), identity);
}

TEST_F(local_log_gaps, a_log_of_an_earlier_weir_gets_an_identity) {
  { fill(*opened(), 3); }
  // The header as it was written before: without an identity.
  const std::string path = directory_.segments().at(0);
  std::string bytes = file_bytes(path);
  auto header = decode_segment_header(bytes);
  ASSERT_TRUE(header);
  header->log_identity = 0;
  std::string earlier;
  append_segment_header(*header, earlier);
  write_file(path, earlier + bytes.substr(segment_header_bytes));
  std::filesystem::remove(directory_.path() + "/headers");
  const std::uint32_t identity = opened()->identity();
  EXPECT_NE(identity, 0u);
  auto log = opened();
  EXPECT_EQ(log->identity(), identity);
  EXPECT_EQ(sequences(*log).size(), 3u);
}

}  // namespace
}  // namespace weir
