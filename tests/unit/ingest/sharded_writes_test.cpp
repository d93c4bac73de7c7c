// SPDX-License-Identifier: Apache-2.0
//
// Writes into a log of several shards: every line is in a frame of its series' shard, series keep
// their order, and requests are still all there or not there.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>

#include "accounts/database_registry.hpp"
#include "base/text/series_shard.hpp"
#include "config/settings.hpp"
#include "gate/series/gate_memory.hpp"
#include "ingest/write_path.hpp"
#include "log/frame_log.hpp"
#include "unit/terms_of.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;

struct answered {
  write_end end = write_end::answered;
  write_verdict verdict;
};

/// Keeps what was appended.
class sharded_log final : public frame_log {
 public:
  explicit sharded_log(std::uint32_t shards) : shards_(shards) {}

  append_result append(std::span<const std::shared_ptr<frame>> appended) override {
    ++appends;
    if (next != append_status::taken) {
      return {next, "not now"};
    }
    frames.insert(frames.end(), appended.begin(), appended.end());
    return {};
  }
  log_capabilities capabilities() const override { return {.shards = shards_}; }
  log_position first() const override { return log_position(1); }
  log_position end() const override { return log_position(1); }
  std::size_t subscribe(subscription, log_position) override { return 0; }
  void release(std::size_t, log_position) override {}
  void unsubscribe(std::size_t) override {}
  std::unique_ptr<log_reader> reader() override { return nullptr; }
  void collect(metric_collector&) const override {}
  outcome close() override { return nothing{}; }

  std::vector<std::shared_ptr<frame>> frames;
  append_status next = append_status::taken;
  int appends = 0;

 private:
  const std::uint32_t shards_;
};

class sharded_writes : public ::testing::Test {
 protected:
  void make(std::uint32_t shards, std::size_t request_bytes = std::size_t{64} << 20) {
    shards_ = shards;
    path_.reset();
    log_.emplace(shards);
    requests_.emplace(request_bytes);
    memory_ = std::make_unique<gate_memory>(gate_memory_options{.start_ns = now});
    path_.emplace(write_services{.terms = terms_,
                                 .log = *log_,
                                 .databases = databases_,
                                 .memory = *requests_,
                                 .remembered = memory_.get()});
  }

  write_job* begin(const api::write_target& target, answered& to) {
    std::string refusal;
    return path_->begin(target, now, refusal,
                        [&to](write_end end, const write_verdict& verdict, const std::string&) {
                          to = {end, verdict};
                        });
  }

  answered write(const std::string& body, const std::string& database = "db") {
    answered result;
    write_job* job = begin({database, "", 1}, result);
    job->body(body);
    job->complete();
    path_->end_of_turn();
    path_->release(*job);
    return result;
  }

  /// The lines of each series of a database, in the order of the log. Checks each frame.
  std::map<std::string, std::string> lines_by_series(const std::string& database = "db") {
    std::map<std::string, std::string> found;
    for (const auto& each : log_->frames) {
      const frame_header& header = each->header;
      std::string lines;
      EXPECT_TRUE(inflate_frame(*each, lines));
      EXPECT_EQ(header.inflated_bytes, lines.size());
      EXPECT_LT(header.shard, shards_);
      if (header.kind == frame_kind::lines) {
        check_lines(header, lines);
      }
      if (header.database == database && header.kind == frame_kind::lines) {
        line_reader reader;
        reader.feed(lines);
        while (reader.next() == line_event::point) {
          const std::string_view line = reader.point().text;
          found[std::string(series_of_line(line))].append(line) += '\n';
        }
      }
    }
    return found;
  }

  void check_lines(const frame_header& header, const std::string& lines) const {
    line_reader reader;
    reader.feed(lines);
    std::uint32_t points = 0;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::int64_t greatest = std::numeric_limits<std::int64_t>::min();
    while (reader.next() == line_event::point) {
      const point_view& point = reader.point();
      EXPECT_EQ(shard_of_series(series_of_line(point.text), shards_), header.shard) << point.text;
      ++points;
      least = std::min(least, *point.time);
      greatest = std::max(greatest, *point.time);
    }
    EXPECT_EQ(reader.counts().errors, 0U);
    EXPECT_EQ(header.points, points);
    EXPECT_EQ(header.time_least, least);
    EXPECT_EQ(header.time_greatest, greatest);
  }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  database_registry databases_{100};
  std::optional<memory_budget> requests_;
  std::unique_ptr<gate_memory> memory_;
  std::optional<sharded_log> log_;
  std::optional<write_path> path_;
  std::uint32_t shards_ = 1;
};

/// Bodies of lines of some series, and what each series must have in the end.
class body_maker {
 public:
  std::string make(int lines, int series) {
    std::string body;
    for (int i = 0; i < lines; ++i) {
      const std::string number = std::to_string(random_() % static_cast<unsigned>(series));
      const std::string fields = "f=" + std::to_string(random_() % 1'000) + "i,s=\"two\nlines " +
                                 std::to_string(i) + "\" " + std::to_string(++time_) + "\n";
      // Sometimes with its tags in another order.
      body += random_() % 4 == 0 ? "m\\ x,b=2,a=" + number + " " + fields
                                 : "m\\ x,a=" + number + ",b=2 " + fields;
      expected["m\\ x,a=" + number + ",b=2"] += "m\\ x,a=" + number + ",b=2 " + fields;
    }
    return body;
  }

  std::map<std::string, std::string> expected;

 private:
  std::mt19937 random_{11};
  std::int64_t time_ = now - 1'000'000'000;
};

TEST_F(sharded_writes, lines_are_in_frames_of_their_shard_and_series_keep_their_order) {
  for (const std::uint32_t shards : {1U, 2U, 12U, 64U}) {
    make(shards);
    body_maker bodies;
    for (int turn = 0; turn < 10; ++turn) {
      EXPECT_EQ(write(bodies.make(500, 1'000)).verdict.accepted, 500U);
      EXPECT_EQ(log_->appends, turn + 1) << "all frames of a turn in one call";
    }
    EXPECT_EQ(lines_by_series(), bodies.expected) << shards;
    std::set<std::uint32_t> seen;
    for (const auto& each : log_->frames) {
      seen.insert(each->header.shard);
    }
    EXPECT_EQ(seen.size(), shards);
    EXPECT_LE(log_->frames.size(), 10U * shards);
    EXPECT_EQ(requests_->used(), 0U);
  }
}

TEST_F(sharded_writes, a_body_that_fills_frames_before_its_end_keeps_the_order_too) {
  make(12);
  body_maker bodies;
  const std::string small = bodies.make(10, 50);
  const std::string large = bodies.make(60'000, 50);
  const std::string last = bodies.make(10, 50);
  ASSERT_GT(large.size(), std::size_t{3} << 20);
  // All in one turn, complete in this order; the large one is the first to become frames.
  answered results[3];
  write_job* jobs[3];
  for (int i = 0; i < 3; ++i) {
    jobs[i] = begin({"db", "", 1}, results[i]);
  }
  for (std::size_t at = 0; at < large.size(); at += 50'000) {
    jobs[1]->body(std::string_view(large).substr(at, 50'000));
  }
  jobs[0]->body(small);
  jobs[2]->body(last);
  for (write_job* job : jobs) {
    job->complete();
  }
  EXPECT_EQ(log_->appends, 0);
  path_->end_of_turn();
  EXPECT_EQ(log_->appends, 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(results[i].end, write_end::answered);
    path_->release(*jobs[i]);
  }
  EXPECT_EQ(lines_by_series(), bodies.expected);
  for (const auto& each : log_->frames) {
    EXPECT_LE(each->header.inflated_bytes, frame_inflated_bytes_max);
  }
}

TEST_F(sharded_writes, a_request_that_was_cut_off_leaves_no_trace) {
  make(12);
  body_maker never;
  answered result;
  write_job* job = begin({"db", "", 1}, result);
  job->body(never.make(60'000, 1'000));  // some of it is in frames already
  EXPECT_GT(requests_->used(), 0U);
  path_->release(*job);
  path_->end_of_turn();
  EXPECT_EQ(requests_->used(), 0U);
  EXPECT_EQ(log_->appends, 0);
  body_maker bodies;
  EXPECT_EQ(write(bodies.make(100, 10)).verdict.accepted, 100U);
  EXPECT_EQ(lines_by_series(), bodies.expected);
}

TEST_F(sharded_writes, what_the_log_does_not_take_is_not_in_the_next_turn_s_frames) {
  make(12);
  log_->next = append_status::full;
  EXPECT_EQ(write(body_maker().make(1'000, 100)).end, write_end::log_full);
  log_->next = append_status::taken;
  body_maker bodies;
  EXPECT_EQ(write(bodies.make(100, 10)).end, write_end::answered);
  EXPECT_EQ(lines_by_series(), bodies.expected);
}

TEST_F(sharded_writes, all_or_nothing_holds_for_lines_in_all_shards) {
  make(12);
  answered result;
  api::write_target target{"db", "", 1};
  target.options.accept_partial = false;
  write_job* job = begin(target, result);
  job->body(body_maker().make(60'000, 1'000) + "bad\n");
  job->complete();
  path_->end_of_turn();
  path_->release(*job);
  EXPECT_TRUE(result.verdict.nothing_kept);
  EXPECT_TRUE(log_->frames.empty());
  EXPECT_EQ(requests_->used(), 0U);
}

TEST_F(sharded_writes, series_that_ended_are_told_in_their_shard_behind_all_lines_of_the_turn) {
  constexpr std::uint32_t shards = 5;
  make(shards);
  answered results[2];
  write_job* jobs[] = {begin({"db", "", 1}, results[0]), begin({"db", "", 1}, results[1])};
  std::map<std::uint32_t, std::string> expected;
  for (int i = 0; i < 40; ++i) {
    const std::string series = "m,t=" + std::to_string(i);
    jobs[i % 2]->body(series + " value=1 " + std::to_string(now) + "\n");
    const std::string ended = series + " value=0 " + std::to_string(now + 1) + "\n";
    jobs[0]->series_ended(ended);
    expected[shard_of_series(series, shards)] += ended;
  }
  for (write_job* job : jobs) {
    job->complete();
  }
  path_->end_of_turn();
  std::map<std::uint32_t, std::string> told;
  std::uint32_t points = 0;
  for (const auto& each : log_->frames) {
    if (each->header.kind == frame_kind::events) {
      EXPECT_EQ(points, 40U) << "all lines come first";
      EXPECT_TRUE(inflate_frame(*each, told[each->header.shard]));
    } else {
      points += each->header.points;
    }
  }
  EXPECT_EQ(told, expected);
  EXPECT_EQ(lines_by_series().size(), 40U);
  for (write_job* job : jobs) {
    path_->release(*job);
  }
}

TEST_F(sharded_writes, what_is_known_of_the_shards_of_lines_counts_as_memory_of_the_request) {
  std::size_t used[2];
  for (const std::uint32_t shards : {1U, 12U}) {
    make(shards);
    answered result;
    write_job* job = begin({"db", "", 1}, result);
    std::string body;
    for (int i = 0; i < 10'000; ++i) {
      body += "m f=" + std::to_string(i) + " 1\n";
    }
    job->body(body);
    used[shards == 1 ? 0 : 1] = requests_->used();
    job->complete();
    path_->end_of_turn();
    path_->release(*job);
    EXPECT_EQ(requests_->used(), 0U);
  }
  EXPECT_GE(used[1], used[0] + 10'000 * sizeof(spread_line) / 2);

  // A large body needs no more than what waits to be cut, and its frames.
  settings_.log.compression = compression_mode::gzip;
  make(64, std::size_t{12} << 20);
  std::string body;
  for (int i = 0; i < 300'000; ++i) {
    body += "measurement,tag=" + std::to_string(i % 1'000) + " field=1 " + std::to_string(i) + "\n";
  }
  ASSERT_GT(body.size(), std::size_t{9} << 20);
  EXPECT_EQ(write(body).verdict.accepted, 300'000U);

  make(64, std::size_t{1} << 20);
  EXPECT_EQ(write(body).end, write_end::too_large);
  EXPECT_EQ(requests_->used(), 0U);
  EXPECT_TRUE(log_->frames.empty());
}

TEST_F(sharded_writes, requests_of_one_line_are_a_frame_each) {
  make(64);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(write("m,t=" + std::to_string(i) + " f=1 1\n", "db" + std::to_string(i % 90))
                  .verdict.accepted,
              1U);
    ASSERT_EQ(log_->frames.size(), static_cast<std::size_t>(i) + 1);
  }
  EXPECT_EQ(lines_by_series("db7").size(), 3U);
}

}  // namespace
}  // namespace weir
