// SPDX-License-Identifier: Apache-2.0
//
// Sinks over the log as it is on disk: what one sink has done and another has not survives both a
// sink's and the log's end.
#include <gtest/gtest.h>

#include "log/open_log.hpp"
#include "sinks/sink_set.hpp"
#include "unit/net/http_server.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

using std::chrono::steady_clock;

class sinks_on_disk : public ::testing::Test {
 protected:
  sink_settings file(const std::string& name) {
    sink_settings made;
    made.name = name;
    made.kind.emplace<file_settings>().directory = dir_.file("out_" + name);
    made.batch.age = milliseconds(1);
    return made;
  }
  sink_settings influx(const std::string& url) {
    sink_settings made;
    made.name = "influx";
    made.kind.emplace<influxdb_settings>().url = url;
    made.batch.age = milliseconds(1);
    made.retry_least = milliseconds(1);
    made.retry_most = milliseconds(20);
    return made;
  }
  /// One life of the process: opens the log, appends, lets sinks work until `until` or a deadline.
  bool live(const std::vector<sink_settings>& settings, const std::vector<std::string>& append,
            milliseconds patience) {
    memory_budget frames(8 << 20);
    memory_budget bodies(8 << 20);
    auto opened = open_local_log(
        {.directory = dir_.file("log"), .segment_bytes = 1 << 20, .frames = frames, .now_ns = [] {
           return std::int64_t{1};
         }});
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    if (!opened.ok()) {
      return false;
    }
    frame_log& log = *opened.value();
    auto set = start_sinks(
        settings, {log, bodies, dir_.file("log"), true, compression_mode::automatic, {}, 1});
    EXPECT_TRUE(set.ok());
    for (const std::string& lines : append) {
      const auto points = static_cast<std::uint32_t>(std::count(lines.begin(), lines.end(), '\n'));
      EXPECT_NE(append_frame(log, make_frame("d", lines, points)), log_position());
    }
    const bool reached = set.value()->drain(steady_clock::now() + patience);
    set.value()->stop(sink_set::finish_within);
    set.value().reset();
    EXPECT_TRUE(log.close().ok());
    return reached;
  }
  temp_directory dir_;
};

TEST_F(sinks_on_disk, a_sink_that_was_behind_gets_all_after_restarts) {
  std::vector<std::string> frames;
  std::string all;
  for (std::uint32_t i = 0; i < 12; ++i) {
    frames.push_back(make_lines(8000, i * 8000));  // several segments in all
    all += frames.back();
  }
  std::uint16_t port = 0;
  {
    http_server down([](const auto&) { return http_server::response{503, "", ""}; });
    port = down.port();
    EXPECT_FALSE(live({file("f"), influx(down.url())}, frames, milliseconds(1500)));
  }
  EXPECT_EQ(file_text(dir_.file("out_f/d.lp")), all);
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  // The whole log is read by nobody in this life, and still kept.
  EXPECT_FALSE(live({file("f"), influx(url)}, {}, milliseconds(100)));
  http_server up([](const auto&) { return http_server::response{}; }, port);
  ASSERT_TRUE(up.ok());
  EXPECT_TRUE(live({file("f"), influx(url)}, {"m v=1i 1\n"}, milliseconds(20'000)));
  std::string stored;
  for (const auto& one : up.requests()) {
    stored += gunzip(one.body);
  }
  EXPECT_EQ(stored, all + "m v=1i 1\n");
  EXPECT_EQ(file_text(dir_.file("out_f/d.lp")), all + "m v=1i 1\n");
}

}  // namespace
}  // namespace weir
