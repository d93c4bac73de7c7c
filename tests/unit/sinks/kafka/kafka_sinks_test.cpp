// SPDX-License-Identifier: Apache-2.0
//
// Sinks as consumer groups, over librdkafka's mock cluster: threads, real HTTP, and what moves with
// a partition. A mock cluster lets each member wait for some seconds before it has partitions.
#include "sinks/kafka/kafka_sinks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "kafka/producer_rdkafka.hpp"
#include "kafka/topics_rdkafka.hpp"
#include "log/kafka/kafka_frame.hpp"
#include "unit/kafka/mock_cluster_rdkafka.hpp"
#include "unit/net/http_server.hpp"
#include "unit/side_by_side.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// An InfluxDB that remembers every line of each database in the order in which it came.
class recording_influx {
 public:
  recording_influx() : server_([this](const http_server::request& one) { return answer(one); }) {}
  ~recording_influx() {
    const std::lock_guard hold(lock_);
    over_ = true;
    ends_.notify_all();
  }
  recording_influx(const recording_influx&) = delete;
  recording_influx& operator=(const recording_influx&) = delete;

  [[nodiscard]] std::string url() const { return server_.url(); }
  void lack(const std::string& database, bool lacks) {
    const std::lock_guard hold(lock_);
    if (lacks) {
      missing_.insert(database);
    } else {
      missing_.erase(database);
    }
  }
  /// How long it takes to answer.
  void take(milliseconds time) {
    const std::lock_guard hold(lock_);
    takes_ = time;
  }
  [[nodiscard]] std::vector<std::string> lines(const std::string& database) {
    const std::lock_guard hold(lock_);
    return lines_[database];
  }

 private:
  http_server::response answer(const http_server::request& one) {
    const std::size_t at = one.target.find("db=");
    const std::string database = one.target.substr(at + 3, one.target.find('&') - at - 3);
    const std::string body = one.headers.find("content-encoding: gzip") != std::string::npos
                                 ? gunzip(one.body)
                                 : one.body;
    const http_server::response said = answer(database, body);
    std::unique_lock hold(lock_);
    ends_.wait_for(hold, takes_, [this] { return over_; });
    return said;
  }
  http_server::response answer(const std::string& database, const std::string& body) {
    const std::lock_guard hold(lock_);
    if (missing_.contains(database)) {
      http_server::response lacks;
      lacks.status = 404;
      lacks.body = R"({"error":"database not found: \")" + database + "\\\"\"}";
      return lacks;
    }
    std::vector<std::string>& to = lines_[database];
    for (std::size_t from = 0; from < body.size();) {
      const std::size_t end = body.find('\n', from);
      to.push_back(body.substr(from, end - from));
      from = end + 1;
    }
    return {};
  }

  std::mutex lock_;
  std::condition_variable ends_;
  bool over_ = false;
  milliseconds takes_{0};
  std::set<std::string> missing_;
  std::map<std::string, std::vector<std::string>> lines_;
  http_server server_;
};

class kafka_sink_sets {
 protected:
  static constexpr int shards = 2;

  kafka_sink_sets() {
    cluster_.topic("t", shards).topic("t-state", shards).topic("t-parked", shards);
    producer_ = kafka_producer::make({.client = cluster_.client()}).value();
  }

  /// A process of its own: its directory and memory.
  struct process {
    temp_directory directory;
    fake_log written;
    memory_budget memory{64 << 20};
    memory_budget frames{64 << 20};
    std::unique_ptr<sink_set> sinks;
  };
  static sink_settings influx(const std::string& url) {
    sink_settings made;
    made.name = "influx";
    made.kind.emplace<influxdb_settings>().url = url;
    made.batch.age = milliseconds(1);
    made.retry_least = milliseconds(1);
    made.retry_most = milliseconds(20);
    return made;
  }
  std::unique_ptr<process> start(const std::vector<sink_settings>& settings) {
    auto made = std::make_unique<process>();
    auto sinks = start_kafka_sinks(
        settings,
        {.log = made->written,
         .memory = made->memory,
         .state_directory = made->directory.path(),
         .created_through_weir = [](std::string_view) { return false; }},
        {.client = cluster_.client(),
         .topic = "t",
         .shards = shards,
         .identity = [](std::int32_t partition) { return 7u + static_cast<unsigned>(partition); },
         .commit_interval = 50ms,
         .frames = made->frames,
         .session_timeout = 4s});
    EXPECT_TRUE(sinks.ok()) << (sinks.ok() ? "" : sinks.error().message);
    made->sinks = sinks.ok() ? std::move(sinks).value() : nullptr;
    return made;
  }
  /// A frame with one line, whose series is the partition's.
  void put(std::int32_t partition, const std::string& database) {
    const std::string line =
        "m,shard=" + std::to_string(partition) + " v=" + std::to_string(++values_) + "i 1\n";
    const auto made = make_frame(database, line, 1);
    const kafka_frame_record record(*made, static_cast<std::uint32_t>(partition));
    const auto stored = producer_->produce_and_wait("t", partition, record.view());
    ASSERT_TRUE(stored.ok()) << stored.error().message;
  }
  void put_some(const std::string& database, int count) {
    for (int i = 0; i < count; ++i) {
      put(i % shards, database);
    }
  }
  /// Puts points until it holds.
  bool put_until(const std::function<bool()>& holds) {
    return eventually([&] {
      put_some("d", shards);
      return holds();
    });
  }
  static bool eventually(const std::function<bool()>& holds, std::chrono::seconds at_most = 40s) {
    const auto deadline = steady_clock::now() + at_most;
    while (!holds()) {
      if (steady_clock::now() > deadline) {
        return false;
      }
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }
  static sink_standing standing(const process& of) { return of.sinks->standings().front(); }
  static std::size_t partitions(const process& of) { return standing(of).partitions.size(); }
  static std::string metrics(const process& of) {
    metrics_text text;
    of.sinks->collect(text);
    return text.text();
  }
  std::int64_t committed(std::int32_t partition, const std::string& group = "weir-influx") {
    auto topics = kafka_topics::make(cluster_.client(), group);
    const auto found = topics.value()->committed("t", partition, 5s);
    if (!found || !found.value()) {
      return -1;
    }
    EXPECT_EQ(found.value()->metadata, "weir");
    return found.value()->offset;
  }
  /// Each line once, and those of a partition in order.
  static void expect_in_order(const std::vector<std::string>& lines, std::size_t count) {
    EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), count);
    std::map<std::string, long> last;
    for (const std::string& one : lines) {
      const std::string series = one.substr(0, one.find(' '));
      const long value = std::stol(one.substr(one.find("v=") + 2));
      EXPECT_GT(value, last[series]) << one;
      last[series] = value;
    }
  }

  mock_cluster cluster_;
  recording_influx server_;
  std::unique_ptr<kafka_producer> producer_;
  int values_ = 0;
};

WEIR_TEST_BESIDE(kafka_sink_sets, deliver_every_partition_and_go_on_where_they_stood) {
  {
    const auto one = start({influx(server_.url())});
    ASSERT_TRUE(one->sinks);
    put_some("d", 20);
    ASSERT_TRUE(eventually([&] { return standing(*one).delivered == 20; }));
    const std::string text = metrics(*one);
    for (const char* wanted :
         {R"(weir_sink_partitions{sink="influx"} 2)",
          R"(weir_sink_delivered_points_total{partition="0",sink="influx"} 10)",
          R"(weir_sink_accepted_points_total{partition="1",sink="influx"} 10)",
          R"(weir_sink_pending_points{partition="1",sink="influx"} 0)"}) {
      EXPECT_NE(text.find(wanted), std::string::npos) << wanted << "\n" << text;
    }
    one->sinks->stop(sink_set::finish_within);
  }
  EXPECT_EQ(committed(0), 10);
  EXPECT_EQ(committed(1), 10);
  const auto two = start({influx(server_.url())});
  ASSERT_TRUE(two->sinks);
  put_some("d", 10);
  // Counts go on where the one before stopped.
  ASSERT_TRUE(eventually([&] { return standing(*two).delivered == 30; }));
  EXPECT_EQ(standing(*two).delivered_here, 10u);
  EXPECT_EQ(server_.lines("d").size(), 30u);
  expect_in_order(server_.lines("d"), 30);
}

WEIR_TEST_BESIDE(kafka_sink_sets, a_partition_moves_with_what_is_parked_of_it) {
  server_.lack("held", true);
  sink_settings settings = influx(server_.url());
  settings.park_after = std::chrono::milliseconds(1);
  const auto one = start({settings});
  ASSERT_TRUE(one->sinks);
  put_some("held", 10);
  put_some("d", 10);
  ASSERT_TRUE(eventually([&] { return standing(*one).parked_points == 10; }));
  ASSERT_TRUE(eventually([&] { return standing(*one).delivered == 10; }));
  EXPECT_TRUE(server_.lines("held").empty());
  EXPECT_EQ(standing(*one).held.size(), 1u);
  EXPECT_EQ(standing(*one).held_lanes, 1u);
  one->sinks->stop(sink_set::finish_within);
  // What is parked holds the partition no longer.
  EXPECT_EQ(committed(0), 10);
  EXPECT_EQ(committed(1), 10);
  one->sinks.reset();
  const auto two = start({settings});
  ASSERT_TRUE(eventually([&] { return standing(*two).parked_points == 10; }));
  put_some("held", 10);
  server_.lack("held", false);
  EXPECT_EQ(two->sinks->retry_parked("influx", {}), 1u);
  ASSERT_TRUE(eventually([&] { return standing(*two).delivered == 30; }));
  EXPECT_EQ(standing(*two).pending_points, 0u);
  EXPECT_EQ(standing(*two).parked_points, 0u);
  EXPECT_EQ(server_.lines("held").size(), 20u);
  expect_in_order(server_.lines("held"), 20);
}

/// While points come and are delivered, so that a request is under way whenever a partition moves.
WEIR_TEST_BESIDE(kafka_sink_sets,
                 two_processes_share_the_partitions_and_one_takes_over_the_others) {
  server_.take(20ms);
  const auto one = start({influx(server_.url())});
  ASSERT_TRUE(eventually([&] { return partitions(*one) == 2; }));
  auto two = start({influx(server_.url())});
  ASSERT_TRUE(put_until([&] { return partitions(*one) == 1 && partitions(*two) == 1; }));
  put_some("d", 10);
  two->sinks->stop(sink_set::finish_within);
  ASSERT_TRUE(put_until([&] { return partitions(*one) == 2; }));
  put_some("d", 10);
  const auto all = static_cast<std::size_t>(values_);
  ASSERT_TRUE(eventually(
      [&] { return standing(*one).pending_points == 0 && standing(*one).delivered == all; }));
  EXPECT_EQ(server_.lines("d").size(), all);
  expect_in_order(server_.lines("d"), all);
}

/// A server that does not answer holds up a partition for a bound time only.
WEIR_TEST_BESIDE(kafka_sink_sets, a_partition_does_not_wait_for_a_server_that_hangs) {
  const auto one = start({influx(server_.url())});
  ASSERT_TRUE(eventually([&] { return partitions(*one) == 2; }));
  server_.take(60s);
  put_some("d", 2);
  ASSERT_TRUE(eventually([&] { return server_.lines("d").size() == 2; }));
  const auto before = steady_clock::now();
  one->sinks->stop(milliseconds(100));
  EXPECT_LT(steady_clock::now() - before, 10s);
  EXPECT_EQ(standing(*one).delivered, 0u);
}

WEIR_TEST_BESIDE(kafka_sink_sets, change_while_they_run) {
  const auto one = start({influx(server_.url())});
  ASSERT_TRUE(eventually([&] { return partitions(*one) == 2; }));
  put_some("d", 10);
  ASSERT_TRUE(eventually([&] { return server_.lines("d").size() == 10; }));
  recording_influx other;
  sink_settings moved = influx(other.url());
  sink_settings null;
  null.name = "null";
  ASSERT_TRUE(one->sinks->change({.sinks = {moved, null}}));
  put_some("d", 10);
  ASSERT_TRUE(eventually([&] { return other.lines("d").size() == 10; }));
  EXPECT_EQ(server_.lines("d").size(), 10u);
  ASSERT_TRUE(eventually([&] {
    const auto all = one->sinks->standings();
    return all.size() == 2 && all[1].name == "null" && all[1].delivered == 20;
  }));
  // What cannot be leaves all as it is.
  sink_settings broken = influx("nonsense://");
  broken.name = "broken";
  EXPECT_FALSE(one->sinks->change({.sinks = {influx(server_.url()), broken}}));
  sink_settings sharded = moved;
  sharded.shard.emplace().group = "influx";
  const outcome refused = one->sinks->change({.sinks = {sharded}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("\"shard\" is not possible"), std::string::npos);
  put_some("d", 10);
  ASSERT_TRUE(eventually([&] { return other.lines("d").size() == 20; }));
  // One that is gone comes back where it stood.
  ASSERT_TRUE(one->sinks->change({.sinks = {null}}));
  put_some("d", 10);
  ASSERT_TRUE(one->sinks->change({.sinks = {null, moved}}));
  ASSERT_TRUE(eventually([&] { return other.lines("d").size() == 30; }));
  expect_in_order(other.lines("d"), 30);
}

WEIR_TEST_BESIDE(kafka_sink_sets, a_dropped_database_is_dropped_on_every_partition) {
  server_.lack("held", true);
  const auto one = start({influx(server_.url())});
  ASSERT_TRUE(eventually([&] { return partitions(*one) == 2; }));
  put_some("held", 10);
  ASSERT_TRUE(eventually([&] { return standing(*one).pending_points == 10; }));
  std::atomic<int> done{0};
  ASSERT_TRUE(one->sinks->when_idle("influx", "held", log_position(1), [&] { ++done; }));
  ASSERT_TRUE(eventually([&] { return done == 1; }));
  EXPECT_EQ(standing(*one).pending_points, 0u);
  EXPECT_EQ(standing(*one).discarded[static_cast<std::size_t>(discard_reason::dropped)], 10u);
  EXPECT_FALSE(one->sinks->when_idle("other", "held", std::nullopt, [&] { ++done; }));
  server_.lack("held", false);
  put_some("held", 10);
  ASSERT_TRUE(eventually([&] { return server_.lines("held").size() == 10; }));
  EXPECT_EQ(done, 1);
}

WEIR_TEST_BESIDE(kafka_sink_sets, an_offset_that_is_refused_follows) {
  const auto one = start({influx(server_.url())});
  ASSERT_TRUE(eventually([&] { return partitions(*one) == 2; }));
  constexpr std::int16_t offset_commit = 8;
  cluster_.errors(offset_commit, {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS});
  put(0, "d");
  ASSERT_TRUE(eventually([&] { return standing(*one).delivered == 1; }));
  one->sinks->stop(sink_set::finish_within);
  EXPECT_EQ(committed(0), 1);
  EXPECT_EQ(server_.lines("d").size(), 1u);
}

WEIR_TEST_BESIDE(kafka_sink_sets, who_is_thrown_out_of_the_group_comes_back_and_loses_nothing) {
  const auto one = start({influx(server_.url())});
  ASSERT_TRUE(eventually([&] { return partitions(*one) == 2; }));
  put_some("d", 10);
  ASSERT_TRUE(eventually([&] { return committed(0) == 5 && committed(1) == 5; }));
  constexpr std::int16_t heartbeat = 12;
  cluster_.errors(heartbeat, {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID});
  ASSERT_TRUE(eventually([&] { return partitions(*one) == 0; }));
  put_some("d", 10);
  ASSERT_TRUE(eventually([&] { return partitions(*one) == 2; }));
  ASSERT_TRUE(eventually([&] { return standing(*one).delivered == 20; }));
  EXPECT_EQ(server_.lines("d").size(), 20u);
  expect_in_order(server_.lines("d"), 20);
}

}  // namespace
}  // namespace weir
