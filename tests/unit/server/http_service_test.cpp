// SPDX-License-Identifier: Apache-2.0
//
// Requests through a loop's worker into a real memory log, without sockets: which route serves
// what, what a listener changes, and what is counted.
#include "server/http_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "accounts/database_registry.hpp"
#include "accounts/source_registry.hpp"
#include "base/clock_posix.hpp"
#include "log/open_log.hpp"
#include "net/relay.hpp"
#include "unit/lines_in_log.hpp"
#include "unit/metric_values.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

/// Databases that exist once a statement created them.
class test_catalogue final : public catalogue {
 public:
  [[nodiscard]] std::vector<std::string> databases() const override { return names_; }
  [[nodiscard]] bool exists(std::string_view database) const override {
    return std::find(names_.begin(), names_.end(), database) != names_.end();
  }
  [[nodiscard]] outcome create(std::string_view database) override {
    names_.emplace_back(database);
    return nothing{};
  }
  [[nodiscard]] outcome drop(std::string_view) override { return nothing{}; }
  [[nodiscard]] std::vector<retention_policy> retention_policies(std::string_view) const override {
    return {};
  }

 private:
  std::vector<std::string> names_;
};

/// As many queries are under way as may be.
class busy_relay final : public relay {
 public:
  [[nodiscard]] std::shared_ptr<relayed> send(relay_request, std::function<void()>) override {
    return nullptr;
  }
};

class http_service_test : public ::testing::Test {
 protected:
  http_service_test() {
    settings_.log.compression = compression_mode::none;
    http_settings http;
    http.listen = {"127.0.0.1:0"};
    http.quiet_listen = {"127.0.0.1:0"};
    http.unit_ns = second_ns;
    answers_.publish(std::make_shared<const http_terms>(
        http_terms{.listeners = change_listeners({}, make_listeners(http).value(), 0).wanted}));
  }

  void make(std::size_t frame_bytes = std::size_t{64} << 20) {
    frames_.emplace(frame_bytes);
    log_ = make_memory_log({*frames_, full_policy::reject, wall_clock_ns});
    static_cast<void>(
        log_->subscribe({.name = "test", .required = true, .wake = [] {}}, log_position(1)));
    worker_ = make_http_worker(
        {.writes = {.terms = terms_,
                    .log = *log_,
                    .databases = databases_,
                    .memory = requests_,
                    .sources = &sources_},
         .databases = catalogue_,
         .counters = counters_,
         .clock = [this] { return now_; },
         .terms = answers_,
         .metrics =
             [] {
               return [](metric_collector& out) {
                 out.gauge_value("weir_of_this_test", "Help.", 1, {});
                 return false;
               };
             },
         .sinks =
             [] { return std::vector<sink_standing>{{.name = "influx", .pending_points = 3}}; },
         .queries = &relay_,
         .reloads = &desk_,
         .reloaded = &record_,
         .duties = duties_},
        0);
  }

  /// What a new connection of the listener with this number is answered.
  std::string exchange(const std::string& request, std::uint32_t listener_number = 0) {
    if (worker_ == nullptr) {
      make();
    }
    http::connection on(worker_->router(), {}, now_);
    on.set_peer({.address = peer_, .listener = listener_number});
    on.receive(request, now_);
    reload_desk::settle(desk_.take(), {200, "{\"changed\":[]}\n"});
    while (worker_->has_work()) {
      worker_->end_of_turn();
    }
    on.resume(now_);
    return on.output();
  }
  std::string post(const std::string& target, const std::string& body,
                   const std::string& headers = "", std::uint32_t listener_number = 0) {
    return exchange("POST " + target + " HTTP/1.1\r\nHost: h\r\n" + headers +
                        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                    listener_number);
  }
  std::string get(const std::string& target, const std::string& method = "GET") {
    return exchange(method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  std::string lines_of(const std::string& database) { return lines_in(*log_, {database, ""}); }
  double counted(const std::string& name) {
    metric_values out;
    counters_.collect(out);
    sources_.collect(out);
    const auto found = out.values.find(name);
    return found == out.values.end() ? 0 : found->second;
  }

  static int status_of(const std::string& answer) { return std::stoi("0" + answer.substr(9, 3)); }
  static bool has(const std::string& answer, std::string_view text) {
    return answer.find(text) != std::string::npos;
  }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  std::string peer_ = "192.0.2.1:4711";
  reload_desk desk_;
  reload_record record_{wall_time{0}};
  published<http_terms> answers_{std::make_shared<const http_terms>()};
  moment now_{.steady = {77 * second_ns}, .wall = {1'586'844'484 * second_ns + 123}};
  memory_budget requests_{std::size_t{64} << 20};
  database_registry databases_{10};
  source_registry sources_;
  http_counters counters_;
  test_catalogue catalogue_;
  health_duties duties_;
  busy_relay relay_;
  std::optional<memory_budget> frames_;
  std::unique_ptr<frame_log> log_;
  std::unique_ptr<loop_worker> worker_;
};

TEST_F(http_service_test, writes_of_both_dialects_reach_the_log) {
  EXPECT_EQ(status_of(post("/write?db=a", "m v=1 7\n")), 204);
  EXPECT_EQ(status_of(post("/api/v2/write?bucket=a&precision=ns", "m v=2 8")), 204);
  EXPECT_EQ(lines_of("a"), "m v=1 7000000000\nm v=2 8\n")
      << "the listener's unit, and the request's";
}

TEST_F(http_service_test, points_without_a_time_get_the_wall_clocks) {
  now_.steady = {5};
  EXPECT_EQ(status_of(post("/write?db=a&precision=n", "m v=1")), 204);
  EXPECT_EQ(lines_of("a"), "m v=1 1586844484000000123\n");
}

TEST_F(http_service_test, a_quiet_listener_answers_204) {
  const std::string loud = post("/write?db=a", "m v=\nm v=1 1\n");
  EXPECT_EQ(status_of(loud), 400);
  EXPECT_TRUE(has(loud, "partial write: "));
  EXPECT_EQ(status_of(post("/write?db=a", "m v=\nm v=2 2\n", "", 1)), 204);
  // Who asks for more than lines to be taken can do something with an answer.
  EXPECT_EQ(status_of(post("/write?db=a&accept_partial=false", "m v=\nm v=3 3\n", "", 1)), 400);
  EXPECT_EQ(status_of(post("/write?db=a&verbose=true", "m v=\nm v=4 4\n", "", 1)), 400);
  EXPECT_EQ(status_of(post("/write", "m v=5 5\n", "", 1)), 400);
  EXPECT_EQ(lines_of("a"), "m v=1 1000000000\nm v=2 2000000000\nm v=4 4000000000\n");
}

TEST_F(http_service_test, a_full_log_is_answered_503_and_told_when_to_retry) {
  make(1);
  const std::string agent = "User-Agent: telegraf/1.39\r\n";
  const std::string v1 = post("/write?db=a", "m v=1 1\n", agent);
  EXPECT_EQ(status_of(v1), 503);
  EXPECT_FALSE(has(v1, "Retry-After"));
  const std::string v2 = post("/api/v2/write?bucket=a", "m v=1 1\n", agent);
  EXPECT_EQ(status_of(v2), 503);
  EXPECT_TRUE(has(v2, "Retry-After: 30\r\n"));
  EXPECT_FALSE(
      has(post("/api/v2/write?bucket=a", "m v=1 1\n", "User-Agent: influxdb-client-js/1\r\n"),
          "Retry-After"));
}

TEST_F(http_service_test, what_cannot_be_passed_on_is_refused_in_its_paths_dialect) {
  http_terms terms = *answers_.current();
  terms.queried = {{.sink = "two", .version = 2, .urls = {"http://h"}}};
  answers_.publish(std::make_shared<const http_terms>(std::move(terms)));
  const std::string damaged = post("/api/v2/query", "no gzip", "Content-Encoding: gzip\r\n");
  EXPECT_EQ(status_of(damaged), 400);
  EXPECT_TRUE(has(damaged, R"({"code":"invalid","message":"the body is not valid gzip)"))
      << damaged;
  const std::string long_one = post("/api/v2/query", std::string((std::size_t{4} << 20) + 1, 'x'));
  EXPECT_EQ(status_of(long_one), 413);
  EXPECT_TRUE(has(long_one, R"("message":"Request Entity Too Large"})")) << long_one;
  const std::string busy = post("/api/v2/query", "{}");
  EXPECT_EQ(status_of(busy), 503);
  EXPECT_TRUE(has(busy, R"("message":"too many queries are under way"})")) << busy;
}

TEST_F(http_service_test, queries_are_answered_from_the_catalogue) {
  EXPECT_EQ(status_of(post("/query", "q=CREATE+DATABASE+mine",
                           "Content-Type: application/x-www-form-urlencoded\r\n")),
            200);
  EXPECT_TRUE(has(get("/query?q=SHOW+DATABASES"), "\"mine\""));
}

TEST_F(http_service_test, what_is_no_write_and_no_query_is_answered_at_once) {
  EXPECT_EQ(status_of(get("/ping")), 204);
  EXPECT_EQ(status_of(get("/status", "HEAD")), 204);
  EXPECT_EQ(status_of(get("/ready")), 200);
  EXPECT_TRUE(has(get("/health"), "sink influx"));
  EXPECT_TRUE(has(get("/metrics"), "weir_of_this_test 1\n"));
  counters_.draining.store(true);
  EXPECT_EQ(status_of(get("/ready")), 503);
}

TEST_F(http_service_test, who_only_delivers_answers_writes_so_that_clients_keep_them) {
  duties_.takes_writes = false;
  for (const char* path : {"/write?db=d", "/api/v2/write?bucket=d", "/api/v3/write_lp?db=d",
                           "/api/v1/write", "/api/v1/prom/write?db=d", "/metrics/job/j"}) {
    const std::string answer = post(path, "m v=1\n");
    EXPECT_EQ(status_of(answer), 503) << answer;
    EXPECT_TRUE(has(answer, "only delivers")) << answer;
    for (const char* final_phrase : {"partial write", "unable to parse", "database not found"}) {
      EXPECT_FALSE(has(answer, final_phrase)) << answer;
    }
  }
  EXPECT_EQ(lines_of("d"), "");
  EXPECT_EQ(status_of(get("/ready")), 200);
  EXPECT_EQ(status_of(get("/ping")), 204);
  EXPECT_TRUE(has(get("/health"), "sink influx"));
  EXPECT_TRUE(has(get("/metrics"), "weir_of_this_test 1\n"));
}

TEST_F(http_service_test, health_tells_of_the_cluster) {
  duties_.cluster = [] {
    return cluster_standing{.topic = "weir", .partitions = 4, .leaderless = 1};
  };
  const std::string health = get("/health");
  EXPECT_EQ(status_of(health), 503) << health;
  EXPECT_TRUE(has(health, "1 of 4 partitions of the topic weir")) << health;
}

TEST_F(http_service_test, what_no_route_serves_is_answered_in_the_form_of_its_family) {
  const std::string unknown = get("/none");
  EXPECT_EQ(status_of(unknown), 404);
  EXPECT_TRUE(has(unknown, "404 page not found\n"));
  EXPECT_TRUE(has(get("/api/v2/none"), "\"message\":\"path not found\"}"));
  const std::string wrong = get("/write");
  EXPECT_EQ(status_of(wrong), 405);
  EXPECT_TRUE(has(wrong, "Allow: OPTIONS, POST\r\n"));
  EXPECT_TRUE(has(get("/api/v2/write"), "\"message\":\"allow: OPTIONS, POST\"}"));
  const std::string options = get("/query", "OPTIONS");
  EXPECT_EQ(status_of(options), 204);
  EXPECT_TRUE(has(options, "Allow: GET, OPTIONS, POST\r\n"));
}

TEST_F(http_service_test, requests_are_counted_by_the_label_of_their_route) {
  static_cast<void>(get("/ping"));
  static_cast<void>(get("/status"));
  static_cast<void>(get("/none"));
  static_cast<void>(get("/write"));
  static_cast<void>(get("/write", "OPTIONS"));
  static_cast<void>(post("/write?db=a", "m v=1 1\n"));
  const auto requests = [this](const std::string& route, int status) {
    return counted("weir_http_requests_total{" + route + "}{" + std::to_string(status) + "}");
  };
  EXPECT_EQ(requests("/ping", 204), 2);
  EXPECT_EQ(requests("other", 404), 1);
  EXPECT_EQ(requests("other", 405), 1);
  EXPECT_EQ(requests("OPTIONS", 204), 1);
  EXPECT_EQ(requests("/write", 204), 1);
}

TEST_F(http_service_test, lines_are_counted_by_the_user_that_the_credentials_name) {
  const auto lines = [this](const std::string& user) {
    return counted("weir_source_lines_accepted_total{http}{" + user + "}{curl}");
  };
  const std::string agent = "User-Agent: curl/7\r\n";
  static_cast<void>(
      post("/write?db=a", "m v=1 1\n", agent + "Authorization: Token bob:secret\r\n"));
  static_cast<void>(post("/write?db=a&u=eve&p=x", "m v=1 1\nm v=1 2\n",
                         agent + "Authorization: Token bob:secret\r\n"));
  static_cast<void>(post("/write?db=a", "m v=1 1\n", agent + "Authorization: Bearer secret\r\n"));
  EXPECT_EQ(lines("bob"), 1);
  EXPECT_EQ(lines("eve"), 2);
  EXPECT_EQ(lines(""), 1);
}

TEST_F(http_service_test, every_answer_repeats_the_requests_id) {
  const std::string answer = post("/write?db=a", "m v=1 1\n", "X-Request-Id: mine\r\n");
  EXPECT_TRUE(has(answer, "X-Request-Id: mine\r\n"));
  EXPECT_TRUE(has(get("/none"), "Request-Id: 4d54ba01-7e16-11ea-"));
}

TEST_F(http_service_test, a_reload_is_for_those_who_administer_weir) {
  const std::string refused = post("/-/reload", "");
  EXPECT_NE(refused.find("403 Forbidden"), std::string::npos) << refused;
  peer_ = "127.0.0.1:4711";
  const std::string done = post("/-/reload", "");
  EXPECT_NE(done.find("200 OK"), std::string::npos) << done;
  EXPECT_NE(done.find("{\"changed\":[]}"), std::string::npos) << done;
  EXPECT_NE(get("/-/reload").find("405 Method Not Allowed"), std::string::npos);
  EXPECT_NE(post("/-/reload", "", "Origin: http://127.0.0.1\r\n").find("403 Forbidden"),
            std::string::npos);
  http_terms changed = *answers_.current();
  changed.admin = admin_access::off;
  answers_.publish(std::make_shared<const http_terms>(changed));
  EXPECT_NE(post("/-/reload", "").find("403 Forbidden"), std::string::npos);
}

TEST_F(http_service_test, whose_client_went_away_gets_no_answer_of_a_reload) {
  make();
  peer_ = "unix";
  {
    http::connection on(worker_->router(), {}, now_);
    on.set_peer({.address = peer_});
    on.receive("POST /-/reload HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", now_);
    EXPECT_EQ(on.output(), "");
  }
  reload_desk::settle(desk_.take(), {200, ""});
  EXPECT_FALSE(worker_->has_work());
}

TEST_F(http_service_test, health_tells_that_a_reload_failed_and_stays_well) {
  record_.failed("weir.toml:3:1: unknown key `x`");
  const std::string health = get("/health");
  EXPECT_NE(health.find("200 OK"), std::string::npos) << health;
  EXPECT_NE(health.find("unknown key `x`"), std::string::npos) << health;
}

TEST_F(http_service_test, a_listener_that_means_something_else_does_so_from_the_next_request_on) {
  EXPECT_NE(post("/write?db=db", "broken").find("400 Bad Request"), std::string::npos);
  http_terms changed = *answers_.current();
  changed.listeners.at(0).quiet = true;
  answers_.publish(std::make_shared<const http_terms>(changed));
  EXPECT_NE(post("/write?db=db", "broken").find("204 No Content"), std::string::npos);
}

}  // namespace
}  // namespace weir
