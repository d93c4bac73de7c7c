// SPDX-License-Identifier: Apache-2.0
//
// Pushes through a loop's worker into a real memory log, without sockets: what becomes of a group,
// and of the memory that a push takes.
#include "server/push/push_exchange.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

#include "accounts/database_registry.hpp"
#include "base/clock_posix.hpp"
#include "letters/letter_box.hpp"
#include "letters/letter_segments.hpp"
#include "letters/letter_store.hpp"
#include "log/open_log.hpp"
#include "server/http_service.hpp"
#include "server/push/push_keeper.hpp"
#include "unit/lines_in_log.hpp"
#include "unit/metric_values.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

class no_databases final : public catalogue {
 public:
  [[nodiscard]] std::vector<std::string> databases() const override { return {}; }
  [[nodiscard]] bool exists(std::string_view) const override { return true; }
  [[nodiscard]] outcome create(std::string_view) override { return nothing{}; }
  [[nodiscard]] outcome drop(std::string_view) override { return nothing{}; }
  [[nodiscard]] std::vector<retention_policy> retention_policies(std::string_view) const override {
    return {};
  }
};

class push_exchange_test : public ::testing::Test {
 protected:
  push_exchange_test() {
    settings_.log.compression = compression_mode::none;
    settings_.push.timestamps = push_time_mode::keep;
    settings_.database["*"].retention = std::chrono::hours(1);
    http_settings http;
    http.listen = {"127.0.0.1:0"};
    http.quiet_listen = {"127.0.0.1:0"};
    answers_.publish(std::make_shared<const http_terms>(
        http_terms{.listeners = change_listeners({}, make_listeners(http).value(), 0).wanted}));
    pushed_.emplace(settings_, wall_time{0});
    log_ = make_memory_log({frames_, full_policy::reject, wall_clock_ns});
    static_cast<void>(
        log_->subscribe({.name = "test", .required = true, .wake = [] {}}, log_position(1)));
    worker_ = make_http_worker({.writes = writes(),
                                .databases = catalogue_,
                                .counters = counters_,
                                .clock = [this] { return now_; },
                                .terms = answers_,
                                .metrics = nullptr,
                                .pushed = &*pushed_},
                               0);
  }

  write_services writes(letter_box* letters = nullptr) {
    return {.terms = terms_,
            .log = *log_,
            .databases = databases_,
            .memory = requests_,
            .letters = letters};
  }
  /// The status, and whatever else a push to the job `j` is answered.
  std::string push(const std::string& body, const std::string& query = "",
                   std::uint32_t listener_number = 0) {
    http::connection on(worker_->router(), {}, now_);
    on.set_peer({.address = "192.0.2.1:4711", .listener = listener_number});
    on.receive("PUT /metrics/job/j" + query + " HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body,
               now_);
    while (worker_->has_work()) {
      worker_->end_of_turn();
    }
    on.resume(now_);
    return on.output().substr(9);
  }
  std::string group_text() {
    const auto found = pushed_->groups.find({{"job", "j"}});
    std::string text;
    if (found != nullptr) {
      for (const auto& [name, each] : found->families) {
        text += each->is.text;
      }
    }
    return text;
  }
  std::int64_t failed_ns() { return pushed_->groups.find({{"job", "j"}})->failed.ns; }
  std::string lines() { return lines_in(*log_, {"pushgateway", ""}); }
  void pass(std::int64_t seconds) {
    now_.steady.ns += seconds * second_ns;
    now_.wall.ns += seconds * second_ns;
  }

  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  published<http_terms> answers_{std::make_shared<const http_terms>()};
  moment now_{.steady = {77 * second_ns}, .wall = {1'700'000'000 * second_ns}};
  memory_budget requests_{std::size_t{16} << 20};
  memory_budget frames_{std::size_t{64} << 20};
  database_registry databases_{10};
  http_counters counters_;
  no_databases catalogue_;
  std::optional<push_service> pushed_;
  std::unique_ptr<frame_log> log_;
  std::unique_ptr<loop_worker> worker_;
};

constexpr std::uint32_t quiet = 1;

TEST_F(push_exchange_test, what_was_kept_is_the_groups) {
  EXPECT_TRUE(push("a 1\n").starts_with("202"));
  EXPECT_EQ(group_text(), "a{instance=\"\",job=\"j\"} 1\n");
  EXPECT_TRUE(push("a 2\nold 1 5\n").starts_with("400"));
  EXPECT_EQ(group_text(), "a{instance=\"\",job=\"j\"} 2\nold{instance=\"\",job=\"j\"} 1\n");
  EXPECT_TRUE(push("a 3\nold 1 5\n", "", quiet).starts_with("202"));
  EXPECT_EQ(failed_ns(), 0);
}

TEST_F(push_exchange_test, a_push_of_which_nothing_was_kept_leaves_its_group) {
  EXPECT_TRUE(push("a 1\n").starts_with("202"));
  const std::string before = group_text();
  const std::string written = lines();
  for (const std::uint32_t listener : {0U, quiet}) {
    pass(1);
    EXPECT_TRUE(push("a 2\nold 1 5\n", "?accept_partial=false", listener).starts_with("400"));
    EXPECT_EQ(group_text(), before);
    EXPECT_EQ(failed_ns(), now_.wall.ns);
    pass(1);
    EXPECT_TRUE(push("old 1 5\n", "", listener).starts_with("400")) << "all of it is refused";
    EXPECT_EQ(group_text(), before);
    EXPECT_EQ(failed_ns(), now_.wall.ns);
  }
  EXPECT_EQ(lines(), written);
  EXPECT_EQ(pushed_->counts.refused.value(), 4U);
  EXPECT_EQ(pushed_->counts.pushed.value(), 1U);
}

TEST_F(push_exchange_test, a_push_that_never_fits_is_told_so_and_gives_its_memory_back) {
  const std::string label = "{l=\"" + std::string(20'000, 'v') + "\"} 1\n";
  std::string body = "a" + label + "b" + label;
  EXPECT_TRUE(push(body).starts_with("202"));
  EXPECT_EQ(requests_.used(), 0U);
  for (int i = 0; i < 100'000; ++i) {
    body += "m" + std::to_string(i) + " 1\n";
  }
  EXPECT_TRUE(push(body).starts_with("413"));
  EXPECT_EQ(requests_.used(), 0U);
  memory_lease others(requests_);
  ASSERT_TRUE(others.grow_to(std::size_t{12} << 20));
  EXPECT_TRUE(push(body).starts_with("503")) << "with others there it may fit later";
}

TEST_F(push_exchange_test, a_small_push_takes_little_memory) {
  memory_lease others(requests_);
  ASSERT_TRUE(others.grow_to((std::size_t{16} << 20) - (std::size_t{512} << 10)));
  EXPECT_TRUE(push("a 1\n").starts_with("202"));
}

class push_keeper_test : public push_exchange_test {
 protected:
  push_keeper_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-push-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    auto store = letter_store::open({.directory = directory_}, posix_file_system());
    EXPECT_TRUE(store.ok());
    letters_.emplace(letter_box_options{.now_ns = [this] { return now_.wall.ns; }},
                     std::move(store).value());
    keeper_.emplace(
        *pushed_, writes(&*letters_), [this] { return now_; }, "");
  }
  ~push_keeper_test() override {
    keeper_.reset();
    letters_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string directory_;
  std::optional<letter_box> letters_;
  std::optional<push_keeper> keeper_;
};

TEST_F(push_keeper_test, repetitions_make_no_letters) {
  EXPECT_TRUE(push("a 1\nb{l=\"" + std::string(2'000, 'v') + "\"} 1\n").starts_with("202"));
  settings_.limits.line = 1'000;
  terms_.publish(terms_of(settings_));
  pass(60);
  const std::size_t before = lines().size();
  keeper_->work();
  EXPECT_EQ(lines().substr(before), "a,job=j value=1 1700000060000000000\n");
  letters_->flush();
  std::size_t letters = 0;
  EXPECT_TRUE(scan_letters(posix_file_system(), directory_, [&](letter&) {
                ++letters;
                return true;
              }).ok());
  EXPECT_EQ(letters, 0U);
}

TEST_F(push_keeper_test, nothing_is_repeated_where_pushes_are_off) {
  EXPECT_TRUE(push("a 1\n").starts_with("202"));
  const std::string before = lines();
  settings_.push.enabled = false;
  pushed_->configure(settings_);
  pass(60);
  keeper_->work();
  EXPECT_EQ(lines(), before);
  settings_.push.enabled = true;
  pushed_->configure(settings_);
  keeper_->work();
  EXPECT_EQ(lines(), before + "a,job=j value=1 1700000060000000000\n");
}

TEST_F(push_keeper_test, it_rests_while_there_are_no_groups) {
  EXPECT_TRUE(keeper_->rests());
  EXPECT_TRUE(push("a 1\n").starts_with("202"));
  EXPECT_FALSE(keeper_->rests());
  pushed_->groups.wipe(now_.wall);
  EXPECT_FALSE(keeper_->rests()) << "the log is not told of the series yet";
  keeper_->work();
  EXPECT_FALSE(keeper_->rests()) << "the file has the group still";
  pass(60);
  keeper_->work();
  EXPECT_TRUE(keeper_->rests());
}

TEST_F(push_keeper_test, a_push_wakes_it) {
  keeper_->start();
  EXPECT_TRUE(push("a 1\n").starts_with("202"));
  pushed_->groups.wipe(now_.wall);
  const auto told = [this] { return pushed_->counts.ended.value() > 0; };
  for (int i = 0; i < 10'000 && !told(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(told());
}

TEST_F(push_keeper_test, the_log_is_told_which_series_ended) {
  EXPECT_TRUE(push("a 1\nb 2\n").starts_with("202"));
  keeper_->work();
  const std::string before = lines();
  pass(5);
  EXPECT_TRUE(push("b 3\n").starts_with("202"));
  pass(1);
  keeper_->work();
  EXPECT_EQ(lines(), before + "b,job=j value=3 1700000005000000000\n") << "no sink takes more";
  std::string ended;
  std::uint32_t points = 0;
  const auto reader = log_->reader();
  for (log_position at = log_->first(); at < log_->end();) {
    const read_result read = reader->next(at, {"pushgateway", ""});
    if (read.status != read_status::frame) {
      break;
    }
    at = read.next;
    if (read.found->header.kind == frame_kind::events) {
      EXPECT_TRUE(inflate_frame(*read.found, ended));
      points += read.found->header.points;
    }
  }
  EXPECT_EQ(ended, "a,job=j value=0 1700000005000000000\n");
  EXPECT_EQ(points, 0U);
}

}  // namespace
}  // namespace weir
