// SPDX-License-Identifier: Apache-2.0
//
// Sinks as the pipeline starts them: threads, loops, real HTTP, real files.
#include "sinks/sink_set.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "unit/net/http_server.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class sink_sets : public ::testing::Test {
 protected:
  sink_settings influx(const std::string& url) {
    sink_settings made;
    made.name = "influx";
    made.kind.emplace<influxdb_settings>().url = url;
    made.batch.age = milliseconds(1);
    made.retry_least = milliseconds(1);
    made.retry_most = milliseconds(20);
    return made;
  }
  std::unique_ptr<sink_set> start(const std::vector<sink_settings>& settings) {
    auto made = start_sinks(settings, environment());
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
    return made.ok() ? std::move(made).value() : nullptr;
  }
  sink_environment environment() {
    return {log_,
            memory_,
            dir_.path(),
            true,
            compression_mode::automatic,
            [](std::string_view name) { return name == "created"; },
            7};
  }
  static bool drained(sink_set& set) { return set.drain(steady_clock::now() + seconds(20)); }
  static std::string metrics(const sink_set& set) {
    metrics_text text;
    set.collect(text);
    return text.text();
  }
  static std::string lines_of(const http_server::request& one) {
    return one.headers.find("content-encoding: gzip") != std::string::npos ? gunzip(one.body)
                                                                           : one.body;
  }
  void put(const std::string& database, const std::string& lines, std::uint32_t points,
           frame_codec codec = frame_codec::plain) {
    append_frame(log_, make_frame(database, lines, points, codec));
  }

  temp_directory dir_;
  fake_log log_;
  memory_budget memory_{64 << 20};
};

TEST_F(sink_sets, deliver_to_a_server_a_directory_and_nowhere) {
  http_server server([](const auto&) { return http_server::response{}; });
  sink_settings file;
  file.name = "file";
  file.kind.emplace<file_settings>().directory = dir_.file("out");
  sink_settings null;
  null.name = "null";
  const auto set = start({influx(server.url()), file, null});
  ASSERT_TRUE(set);
  std::string expected;
  for (std::uint32_t i = 0; i < 50; ++i) {
    const std::string lines = make_lines(10, i * 10);
    put("d", lines, 10, i % 2 == 0 ? frame_codec::plain : frame_codec::gzip);
    expected += lines;
  }
  ASSERT_TRUE(drained(*set));
  std::string stored;
  for (const auto& one : server.requests()) {
    EXPECT_EQ(one.target, "/write?db=d&precision=ns");
    stored += lines_of(one);
  }
  EXPECT_EQ(stored, expected);
  EXPECT_EQ(file_text(dir_.file("out/d.lp")), expected);
  EXPECT_EQ(server.connections(), 1U);
  const std::string text = metrics(*set);
  for (const char* name : {"influx", "file", "null"}) {
    EXPECT_NE(text.find("weir_sink_delivered_points_total{sink=\"" + std::string(name) + "\"} 500"),
              std::string::npos)
        << text;
  }
  set->stop(sink_set::finish_within);
  EXPECT_EQ(metrics(*set), text);
}

TEST_F(sink_sets, go_on_when_a_server_that_was_down_comes_back) {
  std::uint16_t port = 0;
  {
    http_server before([](const auto&) { return http_server::response{}; });
    port = before.port();
  }
  const auto set = start({influx("http://127.0.0.1:" + std::to_string(port))});
  ASSERT_TRUE(set);
  const std::string lines = make_lines(5);
  put("d", lines, 5);
  EXPECT_FALSE(set->drain(steady_clock::now() + milliseconds(100)));
  http_server server([](const auto&) { return http_server::response{}; }, port);
  ASSERT_TRUE(server.ok());
  ASSERT_TRUE(drained(*set));
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(lines_of(server.requests()[0]), lines);
}

TEST_F(sink_sets, create_missing_databases) {
  std::mutex lock;
  std::set<std::string> known;
  http_server server([&](const http_server::request& one) {
    const std::lock_guard hold(lock);
    if (one.target == "/query") {
      known.insert(one.body);
      return http_server::response{200, "", "{\"results\":[{\"statement_id\":0}]}\n"};
    }
    if (known.empty()) {
      return http_server::response{404, "", R"({"error":"database not found: \"created\""})"};
    }
    return http_server::response{};
  });
  const auto set = start({influx(server.url())});
  ASSERT_TRUE(set);
  put("created", make_lines(1), 1);
  ASSERT_TRUE(drained(*set));
  const std::lock_guard hold(lock);
  EXPECT_EQ(known, std::set<std::string>{"q=CREATE%20DATABASE%20%22created%22"});
}

TEST_F(sink_sets, set_refused_batches_aside) {
  http_server server([](const auto&) {
    return http_server::response{400, "", R"({"error":"unable to parse 'x': bad"})"};
  });
  const auto set = start({influx(server.url())});
  ASSERT_TRUE(set);
  put("d", make_lines(2), 2, frame_codec::gzip);
  ASSERT_TRUE(drained(*set));
  const std::string text = file_text(dir_.file("refused/influx.lp"));
  EXPECT_NE(text.find("status=400 unable to parse 'x': bad\n" + make_lines(2)), std::string::npos)
      << text;
  EXPECT_NE(metrics(*set).find("reason=\"refused\""), std::string::npos);
}

TEST_F(sink_sets, a_restart_sends_only_what_is_missing) {
  http_server server([](const auto&) { return http_server::response{}; });
  put("d", make_lines(3), 3);
  {
    const auto set = start({influx(server.url())});
    ASSERT_TRUE(set && drained(*set));
  }
  put("d", make_lines(4, 3), 4);
  const auto set = start({influx(server.url())});
  ASSERT_TRUE(set && drained(*set));
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(lines_of(server.requests()[1]), make_lines(4, 3));
  EXPECT_NE(metrics(*set).find("weir_sink_accepted_points_total{sink=\"influx\"} 7"),
            std::string::npos);
}

TEST_F(sink_sets, a_damaged_cursor_sends_everything_again) {
  http_server server([](const auto&) { return http_server::response{}; });
  put("d", make_lines(3), 3);
  {
    const auto set = start({influx(server.url())});
    ASSERT_TRUE(set && drained(*set));
  }
  write_text(dir_.file("cursors/influx.cursor"), "weir-cursor 1\nlow_water 9\n");
  const auto set = start({influx(server.url())});
  ASSERT_TRUE(set && drained(*set));
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(lines_of(server.requests()[1]), make_lines(3));
}

TEST_F(sink_sets, stop_lets_a_request_that_is_under_way_finish) {
  std::promise<void> may_answer;
  http_server server([&, may = may_answer.get_future().share()](const auto&) {
    may.wait();
    return http_server::response{};
  });
  const auto set = start({influx(server.url())});
  ASSERT_TRUE(set);
  put("d", make_lines(1), 1);
  const std::string in_flight = "weir_sink_requests_in_flight{sink=\"influx\"} 1";
  while (metrics(*set).find(in_flight) == std::string::npos) {
    std::this_thread::yield();
  }
  auto stopped = std::async(std::launch::async, [&] { set->stop(seconds(60)); });
  EXPECT_EQ(stopped.wait_for(milliseconds(50)), std::future_status::timeout);
  may_answer.set_value();
  stopped.get();
  EXPECT_NE(metrics(*set).find("weir_sink_delivered_points_total{sink=\"influx\"} 1"),
            std::string::npos);
}

TEST_F(sink_sets, stop_does_not_wait_for_a_server_that_hangs) {
  std::mutex lock;
  std::unique_lock hold(lock);
  http_server server([&](const auto&) {
    const std::lock_guard wait(lock);
    return http_server::response{};
  });
  const auto set = start({influx(server.url())});
  ASSERT_TRUE(set);
  put("d", make_lines(1), 1);
  const auto before = steady_clock::now();
  EXPECT_FALSE(set->drain(before + milliseconds(50)));
  set->stop(milliseconds(50));
  EXPECT_LT(steady_clock::now() - before, seconds(10));
  // Nobody is called any more that is not there.
  put("d", make_lines(1), 1);
  hold.unlock();
}

TEST_F(sink_sets, a_page_behind_200_is_no_delivery_and_draining_does_not_wait_for_it) {
  std::atomic<bool> repaired{false};
  http_server server([&](const auto&) {
    return repaired ? http_server::response{}
                    : http_server::response{200, "Content-Type: text/html\r\n", "<html></html>"};
  });
  sink_settings slow_to_retry = influx(server.url());
  slow_to_retry.retry_least = slow_to_retry.retry_most = seconds(60);
  {
    const auto set = start({slow_to_retry});
    ASSERT_TRUE(set);
    put("d", make_lines(5), 5);
    ASSERT_TRUE(server.wait_for(1));
    const auto before = steady_clock::now();
    EXPECT_FALSE(set->drain(before + seconds(60)));
    EXPECT_LT(steady_clock::now() - before, seconds(20));
    set->stop(sink_set::finish_within);
    EXPECT_NE(metrics(*set).find("weir_sink_pending_points{sink=\"influx\"} 5"), std::string::npos);
    EXPECT_NE(metrics(*set).find("weir_sink_held_lanes{sink=\"influx\"} 1"), std::string::npos);
  }
  repaired = true;
  const auto set = start({slow_to_retry});
  ASSERT_TRUE(set && drained(*set));
  EXPECT_NE(metrics(*set).find("weir_sink_delivered_points_total{sink=\"influx\"} 5"),
            std::string::npos);
}

TEST_F(sink_sets, draining_ends_early_while_the_server_is_down_and_loses_nothing) {
  std::uint16_t port = 0;
  {
    http_server before([](const auto&) { return http_server::response{}; });
    port = before.port();
  }
  const sink_settings to = influx("http://127.0.0.1:" + std::to_string(port));
  {
    const auto set = start({to});
    ASSERT_TRUE(set);
    for (int i = 0; i < 100; ++i) {
      put("d" + std::to_string(i), make_lines(1), 1);
    }
    const auto before = steady_clock::now();
    EXPECT_FALSE(set->drain(before + seconds(60)));
    EXPECT_LT(steady_clock::now() - before, seconds(20));
  }
  http_server server([](const auto&) { return http_server::response{}; }, port);
  ASSERT_TRUE(server.ok());
  const auto set = start({to});
  ASSERT_TRUE(set && drained(*set));
  EXPECT_NE(metrics(*set).find("weir_sink_delivered_points_total{sink=\"influx\"} 100"),
            std::string::npos);
}

TEST_F(sink_sets, draining_waits_for_a_server_that_is_slow) {
  std::mutex lock;
  std::unique_lock hold(lock);
  http_server server([&](const auto&) {
    const std::lock_guard wait(lock);
    return http_server::response{};
  });
  const auto set = start({influx(server.url())});
  ASSERT_TRUE(set);
  put("d", make_lines(1), 1);
  EXPECT_FALSE(set->drain(steady_clock::now() + milliseconds(300)));
  std::atomic<bool> done{false};
  std::thread drains([&] { done = drained(*set); });
  hold.unlock();
  drains.join();
  EXPECT_TRUE(done);
}

TEST_F(sink_sets, bad_settings_are_told_by_the_sinks_name) {
  const auto fault = [&](sink_settings settings) {
    const auto made = start_sinks({std::move(settings)}, environment());
    return made.ok() ? std::string() : made.error().message;
  };
  EXPECT_NE(fault(influx("ftp://x")).find("sink \"influx\": url \"ftp://x\""), std::string::npos);
  sink_settings newer = influx("http://x");
  std::get<influxdb_settings>(newer.kind).version = 4;
  EXPECT_NE(fault(newer).find("version 4"), std::string::npos);
  sink_settings file;
  file.name = "f";
  file.kind = file_settings{};
  EXPECT_NE(fault(file).find("directory"), std::string::npos);
  write_text(dir_.file("plain"), "x");
  std::get<file_settings>(file.kind).directory = dir_.file("plain");
  EXPECT_NE(fault(file).find("sink \"f\""), std::string::npos);
}

TEST_F(sink_sets, keep_no_cursor_for_a_log_in_memory) {
  sink_settings null;
  null.name = "null";
  sink_environment plain = environment();
  plain.persistent = false;
  auto made = start_sinks({null}, plain);
  ASSERT_TRUE(made.ok());
  put("d", make_lines(1), 1);
  EXPECT_TRUE(drained(*made.value()));
  made.value()->stop(sink_set::finish_within);
  EXPECT_FALSE(std::filesystem::exists(dir_.file("cursors")));
}

}  // namespace
}  // namespace weir
