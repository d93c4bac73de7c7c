// SPDX-License-Identifier: Apache-2.0
//
// A file that was a segment becomes another one: what it held before is never taken for records,
// nor for damage, whatever moment a crash chooses; and nobody reads it any more.
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "log/local/local_log.hpp"
#include "log/local/stored_log.hpp"
#include "log_testing.hpp"
#include "unit/files/forwarding_files.hpp"

namespace weir {
namespace {

constexpr std::uint64_t segment_bytes = std::uint64_t{64} << 10;
constexpr std::size_t payload_bytes = 1000;

class local_log_reuse : public testing::Test {
 protected:
  void SetUp() override { sink_ = open(directory_.path()).subscribe({"sink", true, {}}, {}); }

  local_log& open(const std::string& path, file_system* files = nullptr) {
    log_shape shape;
    shape.directory = path;
    shape.segment_bytes = segment_bytes;
    shape.keep_bytes = std::uint64_t{1} << 20;
    local_log_options options = options_of(shape, no_memory_, test_clock, files);
    options.own_thread = false;
    auto opened = open_local_log(std::move(options));
    EXPECT_TRUE(opened.ok());
    log_ = std::move(opened).value();
    return log();
  }
  [[nodiscard]] local_log& log() const { return static_cast<local_log&>(*log_); }

  void append() {
    const std::shared_ptr<frame> frames[] = {
        make_frame(payload_of(log_->end().number(), payload_bytes))};
    ASSERT_EQ(log_->append(frames).status, append_status::taken);
  }
  /// Appends; the sink is done with all but the last `kept`, and the log removes what it may.
  void run(std::uint64_t frames, std::uint64_t kept = 5) {
    for (std::uint64_t i = 0; i < frames; ++i) {
      append();
      const std::uint64_t end = log_->end().number();
      log_->release(sink_, log_position(end > kept ? end - kept : 1));
      log().work_once(false);
    }
  }
  [[nodiscard]] double reused() const { return metric(*log_, "weir_log_reused_segments_total"); }
  /// Writes until the newest segment is one in the file of another, with little in it.
  void run_into_reused() {
    for (const double before = reused(); reused() == before;) {
      run(1);
      ASSERT_LT(log_->end().number(), 2000U);
    }
    run(3);
  }

  /// What is in the directory now, as a kill would leave it.
  std::string copied() {
    const std::string path = copy_.path() + "/" + std::to_string(++copies_);
    std::filesystem::copy(directory_.path(), path, std::filesystem::copy_options::recursive);
    return path;
  }
  static std::string newest_of(const std::string& path) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path + "/segments")) {
      if (entry.path().string().ends_with(".log")) {
        found.push_back(entry.path().string());
      }
    }
    return *std::max_element(found.begin(), found.end());
  }
  /// Opens the copy and expects the frames up to `end`, and no damage of any kind.
  void expect_whole(const std::string& path, std::uint64_t end) {
    log_.reset();
    open(path);
    EXPECT_GE(log_->end(), log_position(end)) << "no sequence is given again";
    const auto frames = read_all(*log_);
    ASSERT_FALSE(frames.empty());
    EXPECT_EQ(frames.back()->header.position.number(), end - 1);
    EXPECT_EQ(frames.size(), end - frames.front()->header.position.number());
    for (const auto& each : frames) {
      EXPECT_EQ(each->stored, payload_of(each->header.position.number(), payload_bytes));
    }
    EXPECT_EQ(metric(*log_, "weir_log_damaged_records_total"), 0);
    EXPECT_EQ(metric(*log_, "weir_log_damaged_points_total"), 0);
    EXPECT_EQ(metric(*log_, "weir_log_damaged_segments_total"), 0);
    EXPECT_EQ(metric(*log_, "weir_log_missing_frames_total"), 0);
  }

  test_directory directory_;
  test_directory copy_;
  int copies_ = 0;
  memory_budget no_memory_{0};
  std::unique_ptr<frame_log> log_;
  std::size_t sink_ = 0;
};

TEST_F(local_log_reuse, the_file_of_a_segment_that_is_done_with_becomes_the_next_one) {
  run(1000);
  EXPECT_GE(reused(), 8);  // of about 15
  EXPECT_LE(directory_.segments().size(), 3U);
  const std::uint64_t end = log_->end().number();
  expect_whole(copied(), end);
}

TEST_F(local_log_reuse, a_clean_end_leaves_nothing_of_an_earlier_segment) {
  run_into_reused();
  const std::uint64_t end = log_->end().number();
  ASSERT_GT(std::filesystem::file_size(newest_of(directory_.path())), segment_bytes / 2);
  ASSERT_TRUE(log_->close().ok());
  EXPECT_LT(std::filesystem::file_size(newest_of(directory_.path())), 10 * payload_bytes);
  EXPECT_FALSE(std::filesystem::exists(directory_.path() + "/segments/spare"));
  expect_whole(directory_.path(), end);
  EXPECT_EQ(metric(*log_, "weir_log_torn_bytes_total"), 0);
}

TEST_F(local_log_reuse, a_kill_leaves_no_torn_tail_and_a_spare_file_goes) {
  run_into_reused();
  const std::uint64_t end = log_->end().number();
  const std::string path = copied();
  write_file(path + "/segments/spare", "of any content");
  expect_whole(path, end);
  EXPECT_EQ(metric(*log_, "weir_log_torn_bytes_total"), 0);
  EXPECT_FALSE(std::filesystem::exists(path + "/segments/spare"));
}

/// The newest segment of the log in `path` with a record behind its last one, of which only
/// `written` bytes were written.
void tear(const std::string& path, std::uint64_t sequence, std::size_t written) {
  std::string bytes = file_bytes(path);
  const auto header =
      decode_segment_header(std::string_view(bytes).substr(0, segment_header_bytes));
  ASSERT_TRUE(header.has_value());
  std::size_t at = segment_header_bytes;
  for (;;) {
    const head_result found =
        decode_record_head(std::string_view(bytes).substr(at), header->seed());
    if (found.status != head_status::whole) {
      break;
    }
    at += found.head.record_bytes();
  }
  const auto torn = make_frame(payload_of(sequence, payload_bytes));
  std::string record;
  append_record_head(torn->header, sequence, payload_checksum(torn->stored), header->seed(),
                     record);
  record += torn->stored;
  bytes.replace(at, written, record, 0, written);
  write_file(path, bytes);
}

TEST_F(local_log_reuse, a_write_that_a_kill_cut_off_is_torn_and_not_damaged) {
  run_into_reused();
  const std::uint64_t end = log_->end().number();
  std::vector<std::string> paths;
  for (int i = 0; i < 3; ++i) {
    paths.push_back(copied());
  }
  tear(newest_of(paths[0]), end, 10);
  tear(newest_of(paths[1]), end, 500);
  tear(newest_of(paths[2]), end, 1000);
  expect_whole(paths[0], end);
  EXPECT_EQ(metric(*log_, "weir_log_torn_bytes_total"), 0) << "a part of a head is not known";
  for (std::size_t i = 1; i < 3; ++i) {
    log_.reset();
    open(paths[i]);
    EXPECT_EQ(metric(*log_, "weir_log_damaged_records_total"), 0);
    EXPECT_GT(metric(*log_, "weir_log_torn_bytes_total"), payload_bytes);
    EXPECT_EQ(read_all(*log_).back()->header.position.number(), end - 1);
    append();
    const auto frames = read_all(*log_);
    EXPECT_EQ(frames.back()->header.position.number(), end + 1) << "the torn one's is not used";
    EXPECT_EQ(metric(*log_, "weir_log_damaged_records_total"), 0);
  }
}

TEST_F(local_log_reuse, damage_before_the_last_record_is_damage) {
  run_into_reused();
  const std::uint64_t end = log_->end().number();
  const std::string path = copied();
  std::string bytes = file_bytes(newest_of(path));
  bytes[segment_header_bytes + 200] = static_cast<char>(bytes[segment_header_bytes + 200] ^ 1);
  write_file(newest_of(path), bytes);
  log_.reset();
  open(path);
  EXPECT_EQ(log_->end(), log_position(end));
  EXPECT_EQ(metric(*log_, "weir_log_damaged_records_total"), 1);
}

TEST_F(local_log_reuse, what_is_being_read_is_not_written_over) {
  run(100);
  const auto reader = log_->reader();
  const std::uint64_t first = log_->first().number();
  ASSERT_EQ(reader->next(log_position(first), test_lane).status, read_status::frame);
  const double before = reused();
  run(65);  // its segment goes, and the next is begun
  ASSERT_GT(log_->first().number(), first);
  const auto found = reader->next(log_position(first + 1), test_lane);
  EXPECT_EQ(metric(*log_, "weir_log_damaged_records_total"), 0);
  EXPECT_GT(found.next.number(), first + 1);
  EXPECT_LE(reused(), before + 1);
}

TEST_F(local_log_reuse, a_slow_log_removes_its_files) {
  std::int64_t now_ns = 0;
  log_.reset();
  log_shape shape;
  shape.directory = copy_.path() + "/slow";
  shape.segment_bytes = segment_bytes;
  local_log_options options = options_of(shape, no_memory_, [&now_ns] { return now_ns; });
  options.own_thread = false;
  log_ = std::move(open_local_log(std::move(options))).value();
  sink_ = log_->subscribe({"sink", true, {}}, {});
  for (int i = 0; i < 300; ++i) {
    now_ns += 2'000'000'000;
    run(1);
  }
  EXPECT_EQ(reused(), 0);
  EXPECT_FALSE(std::filesystem::exists(shape.directory + "/segments/spare"));
}

/// Real files on a disk that is full until the spare file is removed.
class full_files final : public forwarding_files {
 public:
  bool full = false;
  std::int64_t write_at(int descriptor, std::span<const std::string_view> pieces,
                        std::uint64_t offset) override {
    return full ? -ENOSPC : real_.write_at(descriptor, pieces, offset);
  }
  int remove(const std::string& path) override {
    full = full && !path.ends_with("spare");
    return real_.remove(path);
  }
};

TEST_F(local_log_reuse, a_full_disk_gets_the_spare_file_back) {
  full_files files;
  log_.reset();
  open(copy_.path() + "/full", &files);
  sink_ = log_->subscribe({"sink", true, {}}, {});
  const std::string spare = copy_.path() + "/full/segments/spare";
  while (!std::filesystem::exists(spare)) {
    run(1);
    ASSERT_LT(log_->end().number(), 2000U);
  }
  files.full = true;
  append();
  EXPECT_FALSE(std::filesystem::exists(spare));
  const std::uint64_t end = log_->end().number();
  run(200);
  EXPECT_GT(reused(), 0) << "and goes on as before";
  EXPECT_GT(log_->end().number(), end);
  log_.reset();
}

// A loss of power: names and bytes reach the disk in any order.
TEST_F(local_log_reuse, a_file_with_the_header_of_its_earlier_segment_holds_nothing) {
  run(55);
  const std::string earlier = file_bytes(directory_.segments().front());
  run_into_reused();
  const std::string path = copied();
  const std::uint64_t end = log_->end().number();
  const std::string newest = newest_of(path);
  log_.reset();
  write_file(newest, earlier);
  open(path);
  EXPECT_EQ(metric(*log_, "weir_log_damaged_segments_total"), 0);
  EXPECT_EQ(metric(*log_, "weir_log_set_aside_frames_total"), 0);
  EXPECT_GE(log_->end().number(), end) << "no sequence is given again";
  append();
  EXPECT_EQ(read_all(*log_).back()->stored, payload_of(log_->end().number() - 1, payload_bytes));
}

TEST_F(local_log_reuse, an_earlier_name_of_a_file_is_no_segment) {
  run(55);
  const std::string earlier = directory_.segments().front();
  run_into_reused();
  const std::string path = copied();
  const std::uint64_t end = log_->end().number();
  const std::string newest = newest_of(path);
  std::filesystem::copy(newest, path + "/segments/" + earlier.substr(earlier.rfind('/') + 1));
  expect_whole(path, end);
}

TEST_F(local_log_reuse, who_looks_at_the_log_meanwhile_sees_no_damage) {
  run_into_reused();
  const auto stored = stored_log::open(directory_.path());
  ASSERT_TRUE(stored.ok());
  const auto nothing = [](const record_head&, const auto&) { return stored_log::visit::go_on; };
  stored_scan found = stored.value().scan(0, nothing, true);
  EXPECT_TRUE(found.whole()) << (found.faults.empty() ? "" : found.faults.front());
  EXPECT_EQ(found.torn_bytes, 0U);
  EXPECT_EQ(found.end, log_->end().number());

  const std::string path = copied();
  tear(newest_of(path), log_->end().number(), 700);
  const auto torn = stored_log::open(path);
  found = torn.value().scan(0, nothing, true);
  EXPECT_TRUE(found.whole());
  EXPECT_GT(found.torn_bytes, payload_bytes);
  EXPECT_EQ(found.end, log_->end().number());

  run(200);  // all that it knows of becomes something else
  found = stored.value().scan(0, nothing, true);
  EXPECT_TRUE(found.whole()) << (found.faults.empty() ? "" : found.faults.front());
}

}  // namespace
}  // namespace weir
