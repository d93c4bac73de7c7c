// SPDX-License-Identifier: Apache-2.0
//
// Datagrams into a real memory log: each a body of its own, many in one frame, and every loss
// counted by its reason.
#include "server/lines/udp_service.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "accounts/database_registry.hpp"
#include "base/clock_posix.hpp"
#include "config/settings.hpp"
#include "log/open_log.hpp"
#include "unit/lines_in_log.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

class udp_service_test : public ::testing::Test {
 protected:
  void make(std::size_t frame_bytes = std::size_t{64} << 20,
            std::size_t request_bytes = std::size_t{64} << 20, std::size_t databases = 10) {
    settings_.log.compression = compression_mode::none;
    frames_.emplace(frame_bytes);
    requests_.emplace(request_bytes);
    databases_.emplace(databases);
    log_ = make_memory_log({*frames_, full_policy::reject, wall_clock_ns});
    subscriber_ =
        log_->subscribe({.name = "test", .required = true, .wake = [] {}}, log_position(1));
    configured_.publish(std::make_shared<const udp_settings>(udp_));
    worker_ = make_udp_worker(
        {.writes = {.terms = terms_, .log = *log_, .databases = *databases_, .memory = *requests_},
         .counts = counts_,
         .log_failed = log_failed_,
         .configured = configured_});
  }
  void send(std::initializer_list<std::string> datagrams) {
    for (const std::string& each : datagrams) {
      const std::string gone_after_the_call = each;
      worker_->receive(gone_after_the_call, sender_);
    }
    worker_->flush();
    EXPECT_EQ(worker_->waiting(), 0U);
  }
  std::string lines(const std::string& policy = "") { return lines_in(*log_, {"udp", policy}); }
  double metric(const std::string& line_begin) {
    metrics_text text;
    databases_->collect(text);
    counts_.collect("x", text);
    const std::string all = text.text();
    const std::size_t at = all.find("\n" + line_begin + " ");
    return at == std::string::npos ? 0 : std::stod(all.substr(at + line_begin.size() + 2));
  }
  double dropped(const std::string& reason) {
    return metric("weir_udp_dropped_datagrams_total{listen=\"x\",reason=\"" + reason + "\"}");
  }

  const peer_address sender_{
      .kind = peer_address::family::ipv4, .bytes = {192, 0, 2, 1}, .port = 4711};
  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  udp_settings udp_;
  published<udp_settings> configured_{std::make_shared<const udp_settings>()};
  udp_counts counts_;
  std::atomic<bool> log_failed_{false};
  std::optional<database_registry> databases_;
  std::optional<memory_budget> frames_;
  std::optional<memory_budget> requests_;
  std::unique_ptr<frame_log> log_;
  std::size_t subscriber_ = 0;
  std::unique_ptr<datagram_worker> worker_;
};

TEST_F(udp_service_test, datagrams_share_a_frame_and_no_line) {
  make();
  // The second ends in the middle of a string, the third without a line feed, the fourth is empty.
  send({"a f=1 1\nbad\nb f=2 2\n", "c f=3 3\nd s=\"open", "e f=5 5", "", "# comment\n", "f f=6 6"});
  EXPECT_EQ(lines(), "a f=1 1\nb f=2 2\nc f=3 3\ne f=5 5\nf f=6 6\n");
  EXPECT_EQ(log_->end().number(), 2U);  // one frame: sequence 1
  EXPECT_EQ(metric("weir_lines_received_total{database=\"udp\"}"), 7);
  EXPECT_EQ(metric("weir_lines_accepted_total{database=\"udp\"}"), 5);
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"udp\",reason=\"missing_fields\"}"), 1);
  EXPECT_EQ(metric("weir_lines_rejected_total{database=\"udp\",reason=\"unbalanced_quotes\"}"), 1);
}

TEST_F(udp_service_test, lines_without_a_time_have_that_of_their_datagram) {
  make();
  send({"a f=1\nb f=1", "a f=1", "a f=1"});
  const std::string all = lines();
  std::vector<std::string> times;
  for (std::size_t at = 0; at < all.size(); at = all.find('\n', at) + 1) {
    const std::string line = all.substr(at, all.find('\n', at) - at);
    times.push_back(line.substr(line.rfind(' ') + 1));
  }
  ASSERT_EQ(times.size(), 4U);
  EXPECT_EQ(times[0], times[1]);
  EXPECT_LE(times[1], times[2]);
  EXPECT_LE(times[2], times[3]);
  EXPECT_EQ(metric("weir_lines_mended_total{database=\"udp\",reason=\"time_assigned\"}"), 4);
}

TEST_F(udp_service_test, precision_and_retention_policy_are_the_listeners) {
  udp_.unit_ns = 1'000'000;
  udp_.database = "udp/one_hour";
  make();
  send({"a f=1 1600000000000"});
  EXPECT_EQ(lines("one_hour"), "a f=1 1600000000000000000\n");
}

TEST_F(udp_service_test, a_full_log_costs_the_datagrams_and_counts_them) {
  make(std::size_t{8} << 10);
  std::mt19937_64 random(7);
  std::string body;
  while (body.size() < 30'000) {
    body += "m f=" + std::to_string(random()) + " 1\n";
  }
  send({body, body, body});
  EXPECT_EQ(dropped("log_full"), 3);
  EXPECT_EQ(lines(), "");
  EXPECT_EQ(metric("weir_lines_received_total{database=\"udp\"}"), 0);
  send({"a f=1 1"});
  EXPECT_EQ(dropped("log_full"), 3);
  EXPECT_EQ(lines(), "a f=1 1\n");
}

TEST_F(udp_service_test, memory_used_up_costs_the_datagrams_and_counts_them) {
  make(std::size_t{64} << 20, std::size_t{64} << 10);
  std::string body;
  while (body.size() < 60'000) {
    body += "measurement,tag=value field=1 1\n";
  }
  send({body, body, "a f=1 1"});
  EXPECT_EQ(dropped("memory"), 3);
  EXPECT_EQ(requests_->used(), 0U);
  send({"a f=1 1"});
  EXPECT_EQ(lines(), "a f=1 1\n");
}

TEST_F(udp_service_test, a_database_too_many_costs_the_datagrams_and_counts_them) {
  make(std::size_t{64} << 20, std::size_t{64} << 20, 0);
  send({"a f=1 1", "a f=1 2"});
  EXPECT_EQ(dropped("databases"), 2);
}

TEST_F(udp_service_test, another_database_is_that_of_the_next_datagrams) {
  make();
  worker_->receive("m f=1 1", sender_);
  udp_settings other = udp_;
  other.database = "second/rp";
  configured_.publish(std::make_shared<const udp_settings>(other));
  worker_->receive("m f=2 2", sender_);
  worker_->flush();
  send({"m f=3 3"});
  EXPECT_EQ(lines(), "m f=1 1\nm f=2 2\n");
  EXPECT_EQ(lines_in(*log_, {"second", "rp"}), "m f=3 3\n");
}

}  // namespace
}  // namespace weir
