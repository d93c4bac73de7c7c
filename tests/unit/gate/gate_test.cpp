// SPDX-License-Identifier: Apache-2.0
//
// The chain from a parsed line to a canonical one: what is kept, repaired, refused and dropped.
#include "gate/gate.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gate/time_text.hpp"
#include "unit/gate/pass_line.hpp"

namespace weir {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::int64_t hour = 3'600'000'000'000;

TEST(gate, keeps_a_plain_point_and_writes_its_time) {
  const passed p = pass_line("m,t=a f=1 42", {});
  EXPECT_EQ(p.answer.action, gate_action::keep);
  EXPECT_EQ(p.line, "m,t=a f=1 42\n");
}

TEST(gate, sorts_tags_and_normalises_space) {
  EXPECT_EQ(pass_line("m,b=1,a=2  f=.5   7 ", {}).line, "m,a=2,b=1 f=0.5 7\n");
}

TEST(gate, applies_the_precision) {
  EXPECT_EQ(pass_line("m f=1 1700000000", {}, 1'000'000'000).line, "m f=1 1700000000000000000\n");
  EXPECT_EQ(pass_line("m f=1 -2", {}, 60'000'000'000).line, "m f=1 -120000000000\n");
}

TEST(gate, missing_time_is_the_time_of_receipt_cut_to_the_precision) {
  EXPECT_EQ(pass_line("m f=1", {}).line, "m f=1 1700000000123456789\n");
  const passed p = pass_line("m f=1", {}, 1'000'000'000);
  EXPECT_EQ(p.line, "m f=1 1700000000000000000\n");
  EXPECT_EQ(p.answer.code, gate_code::time_assigned);
  EXPECT_EQ(count(p, gate_code::time_assigned), 1U);
}

TEST(time_check, cuts_towards_the_past_before_the_epoch_too) {
  EXPECT_EQ(time_check::assigned_time({.now_ns = -1, .unit_ns = 1'000}), -1'000);
  EXPECT_EQ(time_check::assigned_time({.now_ns = -1'000, .unit_ns = 1'000}), -1'000);
}

TEST(gate, retention_refuses_what_is_older_and_keeps_the_edge) {
  const database_settings policy{.retention = hours(1)};
  EXPECT_EQ(pass_line("m f=1 " + std::to_string(now - hour), policy).answer.action,
            gate_action::keep);
  const passed old = pass_line("m f=1 " + std::to_string(now - hour - 1), policy);
  EXPECT_EQ(old.answer.action, gate_action::reject);
  EXPECT_EQ(old.answer.code, gate_code::beyond_retention);
  EXPECT_EQ(old.line, "");
  EXPECT_EQ(old.repaired, gate_tally{});
}

TEST(gate, expired_points_can_be_dropped_or_clamped) {
  const database_settings drops{.retention = hours(1), .expired = expired_mode::drop};
  EXPECT_EQ(pass_line("m f=1 0", drops).answer.action, gate_action::drop);
  const database_settings clamps{.retention = hours(1), .expired = expired_mode::clamp};
  const passed p = pass_line("m f=1 0", clamps);
  EXPECT_EQ(p.answer.code, gate_code::retention_clamped);
  // A minute inside: the point has still to reach a database that keeps an hour itself.
  EXPECT_EQ(p.line, "m f=1 " + std::to_string(now - hour + hour / 60) + "\n");
  const database_settings brief{.retention = seconds(10), .expired = expired_mode::clamp};
  EXPECT_EQ(pass_line("m f=1 0", brief).line,
            "m f=1 " + std::to_string(now - 5'000'000'000) + "\n");
}

TEST(gate, future_limit) {
  const database_settings policy{.future = seconds(10)};
  EXPECT_EQ(pass_line("m f=1 " + std::to_string(now + 10'000'000'000), policy).answer.action,
            gate_action::keep);
  EXPECT_EQ(pass_line("m f=1 " + std::to_string(now + 10'000'000'001), policy).answer.code,
            gate_code::beyond_future);
}

TEST(gate, a_refused_point_was_not_repaired) {
  const database_settings policy{.future = seconds(-1)};
  const passed p = pass_line("m f=1", policy);
  EXPECT_EQ(p.answer.code, gate_code::beyond_future);
  EXPECT_EQ(p.repaired, gate_tally{});
}

TEST(gate, limits_that_leave_the_range_do_not_wrap) {
  const database_settings policy{.retention = nanoseconds::max(), .future = nanoseconds::max()};
  EXPECT_EQ(pass_line("m f=1 -9223372036854775806", policy).answer.code,
            gate_code::beyond_retention);
  EXPECT_EQ(pass_line("m f=1 9223372036854775806", policy).answer.action, gate_action::keep);
}

TEST(gate, unsigned_values_go_on_as_integers_while_they_fit) {
  const passed p = pass_line("m,b=1,a=2 x=1,u=9223372036854775807u,s=\"5u\" 1", {});
  EXPECT_EQ(p.line, "m,a=2,b=1 x=1,u=9223372036854775807i,s=\"5u\" 1\n");
  EXPECT_EQ(count(p, gate_code::unsigned_as_integer), 1U);
  EXPECT_EQ(pass_line("m u=9223372036854775808u 1", {}).answer.code, gate_code::unsigned_too_large);
}

TEST(gate, unsigned_values_can_pass_or_be_refused) {
  const database_settings passes{.unsigned_values = unsigned_mode::pass};
  EXPECT_EQ(pass_line("m u=18446744073709551615u 1", passes).line, "m u=18446744073709551615u 1\n");
  const database_settings refuses{.unsigned_values = unsigned_mode::reject};
  EXPECT_EQ(pass_line("m u=1u 1", refuses).answer.code, gate_code::unsigned_refused);
}

TEST(gate, unsigned_values_pass_where_every_server_has_a_type_for_them) {
  const database_settings native{.unsigned_values = unsigned_mode::native};
  EXPECT_EQ(pass_line("m u=18446744073709551615u 1", native).line, "m u=18446744073709551615u 1\n");
}

TEST(gate, many_unsigned_fields_of_one_line) {
  std::string line = "m ";
  std::string expected = "m ";
  for (int i = 0; i < 100; ++i) {
    line += (i > 0 ? ",f" : "f") + std::to_string(i) + "=" + std::to_string(i) + "u";
    expected += (i > 0 ? ",f" : "f") + std::to_string(i) + "=" + std::to_string(i) + "i";
  }
  EXPECT_EQ(pass_line(line + " 1", {}).line, expected + " 1\n");
}

TEST(staged_lines, cuts_runs_that_fit_a_frame) {
  staged_lines staged;
  const std::string line(100'000, 'x');
  for (int i = 0; i < 12; ++i) {
    staged.buffer().append(line);
    staged.line_done(staged.text().size(), i, 1);
  }
  ASSERT_EQ(staged.runs().size(), 3U);
  std::size_t total = 0;
  std::uint32_t points = 0;
  for (const staged_run& run : staged.runs()) {
    EXPECT_LE(run.end - run.begin, frame_inflated_bytes_max);
    EXPECT_EQ(run.begin, total);
    total = run.end;
    points += run.points;
  }
  EXPECT_EQ(total, line.size() * 12);
  EXPECT_EQ(points, 12U);
  EXPECT_EQ(staged.runs()[1].time_least, 5);
  EXPECT_EQ(staged.runs()[1].time_greatest, 9);
}

TEST(staged_lines, a_line_longer_than_a_frame_has_a_run_of_its_own) {
  staged_lines staged;
  for (const std::size_t size : {std::size_t{10}, frame_inflated_bytes_max + 5, std::size_t{10}}) {
    staged.buffer().append(std::string(size, 'x'));
    staged.line_done(staged.text().size(), 0, 1);
  }
  EXPECT_EQ(staged.runs().size(), 3U);
}

TEST(staged_lines, keep_what_is_said_to_be_written_when_the_buffer_moves) {
  line_buffer buffer;
  std::string expected;
  for (std::size_t i = 0; i < 2'000; ++i) {
    const std::string piece(i % 37, static_cast<char>('a' + i % 26));
    char* const at = buffer.room(piece.size() + 40);
    std::memset(at, '!', piece.size() + 40);  // room may be used beyond the end
    std::memcpy(at, piece.data(), piece.size());
    buffer.end_at(expected.size() + piece.size());
    expected += piece;
  }
  EXPECT_EQ(buffer.view(), expected);
  buffer.clear(buffer.capacity());
  EXPECT_EQ(buffer.view(), "");
  EXPECT_GT(buffer.capacity(), 0U);
  buffer.clear(0);
  EXPECT_EQ(buffer.capacity(), 0U);
}

TEST(time_text, is_what_the_standard_library_writes) {
  constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
  std::vector<std::int64_t> times{0, 9, -1, greatest, -greatest, 1'586'844'081'000'000'001};
  for (std::int64_t power = 1; power <= greatest / 10; power *= 10) {
    for (const std::int64_t near : {power - 1, power, power + 1, 10 * (power - 1) + 9, power * 7}) {
      times.push_back(near);
      times.push_back(-near);
    }
  }
  std::mt19937_64 random(5);
  for (int i = 0; i < 100'000; ++i) {
    times.push_back(static_cast<std::int64_t>(random() >> (1 + random() % 8)));
  }
  for (const std::int64_t time : times) {
    char text[time_text_bytes];
    char* const end = write_time(time, text);
    ASSERT_EQ(std::string(static_cast<char*>(text), end), " " + std::to_string(time));
  }
}

}  // namespace
}  // namespace weir
