// SPDX-License-Identifier: Apache-2.0
//
// Catalogues over a real socket: what many writes at once ask of a server.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "accounts/database_registry.hpp"
#include "unit/net/http_server.hpp"
#include "upstream/catalogue/server_catalogues_posix.hpp"

namespace weir {
namespace {

/// An InfluxDB 1 without databases, which takes its time to create one.
class slow_server {
 public:
  void go_on() { may_go_on_.set_value(); }
  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::ptrdiff_t times_sent(std::string_view statement) {
    const auto all = server_.requests();
    return std::count_if(all.begin(), all.end(), [statement](const http_server::request& each) {
      return each.body == statement;
    });
  }

 private:
  http_server::response answer(const http_server::request& request) {
    if (!request.body.empty()) {
      go_on_.wait();
      return {200, "", R"({"results":[{}]})"};
    }
    return {200, "", R"({"results":[{"series":[{"name":"databases","columns":["name"]}]}]})"};
  }

  std::promise<void> may_go_on_;
  std::shared_future<void> go_on_{may_go_on_.get_future().share()};
  http_server server_{[this](const http_server::request& request) { return answer(request); }};
};

TEST(server_catalogues, writes_that_lack_the_same_have_it_created_once) {
  slow_server server;
  auto configured = std::make_shared<settings>();
  influxdb_settings influxdb;
  influxdb.url = server.url();
  sink_settings sink;
  sink.name = "influx";
  sink.databases = {"*"};
  sink.kind = influxdb;
  configured->sinks = {sink};
  database_registry registry(10);
  const auto stored = stored_catalogue::open("", registry, configured->database);
  ASSERT_TRUE(stored.ok());
  auto opened = server_catalogues::open(configured, {.stored = *stored.value(),
                                                     .directory = {},
                                                     .may_go = {},
                                                     .wait_idle = {},
                                                     .drop_before = {},
                                                     .log_end = {}});
  ASSERT_TRUE(opened.ok());
  server_catalogues& catalogues = *opened.value();
  catalogues.begin();
  for (int i = 0; i < 5; ++i) {
    catalogues.create_for_write("x", "p");
  }
  catalogues.create_for_write("y", "");
  std::promise<void> settled;
  const auto last =
      catalogues.carry_out({.kind = api::statement_kind::create_database, .database = "z"},
                           [&settled] { settled.set_value(); });
  server.go_on();
  settled.get_future().wait();
  EXPECT_EQ(last->answer().error, "");
  EXPECT_EQ(server.times_sent("q=CREATE%20DATABASE%20%22x%22"), 1);
  EXPECT_EQ(server.times_sent("q=CREATE%20RETENTION%20POLICY%20%22p%22%20ON%20%22x%22%20DURATION%"
                              "200s%20REPLICATION%201"),
            1);
  EXPECT_EQ(server.times_sent("q=CREATE%20DATABASE%20%22y%22"), 1);
  catalogues.stop();
}

}  // namespace
}  // namespace weir
