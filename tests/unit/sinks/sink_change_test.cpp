// SPDX-License-Identifier: Apache-2.0
//
// Sinks that are added, changed and removed while they run.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sinks/sink_set.hpp"
#include "unit/net/http_server.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

sink_settings file_sink(const std::string& name, const std::string& directory) {
  sink_settings made;
  made.name = name;
  made.kind.emplace<file_settings>().directory = directory;
  made.batch.age = milliseconds(1);
  return made;
}

sink_settings influx(const std::string& name, const std::string& url) {
  sink_settings made;
  made.name = name;
  made.kind.emplace<influxdb_settings>().url = url;
  made.batch.age = milliseconds(1);
  made.retry_least = milliseconds(1);
  made.retry_most = milliseconds(20);
  return made;
}

class sink_changes : public ::testing::Test {
 protected:
  void start(const std::vector<sink_settings>& settings, bool persistent = true) {
    set_.reset();
    auto made =
        start_sinks(settings, {log_, memory_, dir_.path(), persistent, compression_mode::automatic,
                               [](std::string_view) { return false; }});
    ASSERT_TRUE(made.ok()) << made.error().message;
    set_ = std::move(made).value();
  }
  outcome change(const std::vector<sink_settings>& settings) {
    return set_->change({.sinks = settings, .state_bytes = std::uint64_t{1} << 20});
  }
  /// Ten more points, and what is expected of a sink that gets all of them.
  void put() {
    const std::string lines = make_lines(10, static_cast<std::uint32_t>(10 * puts_++));
    append_frame(log_, make_frame("d", lines, 10, frame_codec::plain));
    all_ += lines;
  }
  bool drained() { return set_->drain(steady_clock::now() + seconds(20)); }
  std::string out(const std::string& name) { return file_text(dir_.file(name + "/d.lp")); }
  sink_settings to_file(const std::string& name) { return file_sink(name, dir_.file(name)); }
  std::string metrics() {
    metrics_text text;
    set_->collect(text);
    return text.text();
  }
  bool has_cursor(const std::string& name) {
    return std::filesystem::exists(dir_.path() + "/cursors/" + name + ".cursor");
  }

  void goes_on_where_it_stood(bool persistent) {
    start({to_file("a")}, persistent);
    put();
    ASSERT_TRUE(drained());
    sink_settings other = to_file("a");
    other.batch.points = 3;
    ASSERT_TRUE(change({other}).ok());
    put();
    ASSERT_TRUE(drained());
    EXPECT_EQ(out("a"), all_) << "nothing twice, nothing lost";
    const std::string text = metrics();
    EXPECT_NE(text.find("weir_sink_delivered_points_total{sink=\"a\"} 20"), std::string::npos)
        << text;
  }

  temp_directory dir_;
  fake_log log_;
  memory_budget memory_{64 << 20};
  std::unique_ptr<sink_set> set_;
  std::size_t puts_ = 0;
  std::string all_;
};

TEST_F(sink_changes, one_is_added_beside_another) {
  start({to_file("a")});
  put();
  ASSERT_TRUE(change({to_file("a"), to_file("b")}).ok());
  put();
  ASSERT_TRUE(drained());
  EXPECT_EQ(out("a"), all_);
  EXPECT_EQ(out("b"), all_) << "from the oldest that the log has";
  EXPECT_EQ(set_->standings().size(), 2U);
}

TEST_F(sink_changes, one_that_changes_goes_on_where_it_stood) {
  goes_on_where_it_stood(/*persistent=*/true);
}

TEST_F(sink_changes, one_that_changes_goes_on_where_it_stood_without_files) {
  goes_on_where_it_stood(/*persistent=*/false);
}

TEST_F(sink_changes, those_with_the_same_settings_are_left_alone) {
  http_server server([](const auto&) { return http_server::response{}; });
  start({influx("i", server.url()), to_file("a")});
  put();
  ASSERT_TRUE(drained());
  for (int i = 0; i < 5; ++i) {
    sink_settings other = to_file("a");
    other.batch.points = static_cast<std::uint64_t>(i + 100);
    ASSERT_TRUE(change({influx("i", server.url()), other}).ok());
    put();
    ASSERT_TRUE(drained());
  }
  EXPECT_EQ(server.connections(), 1U) << "its connection stayed";
}

TEST_F(sink_changes, one_that_is_removed_holds_nothing_and_its_cursor_is_set_aside) {
  start({to_file("a"), influx("down", "http://127.0.0.1:1")});
  put();
  EXPECT_FALSE(set_->drain(steady_clock::now() + milliseconds(200)));
  EXPECT_EQ(log_.subscribers(), 2U);
  ASSERT_TRUE(change({to_file("a")}).ok());
  EXPECT_EQ(log_.subscribers(), 1U);
  EXPECT_FALSE(has_cursor("down"));
  EXPECT_TRUE(has_cursor("gone/down"));
  EXPECT_EQ(metrics().find("sink=\"down\""), std::string::npos);
  put();
  EXPECT_TRUE(drained());
  // It comes back, and owes what the log still has.
  http_server server([](const auto&) { return http_server::response{}; });
  ASSERT_TRUE(change({to_file("a"), influx("down", server.url())}).ok());
  ASSERT_TRUE(drained());
  EXPECT_FALSE(has_cursor("gone/down"));
  std::string stored;
  for (const auto& one : server.requests()) {
    stored += one.headers.find("content-encoding: gzip") != std::string::npos ? gunzip(one.body)
                                                                              : one.body;
  }
  EXPECT_EQ(stored, all_);
}

TEST_F(sink_changes, one_that_went_between_two_runs_is_set_aside_too) {
  start({to_file("a"), to_file("b")});
  put();
  ASSERT_TRUE(drained());
  start({to_file("a")});
  EXPECT_TRUE(has_cursor("a"));
  EXPECT_FALSE(has_cursor("b"));
  EXPECT_TRUE(has_cursor("gone/b"));
  put();
  start({to_file("a"), to_file("b")});
  ASSERT_TRUE(drained());
  EXPECT_EQ(out("b"), all_);
}

TEST_F(sink_changes, one_that_cannot_be_made_leaves_all_as_it_was) {
  start({to_file("a"), to_file("b")});
  put();
  // A file stands where the directory should be.
  const std::string file = dir_.file("in-the-way");
  std::ofstream(file) << "x";
  sink_settings other = to_file("a");
  other.batch.points = 3;
  for (const bool as_new : {true, false}) {
    sink_settings bad = file_sink(as_new ? "c" : "b", file + "/x");
    const auto changed = as_new ? change({other, to_file("b"), bad}) : change({other, bad});
    ASSERT_FALSE(changed.ok());
    EXPECT_NE(changed.error().message.find(bad.name), std::string::npos);
    EXPECT_EQ(log_.subscribers(), 2U);
    put();
    ASSERT_TRUE(drained()) << changed.error().message;
    EXPECT_EQ(out("a"), all_);
    EXPECT_EQ(out("b"), all_);
  }
}

TEST_F(sink_changes, many_while_frames_come_lose_and_repeat_nothing) {
  start({to_file("a")});
  for (std::uint64_t i = 0; i < 30; ++i) {
    put();
    sink_settings other = to_file("a");
    other.batch.points = i + 1;
    std::vector<sink_settings> wanted{other};
    if (i % 2 == 0) {
      wanted.push_back(to_file("b"));
    }
    ASSERT_TRUE(change(wanted).ok());
  }
  ASSERT_TRUE(change({to_file("a"), to_file("b")}).ok());
  ASSERT_TRUE(drained());
  EXPECT_EQ(out("a"), all_);
}

}  // namespace
}  // namespace weir
