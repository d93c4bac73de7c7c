// SPDX-License-Identifier: Apache-2.0
//
// Requests of users through a loop's worker into a real memory log, without sockets: who may, who
// may not, and what waits for a hash.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "accounts/database_registry.hpp"
#include "accounts/source_registry.hpp"
#include "base/clock_posix.hpp"
#include "codec/base64.hpp"
#include "log/open_log.hpp"
#include "server/http_service.hpp"
#include "unit/lines_in_log.hpp"
#include "unit/terms_of.hpp"
#include "users/password_hash.hpp"

namespace weir {
namespace {

class no_catalogue final : public catalogue {
 public:
  [[nodiscard]] std::vector<std::string> databases() const override { return {"app_1", "other"}; }
  [[nodiscard]] bool exists(std::string_view) const override { return true; }
  [[nodiscard]] outcome create(std::string_view) override { return nothing{}; }
  [[nodiscard]] outcome drop(std::string_view) override { return nothing{}; }
  [[nodiscard]] std::vector<retention_policy> retention_policies(std::string_view) const override {
    return {};
  }
};

std::string basic(const std::string& name, const std::string& password) {
  std::string text = "Authorization: Basic ";
  append_base64(name + ":" + password, text);
  return text + "\r\n";
}

class users_test : public ::testing::Test {
 protected:
  users_test() {
    settings_.log.compression = compression_mode::none;
    settings_.http.listen = {"127.0.0.1:0"};
    settings_.http.admin_listen = {"127.0.0.1:0"};
    const auto write = static_cast<std::uint8_t>(user_right::write);
    settings_.users = {
        {.name = "ann",
         .password_hash = hash_password("secret", "saltsaltsalt").value(),
         .databases = {{.pattern = "app_*", .rights = write}}},
        {.name = "cho", .token = "token", .databases = {{.pattern = "app_*", .rights = write}}},
        {.name = "root", .token = "root's", .admin = true}};
    publish();
    log_ = make_memory_log({frames_, full_policy::reject, wall_clock_ns});
    static_cast<void>(
        log_->subscribe({.name = "test", .required = true, .wake = [] {}}, log_position(1)));
    worker_ = make_http_worker({.writes = {.terms = terms_,
                                           .log = *log_,
                                           .databases = databases_,
                                           .memory = requests_,
                                           .sources = &sources_},
                                .databases = catalogue_,
                                .counters = counters_,
                                .clock = [this] { return now_; },
                                .terms = answers_,
                                .metrics = [] { return [](metric_collector&) { return false; }; },
                                .reloads = &desk_,
                                .reloaded = &record_,
                                .doors = &doors_},
                               0);
    worker_->attach([this] {
      const std::lock_guard hold(lock_);
      woken_ = true;
      changed_.notify_all();
    });
  }
  ~users_test() override { worker_->detach(); }

  void publish() {
    answers_.publish(make_http_terms(
        settings_, change_listeners({}, make_listeners(settings_.http).value(), 0).wanted));
  }
  void wait_for_wake() {
    std::unique_lock hold(lock_);
    changed_.wait(hold, [this] { return woken_; });
    woken_ = false;
  }
  void turn(http::connection& on) {
    reload_desk::settle(desk_.take(), {200, "{\"changed\":[]}\n"});
    while (worker_->has_work()) {
      worker_->end_of_turn();
    }
    on.resume(now_);
  }
  static std::string request(const std::string& line, const std::string& headers,
                             const std::string& body = "") {
    return line + " HTTP/1.1\r\nHost: h\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  /// What is answered at once, without a hash.
  std::string exchange(const std::string& text, std::uint32_t listener_number = 0) {
    http::connection on(worker_->router(), {}, now_);
    on.set_peer({.address = "192.0.2.1:4711", .listener = listener_number});
    on.receive(text, now_);
    turn(on);
    on.resume(now_);
    return on.output();
  }
  static int status_of(const std::string& answer) { return std::stoi("0" + answer.substr(9, 3)); }
  int status(const std::string& line, const std::string& headers, const std::string& body = "",
             std::uint32_t listener_number = 0) {
    return status_of(exchange(request(line, headers, body), listener_number));
  }
  std::string lines_of(const std::string& database) { return lines_in(*log_, {database, ""}); }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  reload_desk desk_;
  reload_record record_{wall_time{0}};
  published<http_terms> answers_{std::make_shared<const http_terms>()};
  moment now_{.steady = {77'000'000'000}, .wall = {1'586'844'484'000'000'123}};
  memory_budget requests_{std::size_t{64} << 20};
  memory_budget frames_{std::size_t{64} << 20};
  database_registry databases_{10};
  source_registry sources_;
  http_counters counters_;
  no_catalogue catalogue_;
  shared_doors doors_{"0123456789abcdef"};
  std::mutex lock_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::unique_ptr<frame_log> log_;
  std::unique_ptr<loop_worker> worker_;
};

const std::string cho = "Authorization: Token token\r\n";
const std::string root = "Authorization: Bearer root's\r\n";
// As long as a time in nanoseconds is: version 3 tells the unit by that.
const std::string line = "m v=1 1586844484000000007\n";

TEST_F(users_test, each_door_of_writes_asks_for_the_right) {
  const std::vector<std::string> doors{
      "POST /write?db=", "POST /api/v2/write?bucket=", "POST /api/v3/write_lp?db="};
  for (const std::string& door : doors) {
    EXPECT_EQ(status(door + "app_1", cho, line), 204) << door;
    EXPECT_EQ(status(door + "other", cho, line), 403) << door;
    EXPECT_EQ(status(door + "app_1", "", line), 401) << door;
    EXPECT_EQ(status(door + "other", root, line), 204) << door;
  }
  for (const std::string door :
       {"POST /api/v1/write?db=", "POST /api/v1/prom/write?db=", "PUT /metrics/job/a?db="}) {
    EXPECT_EQ(status(door + "app_1", "", line), 401) << door;
  }
  EXPECT_EQ(status("POST /api/v1/write?db=other", cho, line), 403);
  EXPECT_EQ(status("POST /api/v1/write", cho, line), 403) << "of no database it is of prometheus";
  EXPECT_EQ(status("POST /api/v1/prom/write?db=other", cho, line), 403);
  EXPECT_EQ(lines_of("app_1"), line + line + line);
}

TEST_F(users_test, what_tells_of_weir_or_changes_it_needs_an_administrator) {
  settings_.http.admin_listen.clear();
  settings_.http.admin = admin_access::any;
  publish();
  const std::vector<std::string> all{"GET /metrics", "POST /-/reload", "GET /api/v1/metrics"};
  for (const std::string& each : all) {
    EXPECT_EQ(status(each, ""), 401) << each;
    EXPECT_EQ(status(each, cho), 403) << each;
    EXPECT_NE(status(each, root), 401) << each;
    EXPECT_NE(status(each, root), 403) << each;
  }
  for (const std::string each :
       {"GET /ping", "HEAD /ping", "GET /health", "GET /ready", "GET /status"}) {
    EXPECT_NE(status(each, ""), 401) << each;
  }
}

TEST_F(users_test, a_listener_for_administration_needs_nobody) {
  EXPECT_EQ(status("GET /metrics", "", "", 1), 200);
  EXPECT_EQ(status("GET /metrics", root, "", 0), 404);
}

TEST_F(users_test, a_body_waits_for_the_hash) {
  http::connection on(worker_->router(), {}, now_);
  on.set_peer({.address = "192.0.2.1:4711", .listener = 0});
  const std::string both = request("POST /write?db=app_1", basic("ann", "secret"), line) +
                           request("POST /write?db=app_1", basic("ann", "secret"), "m v=2 8\n");
  // The head, a part of the body, and the rest with the next request.
  const std::size_t cut = both.find("v=1");
  on.receive(std::string_view(both).substr(0, cut), now_);
  EXPECT_TRUE(on.output().empty());
  EXPECT_FALSE(on.wants_input()) << "its body waits outside";
  wait_for_wake();
  turn(on);
  EXPECT_TRUE(on.wants_input());
  on.receive(std::string_view(both).substr(cut), now_);
  turn(on);
  turn(on);
  EXPECT_EQ(lines_of("app_1"), line + "m v=2 8\n");
  EXPECT_EQ(status_of(on.output()), 204);
}

TEST_F(users_test, a_request_without_a_body_waits_for_the_hash) {
  http::connection on(worker_->router(), {}, now_);
  on.set_peer({.address = "192.0.2.1:4711", .listener = 0});
  on.receive(request("GET /query?q=SHOW+DATABASES", basic("ann", "secret")), now_);
  EXPECT_TRUE(on.output().empty());
  wait_for_wake();
  turn(on);
  EXPECT_NE(on.output().find("app_1"), std::string::npos) << on.output();
  EXPECT_EQ(on.output().find("other"), std::string::npos) << "it sees its own";
}

TEST_F(users_test, a_wrong_password_is_answered_when_its_hash_is_known) {
  for (const std::string name : {"ann", "nobody"}) {
    http::connection on(worker_->router(), {}, now_);
    on.set_peer({.address = "192.0.2.1:4711", .listener = 0});
    on.receive(request("POST /write?db=app_1", basic(name, "wrong"), line), now_);
    EXPECT_TRUE(on.output().empty());
    wait_for_wake();
    turn(on);
    EXPECT_EQ(status_of(on.output()), 401);
    // The connection goes on.
    on.output().clear();
    on.receive(request("POST /write?db=app_1", cho, line), now_);
    turn(on);
    EXPECT_EQ(status_of(on.output()), 204) << on.output();
  }
  EXPECT_EQ(lines_of("app_1"), line + line);
}

TEST_F(users_test, a_connection_may_end_while_its_hash_is_computed) {
  {
    http::connection on(worker_->router(), {}, now_);
    on.set_peer({.address = "192.0.2.1:4711", .listener = 0});
    on.receive(request("POST /write?db=app_1", basic("ann", "secret"), line), now_);
  }
  EXPECT_FALSE(worker_->has_work());
  EXPECT_EQ(lines_of("app_1"), "");
}

TEST_F(users_test, what_waits_for_a_hash_has_its_place_in_memory) {
  {
    http::connection on(worker_->router(), {}, now_);
    on.set_peer({.address = "192.0.2.1:4711", .listener = 0});
    ASSERT_TRUE(requests_.take(requests_.limit() - requests_.used()));
    on.receive(request("POST /write?db=app_1", basic("ann", "secret"), line), now_);
    turn(on);
    EXPECT_EQ(status_of(on.output()), 503) << on.output();
    EXPECT_NE(on.output().find("cannot be checked now"), std::string::npos) << on.output();
  }
  EXPECT_EQ(lines_of("app_1"), "");
}

TEST_F(users_test, statements_that_create_users_are_not_carried_out) {
  const std::string answer =
      exchange(request("POST /query?q=CREATE+USER+x+WITH+PASSWORD+'y'+WITH+ALL+PRIVILEGES", root));
  EXPECT_EQ(status_of(answer), 403);
  EXPECT_NE(answer.find("[[user]]"), std::string::npos) << answer;
}

TEST_F(users_test, without_users_nothing_is_asked_for) {
  settings_.users.clear();
  settings_.http.admin_listen.clear();
  publish();
  EXPECT_EQ(status("POST /write?db=other", "", line), 204);
  EXPECT_EQ(status("GET /metrics", ""), 200);
}

}  // namespace
}  // namespace weir
