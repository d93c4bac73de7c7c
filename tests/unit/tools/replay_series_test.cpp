// SPDX-License-Identifier: Apache-2.0
//
// What a receiver of remote write refused, sent once more: what passes, what stays, under which
// names.
#include "tools/letters/replay_series.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "sinks/mapping/series_mapper.hpp"
#include "unit/sinks/remote_write/fake_prometheus.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

constexpr std::int64_t now_ms = 1'800'000'000'000;

std::string at(std::int64_t ms) {
  return " " + std::to_string(ms * 1'000'000) + "\n";
}

class replaying_series : public ::testing::Test {
 protected:
  replaying_series() {
    auto& settings = sink_.kind.emplace<remote_write_settings>();
    settings.url = "http://h:1/api/v1/write";
    settings.headers = {"X-Scope-OrgID: one"};
    settings.token = "secret";
    sink_.name = "test";
    batch_.database = "d";
  }
  /// As the sink gave them when it sent such lines first.
  void give_names(const std::string& lines) {
    series_mapper mapper(settings().mapping, names_);
    mapper.begin("d", "");
    line_reader reader;
    reader.feed(lines);
    reader.finish();
    while (reader.next() == line_event::point) {
      mapper.take(reader.point());
      static_cast<void>(mapper.labels());
      for (std::size_t i = 0; i < reader.point().fields.size(); ++i) {
        static_cast<void>(mapper.field(i));
      }
    }
  }
  replayed_batch send(const id_set& done = {}) {
    const auto ask = [this](const transfer_request& request) {
      last_ = request;
      asked_.push_back(request.url);
      http_reply got = http_reply::failed("refused");
      if (!request.url.starts_with(down_)) {
        server_.post(request, [&](http_reply reply) { got = std::move(reply); });
      }
      return got;
    };
    series_replay replay(
        sink_, {.addresses = std::make_shared<replay_addresses>(settings(), ask),
                .names = names_,
                .now_ns = [this] { return now_ms * 1'000'000 + waited_.count() * 1'000'000'000; },
                .wait = [this](std::chrono::seconds time) { waited_ += time; }});
    return replay.send(batch_, done);
  }
  [[nodiscard]] remote_write_settings& settings() {
    return std::get<remote_write_settings>(sink_.kind);
  }

  sink_settings sink_;
  refused_batch batch_;
  std::shared_ptr<name_book> names_ = std::make_shared<name_book>(1 << 20, nullptr);
  fake_prometheus server_;
  transfer_request last_;
  std::vector<std::string> asked_;
  /// Nobody answers there.
  std::string down_ = "nowhere";
  std::chrono::seconds waited_{0};
};

TEST_F(replaying_series, what_is_refused_again_stays_and_the_rest_does_not) {
  batch_.lines = "m,s=a v=3" + at(now_ms - 1'000) + "m,s=a v=1" + at(now_ms - 9'000) + "m,s=b v=2" +
                 at(now_ms - 5'000);
  give_names(batch_.lines);
  server_.extra = [](const received_sample& one) {
    return one.series().find("\"b\"") == std::string::npos ? "" : "max series limit exceeded";
  };
  const replayed_batch made = send();
  EXPECT_EQ(made.failed, "");
  EXPECT_EQ(made.passed, 2U);
  EXPECT_EQ(made.refused, 1U);
  EXPECT_EQ(made.taken.text(), "1-2\n");
  EXPECT_EQ(made.words, "answered 400: max series limit exceeded");
  EXPECT_EQ(server_.stored.size(), 1U);
  EXPECT_EQ(server_.stored.begin()->second.size(), 2U);  // the older one went first

  server_.extra = nullptr;
  server_.stored.clear();
  const replayed_batch rest = send(made.taken);
  EXPECT_EQ(rest.passed, 1U);
  EXPECT_EQ(rest.refused, 0U);
  EXPECT_EQ(rest.taken.text(), "3\n");
  ASSERT_EQ(server_.stored.size(), 1U);
  EXPECT_EQ(server_.stored.begin()->first, "m_v{db=\"d\",s=\"b\"}");
}

TEST_F(replaying_series, goes_to_the_next_address_where_one_is_down) {
  settings().urls = {"http://h:1/api/v1/write", "http://i:2/write", "http://j:3/write"};
  down_ = "http://h:1/";
  batch_.lines = "m,s=a v=3" + at(now_ms - 1'000) + "m,s=a v=1" + at(now_ms - 9'000);
  give_names(batch_.lines);
  EXPECT_EQ(send().passed, 2U);
  EXPECT_EQ(asked_.front(), "http://h:1/api/v1/write");
  EXPECT_EQ(std::count(asked_.begin(), asked_.end(), asked_.front()), 1) << "it is tried once";
  EXPECT_EQ(asked_.back(), "http://i:2/write");
  EXPECT_EQ(server_.stored.begin()->second.size(), 2U);
}

TEST_F(replaying_series, stays_where_no_address_answers) {
  settings().urls = {"http://h:1/api/v1/write", "http://i:2/write"};
  down_ = "http://";
  batch_.lines = "m v=3" + at(now_ms - 1'000);
  give_names(batch_.lines);
  const replayed_batch made = send();
  EXPECT_EQ(made.failed, "refused");
  EXPECT_EQ(made.passed, 0U);
  EXPECT_EQ(asked_, settings().urls);
}

TEST(replay_addresses, a_write_of_influxdb_goes_on_to_the_next_one_and_stays_there) {
  influxdb_settings server;
  server.url = "http://a:1/x/";
  server.urls = {"http://a:1/x/", "http://b:2", "http://c:3"};
  std::vector<std::string> asked;
  replay_addresses addresses(server, [&](const transfer_request& request) {
    asked.push_back(request.url);
    http_reply reply;
    reply.answered = request.url.find("http://a") == std::string::npos;
    reply.status = request.url.find("http://b") == std::string::npos ? 204 : 503;
    return reply;
  });
  transfer_request write;
  write.url = "http://a:1/x/write?db=d";
  EXPECT_EQ(addresses.ask_until_answered(write).status, 204);
  EXPECT_EQ(addresses.ask_until_answered(write).status, 204);
  EXPECT_EQ(asked, (std::vector<std::string>{"http://a:1/x/write?db=d", "http://b:2/write?db=d",
                                             "http://c:3/write?db=d", "http://c:3/write?db=d"}));
  EXPECT_EQ(addresses.url(), "http://c:3");
}

TEST_F(replaying_series, is_sent_as_the_sink_sends) {
  settings().version = 2;
  settings().age_most = std::chrono::hours(1);
  server_.status_for_v2 = 0;
  batch_.lines = "m v=3" + at(now_ms - 7'200'000);  // older than the sink would send
  give_names(batch_.lines);
  EXPECT_EQ(send().passed, 1U);
  EXPECT_EQ(last_.url, "http://h:1/api/v1/write");
  const auto has = [&](std::string_view header) {
    return std::find(last_.headers.begin(), last_.headers.end(), header) != last_.headers.end();
  };
  EXPECT_TRUE(has("X-Scope-OrgID: one"));
  EXPECT_TRUE(has("Authorization: Bearer secret"));
  EXPECT_TRUE(has(fake_prometheus::version_2));

  server_.stored.clear();
  server_.status_for_v2 = 415;
  EXPECT_EQ(send().passed, 1U);
  EXPECT_FALSE(std::find(last_.headers.begin(), last_.headers.end(), fake_prometheus::version_2) !=
               last_.headers.end());
  EXPECT_EQ(server_.stored.size(), 1U);
}

TEST_F(replaying_series, has_the_names_that_were_given_and_gives_none) {
  give_names("m a.b=1,a-b=1 1\n");
  batch_.lines = "m a-b=1" + at(now_ms - 2'000) + "m other=1" + at(now_ms - 1'000) + "m a.b=2" +
                 at(now_ms - 1'000) + "m a-b=2,new.tag=\"x\"" + at(now_ms - 500) + "m,new=t a-b=3" +
                 at(now_ms);
  const replayed_batch made = send();
  EXPECT_EQ(made.passed, 3U);
  EXPECT_EQ(made.refused, 2U);
  EXPECT_EQ(made.taken.text(), "1\n3-4\n");
  EXPECT_NE(made.words.find("no names yet"), std::string::npos);
  ASSERT_EQ(server_.stored.size(), 2U);
  EXPECT_EQ(server_.stored.count("m_a_b{db=\"d\"}"), 1U);
  EXPECT_EQ(server_.stored.begin()->first, "m_a_b_693120f9{db=\"d\"}");
}

TEST_F(replaying_series, what_is_ahead_of_the_clock_waits) {
  batch_.lines = "m v=1" + at(now_ms + 700'000) + "m v=2" + at(now_ms);
  give_names(batch_.lines);
  const replayed_batch made = send();
  EXPECT_EQ(made.passed, 1U);
  EXPECT_EQ(made.refused, 1U);
  EXPECT_EQ(made.taken.text(), "2\n");
  EXPECT_NE(made.words.find("ahead of the clock"), std::string::npos);
}

TEST_F(replaying_series, nothing_further_is_sent_after_a_failure_and_what_passed_counts) {
  for (std::size_t i = 0; i < 2 * series_replay::lines_at_once; ++i) {
    batch_.lines += "m,s=" + std::to_string(i) + " v=1" + at(now_ms - 1'000'000 + std::int64_t(i));
  }
  give_names(batch_.lines);
  server_.behave = [](std::size_t number) -> std::optional<http_reply> {
    http_reply busy;
    busy.answered = true;
    busy.status = 503;
    busy.body = "later";
    return number == 2 ? std::optional(busy) : std::nullopt;
  };
  const replayed_batch made = send();
  EXPECT_EQ(made.failed, "answered 503: later");
  EXPECT_EQ(made.passed, series_replay::lines_at_once);
  EXPECT_EQ(made.refused, 0U);
  EXPECT_EQ(made.taken.text(), "1-500\n");
  EXPECT_EQ(server_.requests, 2U);

  server_.behave = [](std::size_t) { return std::optional(http_reply::failed("no route")); };
  EXPECT_EQ(send(made.taken).failed, "no route");
}

TEST_F(replaying_series, a_search_that_has_used_its_requests_waits_and_goes_on) {
  for (int i = 0; i < 400; ++i) {
    batch_.lines += "m,s=" + std::to_string(i) + " a=1,b=1,c=1,d=1" + at(now_ms - 1'000 + i);
  }
  give_names(batch_.lines);
  server_.extra = [](const received_sample& one) {
    return one.series().starts_with("m_b") && one.time_ms % 2 == 0 ? "no" : "";
  };
  const replayed_batch made = send();
  EXPECT_GT(waited_.count(), 0);
  EXPECT_EQ(made.failed, "");
  EXPECT_EQ(made.refused, 200U);
  EXPECT_EQ(made.passed, 200U);
  EXPECT_EQ(server_.stored.size(), 4U * 400U - 200U);
}

}  // namespace
}  // namespace weir
