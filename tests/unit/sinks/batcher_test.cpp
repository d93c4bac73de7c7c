// SPDX-License-Identifier: Apache-2.0
#include "sinks/batcher.hpp"

#include <gtest/gtest.h>

#include "sinks/influxdb/line_cutter.hpp"
#include "unit/sinks/fake_log.hpp"

namespace weir {
namespace {

constexpr std::uint64_t no_limit = UINT64_MAX / 4;

class batcher : public ::testing::Test {
 protected:
  gathered gather_from(const lane_position& from, const batch_limits& limits) {
    return gather(*reader_, lane_, from, log_.end(), limits);
  }
  std::string lines_of(const batch& made) {
    std::string out;
    EXPECT_TRUE(append_lines(made, out));
    return out;
  }

  fake_log log_;
  std::unique_ptr<log_reader> reader_ = log_.reader();
  lane_key lane_{"d", ""};
};

TEST_F(batcher, takes_frames_of_its_lane_up_to_the_limits) {
  const std::string ten = make_lines(10);
  append_frame(log_, make_frame("d", ten, 10));
  append_frame(log_, make_frame("other", ten, 10));
  append_frame(log_, make_frame("d", ten, 10, frame_codec::gzip));
  append_frame(log_, make_frame("d", ten, 10));
  const gathered by_points = gather_from({log_position(1), 0, 0}, {no_limit, 25});
  ASSERT_EQ(by_points.status, gather_status::ready);
  EXPECT_EQ(by_points.made.points, 20U);
  EXPECT_EQ(by_points.made.frames.size(), 2U);
  EXPECT_EQ(by_points.made.after, (lane_position{log_position(4), 0, 0}));
  const gathered by_bytes = gather_from({log_position(1), 0, 0}, {ten.size() * 2 - 1, no_limit});
  EXPECT_EQ(by_bytes.made.points, 10U);
  EXPECT_EQ(by_bytes.made.after, (lane_position{log_position(2), 0, 0}));
  const gathered all = gather_from({log_position(1), 0, 0}, {no_limit, no_limit});
  EXPECT_EQ(all.made.points, 30U);
  EXPECT_EQ(lines_of(all.made), ten + ten + ten);
}

TEST_F(batcher, takes_frames_that_were_received_within_a_span) {
  for (const std::int64_t received_ns : {100, 105, 110, 111, 90}) {
    auto one = make_frame("d", make_lines(1), 1);
    one->header.received_ns = received_ns;
    append_frame(log_, one);
  }
  batch_limits limits{no_limit, no_limit};
  limits.span_ns = 10;
  const gathered first = gather_from({log_position(1), 0, 0}, limits);
  EXPECT_EQ(first.made.points, 3U);
  // A clock that was set back ends nothing.
  EXPECT_EQ(gather_from(first.made.after, limits).made.points, 2U);
  limits.span_ns = 0;
  EXPECT_EQ(gather_from({log_position(1), 0, 0}, limits).made.points, 5U);
}

TEST_F(batcher, stops_at_the_end_that_it_is_told) {
  append_frame(log_, make_frame("d", make_lines(1), 1));
  append_frame(log_, make_frame("d", make_lines(1), 1));
  const gathered got =
      gather(*reader_, lane_, {log_position(1), 0, 0}, log_position(2), {no_limit, no_limit});
  EXPECT_EQ(got.made.points, 1U);
  EXPECT_EQ(gather(*reader_, lane_, {log_position(2), 0, 0}, log_position(2), {no_limit, no_limit})
                .status,
            gather_status::gone);
}

TEST_F(batcher, passes_over_events) {
  auto event = make_frame("d", "whatever", 3);
  event->header.kind = frame_kind::events;
  append_frame(log_, event);
  append_frame(log_, make_frame("d", make_lines(2), 2));
  const gathered got = gather_from({log_position(1), 0, 0}, {no_limit, no_limit});
  ASSERT_EQ(got.status, gather_status::ready);
  EXPECT_EQ(got.made.points, 2U);
}

TEST_F(batcher, a_frame_with_too_many_points_alone_goes_whole) {
  append_frame(log_, make_frame("d", make_lines(50), 50));
  const gathered got = gather_from({log_position(1), 0, 0}, {no_limit, 10});
  EXPECT_EQ(got.made.points, 50U);
  EXPECT_EQ(got.made.frames.size(), 1U);
}

TEST_F(batcher, a_frame_with_too_many_bytes_is_cut_on_lines_and_nothing_is_lost) {
  for (const frame_codec codec : {frame_codec::plain, frame_codec::gzip}) {
    const std::string text = make_lines(50, 1);
    const log_position position = append_frame(log_, make_frame("d", text, 50, codec));
    lane_position at{position, 0, 0};
    std::string all;
    std::uint64_t points = 0;
    int batches = 0;
    while (at.next == position) {
      const gathered got = gather_from(at, {200, no_limit});
      ASSERT_EQ(got.status, gather_status::ready);
      EXPECT_LE(got.made.cut.size(), 200U);
      EXPECT_TRUE(got.made.cut.ends_with('\n'));
      all += got.made.cut;
      points += got.made.points;
      at = got.made.after;
      ++batches;
    }
    EXPECT_EQ(all, text);
    EXPECT_EQ(points, 50U);
    EXPECT_GT(batches, 5);
    EXPECT_EQ(at, (lane_position{position.next(), 0, 0}));
  }
}

TEST_F(batcher, cuts_nothing_where_the_other_side_has_no_limit) {
  append_frame(log_, make_frame("d", make_lines(50), 50));
  const gathered got = gather_from({log_position(1), 0, 0}, {100, no_limit, false});
  EXPECT_EQ(got.made.frames.size(), 1U);
}

TEST_F(batcher, tells_a_damaged_frame_that_it_must_cut) {
  auto damaged = make_frame("d", make_lines(50), 50, frame_codec::gzip);
  damaged->stored[damaged->stored.size() / 2] ^= 0x55;
  append_frame(log_, damaged);
  const gathered got = gather_from({log_position(1), 0, 0}, {100, no_limit});
  EXPECT_EQ(got.status, gather_status::damaged);
  EXPECT_EQ(got.made.points, 50U);
  EXPECT_EQ(got.made.after, (lane_position{log_position(2), 0, 0}));
}

TEST_F(batcher, tells_a_disk_that_fails) {
  append_frame(log_, make_frame("d", make_lines(5), 5));
  log_.fail_reads(true);
  EXPECT_EQ(gather_from({log_position(1), 0, 0}, {100, no_limit}).status, gather_status::failed);
}

TEST(cut_lines, a_line_feed_inside_a_string_ends_no_line) {
  const std::string first = "m s=\"a\nb c=\\\"\n\",t=1i 1\n";
  const std::string second = "m v=2i 2\n";
  const std::string text = first + second;
  const line_cut cut = cut_lines(text, 1);
  EXPECT_EQ(cut.lines, first);
  EXPECT_EQ(cut.points, 1U);
  const line_cut both = cut_lines(text, text.size());
  EXPECT_EQ(both.lines, text);
  EXPECT_EQ(both.points, 2U);
}

TEST(cut_lines, lines_of_any_number_of_tags_are_cut) {
  std::string first = "m";
  for (int i = 0; i < 100; ++i) {
    first += ",t" + std::to_string(1000 + i) + "=x";
  }
  first += " v=1i 1\n";
  const std::string text = first + "m v=2i 2\n";
  EXPECT_EQ(cut_lines(text, 1).lines, first);
  EXPECT_EQ(cut_lines(text, text.size()).points, 2U);
}

// Lines on their way to a server are no body of a client's.
TEST(cut_lines, a_name_may_begin_with_the_bytes_of_a_byte_order_mark) {
  const std::string text = "\xEF\xBB\xBFm v=1i 1\nm v=2i 2\n";
  EXPECT_EQ(cut_lines(text, 1).lines, text.substr(0, text.find('\n') + 1));
  EXPECT_EQ(cut_lines(text, text.size()).points, 2U);
}

class body : public ::testing::Test {
 protected:
  batch batch_of(const std::vector<frame_codec>& codecs) {
    batch made;
    std::uint64_t first = 0;
    for (const frame_codec codec : codecs) {
      const std::string lines = make_lines(5, first);
      first += 5;
      expected_ += lines;
      made.frames.push_back(make_frame("d", lines, 5, codec));
    }
    return made;
  }
  std::string expected_;
  gzip_compressor compressor_;
};

TEST_F(body, gzip_frames_go_as_they_lie) {
  const batch made = batch_of({frame_codec::gzip, frame_codec::gzip});
  const request_body out = build_body(made, compression_mode::automatic, compressor_);
  EXPECT_TRUE(out.gzip);
  ASSERT_EQ(out.pieces.size(), 2U);
  EXPECT_EQ(out.pieces[0].data(), made.frames[0]->stored.data());
  EXPECT_EQ(out.pieces[1].data(), made.frames[1]->stored.data());
  EXPECT_EQ(gunzip(joined(out.pieces)), expected_);
}

TEST_F(body, runs_of_plain_frames_become_one_member_each) {
  const batch made = batch_of({frame_codec::plain, frame_codec::plain, frame_codec::gzip,
                               frame_codec::plain, frame_codec::gzip, frame_codec::plain});
  const request_body out = build_body(made, compression_mode::automatic, compressor_);
  EXPECT_TRUE(out.gzip);
  EXPECT_EQ(out.pieces.size(), 5U);
  EXPECT_EQ(gunzip(joined(out.pieces)), expected_);
  EXPECT_EQ(out.bytes, joined(out.pieces).size());
}

TEST_F(body, is_plain_only_without_compression_and_without_gzip_frames) {
  const batch plain = batch_of({frame_codec::plain, frame_codec::plain});
  const request_body out = build_body(plain, compression_mode::none, compressor_);
  EXPECT_FALSE(out.gzip);
  EXPECT_EQ(joined(out.pieces), expected_);
  expected_.clear();
  const batch mixed = batch_of({frame_codec::plain, frame_codec::gzip});
  const request_body other = build_body(mixed, compression_mode::none, compressor_);
  EXPECT_TRUE(other.gzip);
  EXPECT_EQ(gunzip(joined(other.pieces)), expected_);
}

TEST_F(body, holds_a_part_of_a_frame) {
  batch made;
  made.cut = "m v=1i 1\n";
  EXPECT_EQ(gunzip(joined(build_body(made, compression_mode::gzip, compressor_).pieces)), made.cut);
  EXPECT_EQ(joined(build_body(made, compression_mode::none, compressor_).pieces), made.cut);
}

}  // namespace
}  // namespace weir
