// SPDX-License-Identifier: Apache-2.0
//
// Many lanes that are behind, on one reader: each gets its frames, and heads are not read again for
// each of them.
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "log/local/reading/seen_records.hpp"
#include "log_testing.hpp"
#include "unit/files/forwarding_files.hpp"

namespace weir {
namespace {

/// The real files, whose reads are counted.
class counted_files final : public forwarding_files {
 public:
  std::int64_t read_at(int descriptor, std::span<char> target, std::uint64_t offset) override {
    ++reads;
    return forwarding_files::read_at(descriptor, target, offset);
  }
  std::atomic<int> reads{0};
};

std::string database_of(std::uint64_t lane) {
  return "db" + std::to_string(lane);
}

class lanes_behind : public testing::Test {
 protected:
  void fill(int frames, std::uint64_t lanes) {
    log_shape settings;
    settings.segment_bytes = 64 * 1024;
    log_ = open_log(directory_.path(), nothing_, settings, &files_);
    for (int i = 0; i < frames; ++i) {
      const std::uint64_t lane = random_() % lanes;
      auto made = make_frame(payload_of(log_->end().number(), 1'000), database_of(lane));
      positions_[lane].push_back(log_->end().number());
      ASSERT_EQ(append_one(*log_, std::move(made)), append_status::taken);
    }
  }
  /// The positions of a lane's frames from there on.
  std::vector<std::uint64_t> read(log_reader& reader, std::uint64_t lane, std::uint64_t from,
                                  std::size_t frames_max = SIZE_MAX) {
    std::vector<std::uint64_t> found;
    log_position next(from);
    while (found.size() < frames_max) {
      const read_result one = reader.next(next, {database_of(lane), ""});
      if (one.status != read_status::frame) {
        EXPECT_EQ(one.status, read_status::caught_up);
        break;
      }
      const std::uint64_t position = one.found->header.position.number();
      EXPECT_EQ(one.found->stored, payload_of(position, 1'000));
      found.push_back(position);
      next = one.next;
    }
    return found;
  }

  std::mt19937_64 random_{1};
  test_directory directory_;
  memory_budget nothing_{0};
  counted_files files_;
  std::unique_ptr<frame_log> log_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> positions_;
};

TEST_F(lanes_behind, get_their_frames_from_wherever_they_are) {
  fill(1'000, 20);
  const auto reader = log_->reader();
  for (int i = 0; i < 400; ++i) {
    const std::uint64_t lane = random_() % 22;  // some have none
    const std::uint64_t from = random_() % 1'100 + 1;
    const std::size_t most = random_() % 30 + 1;
    std::vector<std::uint64_t> expected;
    for (const std::uint64_t each : positions_[lane]) {
      if (each >= from && expected.size() < most) {
        expected.push_back(each);
      }
    }
    ASSERT_EQ(read(*reader, lane, from, most), expected) << lane << " from " << from;
  }
}

TEST_F(lanes_behind, see_what_comes_meanwhile) {
  fill(100, 3);
  const auto reader = log_->reader();
  for (std::uint64_t lane = 0; lane < 3; ++lane) {
    EXPECT_EQ(read(*reader, lane, 1), positions_[lane]);
  }
  const std::uint64_t end = log_->end().number();
  ASSERT_EQ(append_one(*log_, make_frame(payload_of(end, 1'000), database_of(1))),
            append_status::taken);
  positions_[1].push_back(end);
  EXPECT_EQ(read(*reader, 0, 1), positions_[0]);
  EXPECT_EQ(read(*reader, 1, 1), positions_[1]);
}

TEST_F(lanes_behind, do_not_read_each_others_heads_again) {
  constexpr std::uint64_t lanes = 200;
  fill(2'000, lanes);
  const auto reader = log_->reader();
  std::size_t frames = 0;
  for (std::uint64_t lane = 0; lane < lanes; ++lane) {
    frames += read(*reader, lane, 1).size();
  }
  EXPECT_EQ(frames, 2'000U);
  // Each lane by itself would look at 2,000 heads, some fifty to a read.
  EXPECT_LT(files_.reads.load(), 3 * 2'000);
}

TEST_F(lanes_behind, damage_costs_only_what_it_hit) {
  fill(200, 4);
  const std::string path = directory_.segments().front();
  std::string bytes = file_bytes(path);
  const auto damaged = bytes.find(payload_of(20, 1'000).substr(0, 200));
  ASSERT_NE(damaged, std::string::npos);
  bytes[damaged + 5] ^= 1;
  write_file(path, bytes);
  const auto reader = log_->reader();
  for (int again = 0; again < 2; ++again) {
    for (std::uint64_t lane = 0; lane < 4; ++lane) {
      std::vector<std::uint64_t> expected = positions_[lane];
      std::erase(expected, 20);
      EXPECT_EQ(read(*reader, lane, 1), expected);
    }
  }
}

TEST(seen_records_test, pass_over_what_is_known_to_be_others) {
  seen_records seen;
  const auto a = seen_records::tag_of("a", "");
  const auto b = seen_records::tag_of("b", "");
  EXPECT_NE(a, b);
  EXPECT_NE(seen_records::tag_of("a", "rp"), a);
  EXPECT_EQ(seen.pass(10, 12, 100, a).sequence, 12U);
  seen.note(10, {12, 500}, b);
  seen.note(10, {13, 600}, b);
  seen.note(10, {14, 700}, a);
  seen.note(10, {16, 900}, b);
  auto passed = seen.pass(10, 12, 100, a);
  EXPECT_EQ(passed.sequence, 14U);
  ASSERT_TRUE(passed.place);
  EXPECT_EQ(passed.place->offset, 700U);
  passed = seen.pass(10, 15, 100, a);
  EXPECT_EQ(passed.sequence, 15U) << "it was not seen";
  EXPECT_FALSE(passed.place);
  EXPECT_EQ(seen.pass(10, 16, 100, a).sequence, 17U) << "nor what follows";
  EXPECT_EQ(seen.pass(10, 12, 13, a).sequence, 13U) << "no further than asked";
  EXPECT_EQ(seen.pass(20, 25, 100, a).sequence, 25U) << "another segment";
}

TEST(seen_records_test, forget_segments_that_are_gone_and_all_beyond_the_limit) {
  seen_records seen(5);
  const auto a = seen_records::tag_of("a", "");
  seen.note(10, {11, 500}, a);
  seen.note(20, {20, 500}, a);
  EXPECT_EQ(seen.size(), 3U);
  seen.forget_before(20);
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_FALSE(seen.pass(10, 11, 100, a).place);
  EXPECT_TRUE(seen.pass(20, 20, 100, a).place);
  seen.note(20, {24, 900}, a);
  EXPECT_EQ(seen.size(), 5U);
  seen.note(30, {30, 100}, a);
  EXPECT_EQ(seen.size(), 1U) << "one more than there is room for";
  EXPECT_TRUE(seen.pass(30, 30, 100, a).place);
  seen.note(30, {36, 100}, a);
  EXPECT_EQ(seen.size(), 1U) << "a segment with more than that is not remembered so far";
}

}  // namespace
}  // namespace weir
