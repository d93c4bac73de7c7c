// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "codec/gzip.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

load_options http_options() {
  load_options options;
  options.address = {"127.0.0.1", 8086};
  options.path = "/write?db=bench";
  options.batch = 10;
  options.ring_bytes = 100'000;
  return options;
}
load_options udp_options() {
  load_options options = http_options();
  options.udp = true;
  return options;
}

load_ring ring_of(const load_options& options) {
  return load_source::build(options).value().ring();
}

std::vector<std::string> lines_of(std::string_view body) {
  std::vector<std::string> lines;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    lines.emplace_back(body.substr(0, end));
    body.remove_prefix(end + 1);
  }
  return lines;
}

/// How many points the parser finds; -1 when it refuses a line.
int points_in(std::string_view body) {
  line_reader reader;
  reader.reset({});
  reader.feed(body);
  reader.finish();
  int points = 0;
  for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
    if (event == line_event::error) {
      return -1;
    }
    points += event == line_event::point ? 1 : 0;
  }
  return points;
}

TEST(LoadRing, BodiesAreWholeLines) {
  const load_options options = http_options();
  const load_ring ring = ring_of(options);
  const load_piece piece = ring.at(0, all);
  EXPECT_EQ(piece.lines, 10U);
  EXPECT_EQ(piece.line_bytes, piece.bytes.size());
  EXPECT_EQ(points_in(piece.bytes), 10);
}

std::string head_of(const load_options& options, std::uint64_t database = 0) {
  std::string out;
  append_request_head(options, database, 4711, out);
  return out;
}

TEST(LoadRequest, HasAHead) {
  load_options options = http_options();
  options.headers = {"Authorization: Token t"};
  EXPECT_EQ(head_of(options),
            "POST /write?db=bench HTTP/1.1\r\nHost: 127.0.0.1:8086\r\nUser-Agent: weir-load\r\n"
            "Authorization: Token t\r\nContent-Length: 4711\r\n\r\n");
  options.gzip = true;
  EXPECT_NE(head_of(options).find("\r\nContent-Encoding: gzip\r\n"), std::string::npos);
  options.bad_share = 0.1;
  EXPECT_NE(head_of(options).find("\r\nX-Weir-Verbose: true\r\n"), std::string::npos);
}

TEST(LoadRequest, NamesItsDatabase) {
  load_options options = http_options();
  options.databases = 3;
  for (const auto& [path, target] :
       {std::pair{"/write", "POST /write?db=load_2 "},
        {"/write?precision=ns", "POST /write?precision=ns&db=load_2 "},
        {"/api/v2/write?org=o", "POST /api/v2/write?org=o&bucket=load_2 "},
        {"/api/v3/write_lp", "POST /api/v3/write_lp?db=load_2 "}}) {
    options.path = path;
    EXPECT_TRUE(head_of(options, 2).starts_with(target)) << head_of(options, 2);
  }
}

TEST(LoadRing, LinesOfEveryShapeAreValidAndDifferent) {
  for (const bench::data_set set : bench::data_sets) {
    load_options options = http_options();
    options.shape = set;
    const auto ring = ring_of(options);
    EXPECT_GE(ring.bytes(), options.ring_bytes);
    std::set<std::string> seen;
    for (std::uint64_t i = 0; i < ring.size(); ++i) {
      const load_piece piece = ring.at(i, all);
      ASSERT_EQ(points_in(piece.bytes), 10) << bench::name_of(set);
      for (std::string& line : lines_of(piece.bytes)) {
        EXPECT_TRUE(seen.insert(std::move(line)).second);
      }
    }
    EXPECT_EQ(seen.size(), ring.lines());
  }
}

TEST(LoadRing, SeedsDecideAndTheRingGoesRound) {
  load_options options = http_options();
  const auto one = ring_of(options);
  const auto same = ring_of(options);
  options.seed = 2;
  const auto other = ring_of(options);
  EXPECT_EQ(one.at(3, all).bytes, same.at(3, all).bytes);
  EXPECT_NE(one.at(3, all).bytes, other.at(3, all).bytes);
  EXPECT_EQ(one.at(3 + one.size(), all).bytes, one.at(3, all).bytes);
}

TEST(LoadRing, LinesBeginAtTheGivenTime) {
  load_options options = http_options();
  options.first_time_ns = 5'000'000'000'000'000'000;
  const auto ring = ring_of(options);
  EXPECT_EQ(lines_of(ring.at(0, all).bytes).front().rfind(" 50000000000"),
            lines_of(ring.at(0, all).bytes).front().size() - 20);
}

TEST(LoadRing, GzipHoldsTheSameLines) {
  load_options options = http_options();
  const auto plain = ring_of(options);
  options.gzip = true;
  const auto ring = ring_of(options);
  const load_piece piece = ring.at(0, all);
  std::string inflated;
  gzip_inflater inflater;
  inflater.reset(1'000'000);
  ASSERT_EQ(inflater.feed(piece.bytes, [&](std::string_view part) { inflated += part; }),
            inflate_status::more);
  EXPECT_TRUE(inflater.complete());
  EXPECT_EQ(inflated, plain.at(0, all).bytes);
  EXPECT_EQ(piece.line_bytes, inflated.size());
}

/// Sends as a run does, and gives the sizes of what was sent.
std::vector<std::uint64_t> send_all(const load_options& options) {
  auto source = load_source::build(options);
  load_plan plan(options);
  plan.start(0);
  std::vector<std::uint64_t> sent;
  std::string buffer;
  while (plan.due(0)) {
    const load_piece piece = source.value().next(plan.lines_left(), 0, buffer);
    plan.granted(piece.lines);
    sent.push_back(piece.lines);
    EXPECT_EQ(points_in(piece.bytes), static_cast<int>(piece.lines));
  }
  return sent;
}

TEST(LoadRing, ExactlySoManyLines) {
  load_options options = http_options();
  options.lines = 35;
  EXPECT_EQ(send_all(options), (std::vector<std::uint64_t>{10, 10, 10, 5}));
  options.lines = 30;
  EXPECT_EQ(send_all(options), (std::vector<std::uint64_t>{10, 10, 10}));
  options.lines = 3;
  EXPECT_EQ(send_all(options), (std::vector<std::uint64_t>{3}));
}

TEST(LoadRing, ExactlySoManyLinesWhenTheRingIsSmaller) {
  load_options options = http_options();
  options.ring_bytes = 1;
  options.lines = 25;
  const auto ring = ring_of(options);
  EXPECT_EQ(ring.size(), 1U);
  EXPECT_EQ(send_all(options), (std::vector<std::uint64_t>{10, 10, 5}));
}

TEST(LoadRing, DatagramsHoldWholeLinesUpToTheirSize) {
  load_options options = udp_options();
  const auto ring = ring_of(options);
  for (std::uint64_t i = 0; i < ring.size(); ++i) {
    const load_piece piece = ring.at(i, all);
    EXPECT_LE(piece.bytes.size(), options.datagram_bytes);
    EXPECT_GE(piece.lines, 1U);
    EXPECT_EQ(points_in(piece.bytes), static_cast<int>(piece.lines));
  }
  // Lines have about 350 bytes, so that four do not quite fit and three do.
  EXPECT_GE(ring.at(0, all).lines, 3U);
}

TEST(LoadRing, ExactlySoManyLinesOverUdp) {
  for (const std::uint64_t ring_bytes : {std::uint64_t{1}, std::uint64_t{100'000}}) {
    load_options options = udp_options();
    options.ring_bytes = ring_bytes;
    options.lines = 50;
    std::uint64_t sum = 0;
    for (const std::uint64_t lines : send_all(options)) {
      sum += lines;
    }
    EXPECT_EQ(sum, 50U);
  }
}

TEST(LoadRing, ALineThatFitsNoDatagramIsAnError) {
  load_options options = udp_options();
  options.datagram_bytes = 64;
  const auto source = load_source::build(options);
  ASSERT_FALSE(source);
  EXPECT_NE(source.error().message.find("--datagram 64"), std::string::npos);
}

TEST(LoadPlan, FlatOutIsAlwaysDueUntilTheTimeIsOver) {
  load_options options = http_options();
  options.duration = std::chrono::seconds{1};
  load_plan plan(options);
  plan.start(500);
  EXPECT_FALSE(plan.paced());
  EXPECT_TRUE(plan.due(500));
  plan.granted(1'000'000);
  EXPECT_TRUE(plan.due(1'000'000'499));
  EXPECT_FALSE(plan.over(1'000'000'499));
  EXPECT_TRUE(plan.over(1'000'000'500));
  EXPECT_FALSE(plan.due(1'000'000'500));
}

TEST(LoadPlan, PacedByLines) {
  load_options options = http_options();
  options.lines_per_second = 1000;
  load_plan plan(options);
  plan.start(0);
  EXPECT_TRUE(plan.due(0));
  plan.granted(10);
  EXPECT_EQ(plan.due_ns(0), 10'000'000);
  EXPECT_FALSE(plan.due(9'999'999));
  EXPECT_TRUE(plan.due(10'000'000));
  plan.granted(990);
  EXPECT_EQ(plan.due_ns(0), 1'000'000'000);
}

TEST(LoadPlan, EndsWithItsLinesOrWhenStopped) {
  load_options options = http_options();
  options.lines = 20;
  load_plan plan(options);
  plan.start(0);
  plan.granted(10);
  EXPECT_EQ(plan.lines_left(), 10U);
  EXPECT_FALSE(plan.over(0));
  plan.granted(10);
  EXPECT_TRUE(plan.over(0));
  load_plan stopped(options);
  stopped.start(0);
  stopped.stop();
  EXPECT_TRUE(stopped.over(0));
}

}  // namespace
}  // namespace weir
