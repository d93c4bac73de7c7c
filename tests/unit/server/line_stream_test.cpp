// SPDX-License-Identifier: Apache-2.0
//
// Connections of lines into a real memory log, with a clock of the test's: whole lines are kept
// however their bytes are cut, and what has no room waits.
#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "accounts/database_registry.hpp"
#include "accounts/source_registry.hpp"
#include "log/open_log.hpp"
#include "observe/metrics.hpp"
#include "server/lines/line_target.hpp"
#include "server/lines/stream_service.hpp"
#include "unit/lines_in_log.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t second = 1'000'000'000;

class line_stream_test : public ::testing::Test {
 protected:
  void make(std::size_t frame_bytes = std::size_t{64} << 20,
            std::size_t request_bytes = std::size_t{64} << 20, const budget_rules& rules = {}) {
    settings_.log.compression = compression_mode::none;
    home_.reset();
    log_.reset();
    frames_.emplace(frame_bytes);
    requests_.emplace(request_bytes, rules);
    log_ = make_memory_log({*frames_, full_policy::reject, [this] { return now_.wall.ns; }});
    subscriber_ =
        log_->subscribe({.name = "test", .required = true, .wake = [] {}}, log_position(1));
    configured_.publish(std::make_shared<const tcp_settings>(tcp_));
    home_ = std::make_unique<stream_home>(stream_services{
        .writes = {.terms = terms_, .log = *log_, .databases = databases_, .memory = *requests_},
        .counts = counts_,
        .log_failed = log_failed_,
        .clock = [this] { return now_; },
        .configured = configured_});
  }
  std::unique_ptr<stream_client> connect() { return home_->open({.address = "192.0.2.1:4711"}); }
  static void send(stream_client& to, std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t room = to.room(bytes.size());
      ASSERT_GT(room, 0U);
      const std::string gone_after_the_call(bytes.substr(0, room));
      to.receive(gone_after_the_call);
      bytes.remove_prefix(room);
    }
  }
  /// All of it, and the end.
  void send_all(std::string_view bytes) {
    const auto one = connect();
    send(*one, bytes);
    one->end();
    home_->flush();
    EXPECT_TRUE(one->settled());
  }
  std::string lines(const std::string& policy = "") { return lines_in(*log_, {"tcp", policy}); }
  /// Those that were not there at the last call.
  std::string new_lines() {
    std::string out;
    const auto reader = log_->reader();
    for (;;) {
      const read_result read = reader->next(read_until_, {"tcp", ""});
      if (read.status != read_status::frame) {
        return out;
      }
      EXPECT_TRUE(inflate_frame(*read.found, out));
      read_until_ = read.next;
    }
  }
  double metric(const std::string& line_begin) {
    metrics_text text;
    databases_.collect(text);
    counts_.collect("x", text);
    const std::string all = text.text();
    const std::size_t at = all.find("\n" + line_begin + " ");
    return at == std::string::npos ? 0 : std::stod(all.substr(at + line_begin.size() + 2));
  }
  double rejected(const std::string& reason) {
    return metric("weir_lines_rejected_total{database=\"tcp\",reason=\"" + reason + "\"}");
  }
  /// Frees the log of all that it has.
  void deliver() { log_->release(subscriber_, log_->end()); }

  moment now_{.steady = {1'000 * second}, .wall = {1'600'000'000 * second}};
  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  tcp_settings tcp_;
  published<tcp_settings> configured_{std::make_shared<const tcp_settings>()};
  stream_counts counts_;
  std::atomic<bool> log_failed_{false};
  database_registry databases_{10};
  std::optional<memory_budget> frames_;
  std::optional<memory_budget> requests_;
  std::unique_ptr<frame_log> log_;
  std::size_t subscriber_ = 0;
  log_position read_until_ = log_position(1);
  std::unique_ptr<stream_home> home_;
};

TEST_F(line_stream_test, lines_are_the_same_wherever_their_bytes_are_cut_and_put_into_the_log) {
  const std::string bytes =
      "a f=1 1\n# comment\n\nb s=\"two\nlines\" 2\r\nbad\nc,t=\\ x f=2i 3\n#\nd f=4 4\n";
  const std::string expected = "a f=1 1\nb s=\"two\nlines\" 2\nc,t=\\ x f=2i 3\nd f=4 4\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    for (const bool flushed : {false, true}) {
      make();
      const auto one = connect();
      send(*one, bytes.substr(0, cut));
      if (flushed) {
        home_->flush();
      }
      send(*one, bytes.substr(cut));
      one->end();
      home_->flush();
      EXPECT_TRUE(one->settled());
      EXPECT_EQ(lines(), expected) << "cut at " << cut << (flushed ? ", flushed" : "");
    }
  }
  EXPECT_EQ(rejected("missing_fields"), static_cast<double>(2 * (bytes.size() + 1)));
}

TEST_F(line_stream_test, whole_lines_do_not_wait_for_the_rest_of_the_next_one) {
  make();
  const auto one = connect();
  send(*one, "a f=1 1\nb f=");
  EXPECT_GT(home_->waiting(), 0U);
  home_->flush();
  EXPECT_EQ(home_->waiting(), 0U);
  EXPECT_EQ(lines(), "a f=1 1\n");
  send(*one, "2 2\n");
  home_->flush();
  EXPECT_EQ(lines(), "a f=1 1\nb f=2 2\n");
  EXPECT_FALSE(one->settled());
}

TEST_F(line_stream_test, a_last_line_without_its_line_feed_is_rejected_and_counted) {
  make();
  // It reads as a good line; who knows whether it was to be f=15.
  send_all("a f=1 1\nb f=1");
  EXPECT_EQ(lines(), "a f=1 1\n");
  EXPECT_EQ(rejected("unfinished_line"), 1);
  EXPECT_EQ(metric("weir_lines_received_total{database=\"tcp\"}"), 2);
  send_all("b f=2");
  EXPECT_EQ(rejected("unfinished_line"), 2);
  // None of these is a line.
  for (const char* text : {"", "  ", "\r", "# a comment", "c f=1 3\n \t", "c f=1 3\n\0"}) {
    send_all(text);
  }
  EXPECT_EQ(rejected("unfinished_line"), 2);
}

TEST_F(line_stream_test, an_open_quote_does_not_keep_the_lines_behind_it_back) {
  make();
  const auto one = connect();
  send(*one, "a s=\"open\nb f=1 1\nc f=2 2\nd f=");
  home_->flush();
  EXPECT_EQ(lines(), "");
  now_.steady.ns += 6 * second;
  home_->flush();
  EXPECT_EQ(lines(), "b f=1 1\nc f=2 2\n");
  EXPECT_EQ(rejected("unbalanced_quotes"), 1);
  send(*one, "3 3\n");
  one->end();
  home_->flush();
  EXPECT_EQ(lines(), "b f=1 1\nc f=2 2\nd f=3 3\n");
}

TEST_F(line_stream_test, a_line_too_long_is_rejected_and_its_rest_is_no_line) {
  tcp_.line_limit = 1'024;
  make();
  const auto one = connect();
  send(*one, "a f=1 1\nb s=\"" + std::string(5'000, 'x'));
  home_->flush();
  for (int i = 0; i < 200; ++i) {
    send(*one, std::string(10'000, 'y'));
    home_->flush();
    EXPECT_LT(requests_->used(), 200'000U);
  }
  send(*one, " f=2 2\nc f=3 3\n");
  home_->flush();
  EXPECT_EQ(lines(), "a f=1 1\nc f=3 3\n");
  EXPECT_EQ(rejected("shield_line_too_long"), 1);
}

TEST_F(line_stream_test, what_a_full_log_does_not_take_waits_and_is_kept_once) {
  make(std::size_t{64} << 10);
  std::mt19937_64 random(7);
  std::string expected;
  const auto one = connect();
  for (int round = 0; round < 3 && one->room(1'000) > 0; ++round) {
    std::string body;
    while (body.size() < 40'000) {
      body += "m f=" + std::to_string(random() >> 1) + "i 1\n";
    }
    expected += body;
    send(*one, body);
    home_->flush();
  }
  EXPECT_EQ(one->room(1'000), 0U) << "its sender waits";
  EXPECT_FALSE(log_failed_.load());
  EXPECT_GT(metric("weir_tcp_retries_total{listen=\"x\"}"), 0);
  std::string all = new_lines();
  ASSERT_LT(all.size(), expected.size());
  home_->flush();
  EXPECT_EQ(new_lines(), "") << "it rests";
  for (int i = 0; i < 10 && all.size() < expected.size(); ++i) {
    deliver();
    now_.steady.ns += 2 * second;
    home_->flush();
    all += new_lines();
  }
  EXPECT_TRUE(all == expected) << all.size() << " bytes instead of " << expected.size();
  EXPECT_GT(one->room(1'000), 0U);
  EXPECT_EQ(metric("weir_tcp_lost_bytes_total{listen=\"x\"}"), 0);
}

TEST_F(line_stream_test, a_log_that_takes_lines_again_has_not_failed) {
  make();
  log_failed_.store(true);
  send_all("bad\n");
  EXPECT_TRUE(log_failed_.load()) << "the log was not asked";
  send_all("a f=1 1\n");
  EXPECT_FALSE(log_failed_.load());
}

TEST_F(line_stream_test, without_memory_nothing_is_read_and_nothing_lost) {
  make(std::size_t{64} << 20, std::size_t{128} << 10);
  const auto one = connect();
  const auto other = connect();
  memory_lease elsewhere(*requests_);
  send(*one, "a f=1 1\nb f=");
  ASSERT_TRUE(elsewhere.grow_to(requests_->limit() - requests_->used()));
  EXPECT_EQ(other->room(10'000), 0U);
  elsewhere.release();
  now_.steady.ns += 2 * second;
  home_->flush();
  send(*one, "2 2\n");
  send(*other, "c f=3 3\n");
  home_->flush();
  EXPECT_EQ(lines(), "a f=1 1\nb f=2 2\nc f=3 3\n");
  one->end();
  other->end();
  EXPECT_EQ(requests_->used(), 0U);
}

TEST_F(line_stream_test, the_end_gives_back_the_room_that_was_asked_for_it) {
  make();
  const auto one = connect();
  EXPECT_EQ(one->room(10'000), 10'000U);
  EXPECT_EQ(requests_->used(), 10'000U);
  one->end();
  EXPECT_EQ(requests_->used(), 0U);
}

TEST_F(line_stream_test, what_its_transport_holds_is_leased) {
  make(std::size_t{64} << 20, 100'000);
  const auto one = home_->open({.address = "192.0.2.1:4711", .transport_bytes = 60'000});
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(home_->open({.address = "192.0.2.1:4712", .transport_bytes = 60'000}), nullptr);
  EXPECT_EQ(requests_->used(), 60'000U);
  one->transport_holds(20'000);
  EXPECT_EQ(requests_->used(), 20'000U);
}

TEST_F(line_stream_test, lines_that_fill_the_memory_go_on_their_way_in_pieces) {
  const std::size_t all = std::size_t{4} << 20;
  make(std::size_t{64} << 20, all, {.small_bytes = all / 32, .reserve_bytes = all / 8});
  std::string sent;
  const auto one = connect();
  const auto send_next = [&] {
    const std::string line = "a f=" + std::to_string(sent.size()) + " 1\n";
    one->receive(line);
    sent += line;
  };
  memory_lease elsewhere(*requests_);
  ASSERT_TRUE(elsewhere.grow_to(all / 8 * 7));
  while (sent.size() < all / 16) {
    send_next();  // they are held, and there is no memory to make anything of them
  }
  elsewhere.shrink_to(all / 4 * 3);
  while (one->room(1'000) == 1'000) {
    send_next();
  }
  EXPECT_GT(sent.size(), all / 16);
  one->end();
  for (int round = 0; round < 1'000 && !one->settled(); ++round) {
    now_.steady.ns += 2 * second;
    home_->flush();
  }
  EXPECT_TRUE(one->settled());
  EXPECT_TRUE(lines() == sent) << lines().size() << " bytes instead of " << sent.size();
  EXPECT_EQ(metric("weir_tcp_lost_bytes_total{listen=\"x\"}"), 0);
}

TEST_F(line_stream_test, of_a_line_that_no_memory_suffices_for_nothing_is_a_line) {
  make(std::size_t{64} << 20, std::size_t{96} << 10);
  const auto one = connect();
  send(*one, "a f=1 1\nb,t=" + std::string(60'000, 'x'));
  for (int round = 0; round < 4; ++round) {
    now_.steady.ns += 2 * second;
    home_->flush();
  }
  send(*one, "y f=2 2\nd f=3 3\n");
  now_.steady.ns += 2 * second;
  home_->flush();
  EXPECT_EQ(lines(), "a f=1 1\nd f=3 3\n");
  EXPECT_GT(metric("weir_tcp_lost_bytes_total{listen=\"x\"}"), 60'000);
  EXPECT_EQ(one->room(100), 100U);
}

TEST_F(line_stream_test, what_is_given_up_at_the_end_is_counted) {
  make(std::size_t{8} << 10);
  std::string body;
  for (int i = 0; i < 3'000; ++i) {
    body += "m f=" + std::to_string(i * 7'919 % 10'007) + " " + std::to_string(i) + "\n";
  }
  auto one = connect();
  send(*one, body);
  one->end();
  home_->flush();
  EXPECT_FALSE(one->settled());
  one.reset();
  EXPECT_EQ(metric("weir_tcp_lost_bytes_total{listen=\"x\"}"), static_cast<double>(body.size()));
  EXPECT_EQ(requests_->used(), 0U);
}

TEST_F(line_stream_test, lines_without_a_time_have_that_of_their_arrival) {
  make();
  const auto one = connect();
  send(*one, "a f=1\n");
  now_.wall.ns += 3;
  send(*one, "a f=2\n");
  home_->flush();
  const std::string begin = std::to_string(1'600'000'000 * second);
  const std::string later = std::to_string(1'600'000'000 * second + 3);
  EXPECT_EQ(lines(), "a f=1 " + begin + "\na f=2 " + later + "\n");
}

TEST_F(line_stream_test, another_database_is_that_of_the_line_that_was_not_whole) {
  make();
  const auto one = connect();
  send(*one, "m f=1 1\nm f=");
  home_->flush();
  home_->flush();
  tcp_settings other = tcp_;
  other.database = "second";
  configured_.publish(std::make_shared<const tcp_settings>(other));
  send(*one, "2 2\n");
  home_->flush();
  EXPECT_EQ(lines(), "m f=1 1\n");
  EXPECT_EQ(lines_in(*log_, {"second", ""}), "m f=2 2\n");
}

TEST_F(line_stream_test, another_database_is_that_of_the_next_lines) {
  tcp_.unit_ns = 1'000'000;
  tcp_.database = "tcp/one_hour";
  make();
  const auto one = connect();
  send(*one, "m f=1 1600000000000\n");
  home_->flush();
  tcp_settings other = tcp_;
  other.database = "second";
  configured_.publish(std::make_shared<const tcp_settings>(other));
  send(*one, "m f=2 1600000000000\n");
  home_->flush();
  EXPECT_EQ(lines("one_hour"), "m f=1 1600000000000000000\n");
  EXPECT_EQ(lines_in(*log_, {"second", ""}), "m f=2 1600000000000000000\n");
}

TEST(line_target, database_and_retention_policy) {
  EXPECT_EQ(line_target("udp", 1).database, "udp");
  EXPECT_EQ(line_target("udp", 1).retention_policy, "");
  EXPECT_EQ(line_target("db/rp", 1).database, "db");
  EXPECT_EQ(line_target("db/rp", 1).retention_policy, "rp");
  EXPECT_EQ(line_target("a/b/c", 1'000).retention_policy, "b/c");
  EXPECT_EQ(line_target("a/b/c", 1'000).unit_ns, 1'000);
}

}  // namespace
}  // namespace weir
