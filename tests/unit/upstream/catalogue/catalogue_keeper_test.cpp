// SPDX-License-Identifier: Apache-2.0
//
// What is asked and sent when, against a server that a catalogue plays.
#include "upstream/catalogue/catalogue_keeper.hpp"

#include <gtest/gtest.h>

#include "api/query/query_parser.hpp"
#include "base/percent_escape.hpp"

namespace weir {
namespace {

/// An InfluxDB as far as a keeper sees it.
struct played_server {
  server_catalogue has;
  bool is_down = false;
  /// The answer to all instead, where it is not 0.
  int status = 0;
  std::string body;
  std::vector<std::string> statements;
  std::size_t questions = 0;
  std::chrono::milliseconds timeout{0};

  http_reply ask(const transfer_request& request) {
    timeout = request.timeout;
    if (is_down) {
      return http_reply::failed("connection refused");
    }
    http_reply reply;
    reply.answered = true;
    reply.status = status == 0 ? 200 : status;
    reply.body = body;
    if (status != 0) {
      return reply;
    }
    const bool is_statement = !request.body.empty();
    const std::string text = is_statement ? std::string(request.body.front().substr(2))
                                          : request.url.substr(request.url.find("?q=") + 3);
    auto parsed = api::parse_query(*percent_unescape(text));
    EXPECT_TRUE(parsed) << text;
    reply.body = R"({"results":[)";
    for (const api::statement& one : parsed.value()) {
      reply.body += (reply.body.back() == '[' ? "" : ",") + answer(one);
    }
    reply.body += "]}";
    return reply;
  }

  std::string answer(const api::statement& one) {
    if (one.administers()) {
      statements.push_back(api::spell(one));
      const std::string error = has.apply(one);
      return error.empty() ? "{}" : R"({"error":")" + error + "\"}";
    }
    ++questions;
    std::string values;
    if (one.kind == api::statement_kind::show_databases) {
      for (const std::string& name : has.names()) {
        values += (values.empty() ? "[\"" : ",[\"") + name + "\"]";
      }
      return R"({"series":[{"name":"databases","columns":["name"],"values":[)" + values + "]}]}";
    }
    const known_database* const known = has.find(one.database);
    if (known == nullptr) {
      return R"({"error":"database not found: )" + one.database + "\"}";
    }
    for (const known_policy& each : *known->policies) {
      values += (values.empty() ? "[\"" : ",[\"") + each.name + "\",\"" +
                api::go_duration(each.duration_ns) + "\"," + (each.is_default ? "true]" : "false]");
    }
    return R"({"series":[{"columns":["name","duration","default"],"values":[)" + values + "]}]}";
  }
};

class keepers : public ::testing::Test {
 protected:
  played_server server_;
  std::shared_ptr<const catalogue_view> view_;
  std::string pending_;
  std::string known_;
  std::vector<std::string> may_go_;
  std::vector<std::string> given_up_;
  bool is_idle_ = true;
  bool gives_up_ = true;
  bool disk_is_full_ = false;
  keeper_counters counters_;
  std::unique_ptr<catalogue_keeper> keeper_;
  std::int64_t now_ms_ = 1'000;

  void begin(kept_catalogue before = {}) {
    sink_settings settings;
    settings.name = "influx";
    influxdb_settings influxdb;
    influxdb.url = "http://h:1";
    settings.kind = influxdb;
    keeper_ = std::make_unique<catalogue_keeper>(
        settings,
        keeper_parts{
            .ask = [this](const transfer_request& request) { return server_.ask(request); },
            .publish =
                [this](std::shared_ptr<const catalogue_view> next) { view_ = std::move(next); },
            .keep_pending = [this](std::string_view text) -> outcome {
              if (disk_is_full_) {
                return failure{"no space left"};
              }
              pending_ = text;
              return nothing{};
            },
            .keep_known = [this](std::string_view text) { known_ = text; },
            .may_go = [this](const std::string& database) { may_go_.push_back(database); },
            .wait_idle = [this](const std::string&) { return is_idle_; },
            .drop_before =
                [this](const std::string& database, std::uint64_t position) {
                  given_up_.push_back(database + " " + std::to_string(position));
                  return gives_up_;
                },
            .log_end = [] { return std::uint64_t{42}; }},
        std::move(before), counters_);
  }

  void SetUp() override { begin(); }

  std::int64_t turn() { return keeper_->turn(now_ms_, {}, {}); }

  /// Turns of a minute and a half in which the server does not answer. When the next one is due.
  std::int64_t be_down_for_long() {
    server_.is_down = true;
    std::int64_t due = turn();
    for (int i = 0; i < 100; ++i) {
      now_ms_ = due;
      due = turn();
    }
    return due;
  }

  api::statement_result run(std::string_view text) {
    api::statement_result got{.error = "no answer"};
    std::vector<statement_job> jobs;
    jobs.push_back({api::parse_query(text).value().front(),
                    [&](api::statement_result result) { got = std::move(result); }});
    keeper_->turn(now_ms_, std::move(jobs), {});
    return got;
  }

  presence_answer presence_of(const std::string& database, const std::string& policy = "") {
    presence_answer got;
    std::vector<presence_question> questions;
    questions.push_back({database, policy, [&](presence_answer answer) { got = answer; }});
    keeper_->turn(now_ms_, {}, std::move(questions));
    return got;
  }
};

TEST_F(keepers, learn_what_is_there_and_keep_it) {
  for (const char* text : {"CREATE DATABASE b", "CREATE DATABASE a WITH DURATION 2h NAME p"}) {
    static_cast<void>(server_.has.apply(api::parse_query(text).value().front()));
  }
  EXPECT_FALSE(view_->learnt);
  const std::int64_t next = turn();
  EXPECT_EQ(next, now_ms_ + 60'000);
  EXPECT_TRUE(view_->learnt);
  EXPECT_EQ(view_->known.names(), (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(view_->known.find("a")->has("p"));
  EXPECT_FALSE(view_->known.find("a")->has("q"));
  EXPECT_EQ(*server_catalogue::read(known_), view_->known);
  const std::size_t before = server_.questions;
  now_ms_ += 59'999;
  turn();
  EXPECT_EQ(server_.questions, before);
  now_ms_ += 1;
  server_.has.remove("b");
  turn();
  EXPECT_EQ(view_->known.names(), (std::vector<std::string>{"a"}));
}

TEST_F(keepers, many_databases_are_asked_for_in_parts) {
  std::vector<std::string> names;
  for (int i = 0; i < 120; ++i) {
    names.push_back("d" + std::to_string(i));
    static_cast<void>(
        server_.has.apply(api::parse_query("CREATE DATABASE " + names.back()).value().front()));
  }
  EXPECT_EQ(turn(), now_ms_);
  EXPECT_EQ(server_.questions, 51U);
  EXPECT_EQ(turn(), now_ms_);
  EXPECT_EQ(turn(), now_ms_ + 60'000);
  EXPECT_EQ(server_.questions, 121U);
}

TEST_F(keepers, statements_are_carried_out_before_the_answer) {
  turn();
  const auto made = run("create database x with duration 7d name w");
  EXPECT_EQ(made.error, "");
  EXPECT_TRUE(made.warnings.empty());
  EXPECT_EQ(server_.statements,
            (std::vector<std::string>{R"(CREATE DATABASE "x" WITH DURATION 1w NAME "w")"}));
  EXPECT_TRUE(view_->known.find("x")->has("w"));
  EXPECT_EQ(may_go_, (std::vector<std::string>{"x"}));
  EXPECT_EQ(run("CREATE RETENTION POLICY a ON nowhere DURATION 1d REPLICATION 1").error,
            "database not found: nowhere");
  EXPECT_EQ(run("DROP DATABASE x").error, "");
  EXPECT_EQ(view_->known.find("x"), nullptr);
  EXPECT_TRUE(pending_statements::read(pending_)->empty());
}

TEST_F(keepers, remember_statements_while_the_server_is_down_and_do_them_first) {
  turn();
  server_.is_down = true;
  EXPECT_EQ(run("CREATE DATABASE x").error, "");
  EXPECT_EQ(run("CREATE DATABASE x").error, "") << "again: no other statement";
  EXPECT_EQ(run("CREATE RETENTION POLICY w ON x DURATION 1d REPLICATION 1").error, "");
  EXPECT_EQ(run("CREATE RETENTION POLICY w ON x DURATION 2d REPLICATION 1").error,
            "retention policy already exists");
  EXPECT_EQ(run("CREATE RETENTION POLICY w ON y DURATION 2d REPLICATION 1").error,
            "database not found: y");
  EXPECT_TRUE(view_->known.find("x")->has("w"));
  EXPECT_TRUE(view_->waiting.contains("x"));
  EXPECT_FALSE(view_->answers);
  const auto kept = pending_statements::read(pending_);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->size(), 2U);
  EXPECT_EQ(kept->first().log_end, 42U);
  EXPECT_EQ(counters_.pending.value(), 2U);

  // Another process, and the server is back.
  server_.is_down = false;
  begin({.known = {}, .learnt = true, .pending = *kept});
  EXPECT_TRUE(view_->waiting.contains("x"));
  EXPECT_EQ(run("DROP RETENTION POLICY autogen ON x").error, "");
  EXPECT_EQ(
      server_.statements,
      (std::vector<std::string>{R"(CREATE DATABASE "x")",
                                R"(CREATE RETENTION POLICY "w" ON "x" DURATION 1d REPLICATION 1)",
                                R"(DROP RETENTION POLICY "autogen" ON "x")"}));
  EXPECT_TRUE(view_->waiting.empty());
  EXPECT_TRUE(pending_statements::read(pending_)->empty());
  EXPECT_EQ(may_go_, (std::vector<std::string>{"x", "x"}));
}

TEST_F(keepers, drop_when_nothing_is_under_way_and_give_up_what_waits) {
  turn();
  EXPECT_EQ(run("CREATE DATABASE x").error, "");
  is_idle_ = false;
  EXPECT_EQ(run("DROP DATABASE x").warnings.size(), 1U) << "remembered";
  EXPECT_EQ(server_.statements.size(), 2U) << "whether it is refused the client is to hear";
  EXPECT_TRUE(given_up_.empty());
  EXPECT_TRUE(view_->waiting.contains("x"));
  EXPECT_EQ(pending_statements::read(pending_)->size(), 1U);
  is_idle_ = true;
  gives_up_ = false;
  now_ms_ += 10'000;
  turn();
  EXPECT_EQ(server_.statements.size(), 3U);
  EXPECT_TRUE(view_->waiting.contains("x")) << "its points are not given up yet";
  gives_up_ = true;
  now_ms_ += 10'000;
  turn();
  EXPECT_FALSE(view_->waiting.contains("x"));
  EXPECT_TRUE(pending_statements::read(pending_)->empty());
  EXPECT_EQ(given_up_, (std::vector<std::string>{"x 42", "x 42"}));
}

TEST_F(keepers, what_is_asked_for_after_a_drop_that_waits_comes_after_it) {
  server_.status = 404;  // to a question that is not known there
  turn();
  server_.status = 0;
  is_idle_ = false;
  std::vector<statement_job> jobs;
  std::vector<api::statement_result> results;
  for (const char* text : {"DROP DATABASE x", "CREATE DATABASE x"}) {
    jobs.push_back({api::parse_query(text).value().front(),
                    [&](api::statement_result result) { results.push_back(std::move(result)); }});
  }
  keeper_->turn(now_ms_, std::move(jobs), {});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[1].warnings.size(), 1U) << "remembered";
  EXPECT_EQ(server_.statements, (std::vector<std::string>{R"(DROP DATABASE "x")"}));
  is_idle_ = true;
  now_ms_ += 10'000;
  turn();
  EXPECT_EQ(server_.has.names(), (std::vector<std::string>{"x"}));
  EXPECT_TRUE(view_->waiting.empty());
}

TEST_F(keepers, a_drop_that_the_server_refuses_is_told_and_gives_up_nothing) {
  struct refusal {
    int status;
    std::string body;
    std::string told;
  };
  turn();
  for (const bool idle : {true, false}) {
    is_idle_ = idle;
    for (const refusal& each : {
             refusal{403, R"({"error":"not authorized"})", "not authorized"},
             refusal{401, R"({"error":"authorization failed"})", "authorization failed"},
             refusal{200, R"({"results":[{"error":"not executed"}]})", "not executed"},
             refusal{404, "nothing here",
                     "sink influx did not carry this out: status 404: nothing here"},
             refusal{204, "", "sink influx did not carry this out: status 204: "},
         }) {
      server_.status = each.status;
      server_.body = each.body;
      const auto got = run("DROP DATABASE x");
      EXPECT_EQ(got.error, each.told) << each.status;
      EXPECT_TRUE(got.warnings.empty());
      EXPECT_TRUE(given_up_.empty());
      EXPECT_TRUE(view_->waiting.empty());
      EXPECT_TRUE(pending_statements::read(pending_)->empty());
    }
  }
}

TEST_F(keepers, wait_two_seconds_for_an_answer_and_ten_for_a_statement) {
  turn();
  EXPECT_EQ(presence_of("x").is, presence::missing_database);
  EXPECT_EQ(server_.timeout, std::chrono::seconds{2});
  server_.status = 403;
  server_.body = R"({"error":"not authorized"})";
  EXPECT_EQ(run("CREATE DATABASE x").error, "not authorized");
  EXPECT_EQ(server_.timeout, std::chrono::seconds{10});
}

TEST_F(keepers, what_waits_is_bounded_and_all_of_it_is_carried_out) {
  turn();
  server_.is_down = true;
  for (std::size_t i = 0; i < pending_statements::statements_max; ++i) {
    ASSERT_EQ(run("CREATE DATABASE d" + std::to_string(i)).error, "") << i;
  }
  EXPECT_EQ(run("CREATE DATABASE d999").error, "") << "the same again";
  EXPECT_NE(run("CREATE DATABASE more").error.find("1000 statements wait"), std::string::npos);
  server_.is_down = false;
  now_ms_ += 10'000;
  turn();
  EXPECT_TRUE(view_->waiting.empty());
  EXPECT_EQ(server_.has.size(), pending_statements::statements_max);
}

TEST_F(keepers, what_cannot_be_kept_is_not_promised) {
  turn();
  server_.is_down = true;
  disk_is_full_ = true;
  EXPECT_EQ(run("CREATE DATABASE x").error, "no space left");
  EXPECT_EQ(view_->known.find("x"), nullptr);
  EXPECT_TRUE(view_->waiting.empty());
}

TEST_F(keepers, rest_between_questions_to_a_server_that_is_down) {
  server_.is_down = true;
  std::int64_t due = turn();
  EXPECT_EQ(due, now_ms_ + 250);
  EXPECT_EQ(presence_of("x").is, presence::unknown);
  for (int i = 0; i < 5; ++i) {
    now_ms_ = due;
    due = turn();
  }
  EXPECT_EQ(due, now_ms_ + 1'000) << "at the most";
  server_.is_down = false;
  EXPECT_EQ(presence_of("x").is, presence::unknown) << "not asked before it is due";
  EXPECT_EQ(server_.questions, 0U);
  now_ms_ = due;
  turn();
  EXPECT_TRUE(view_->answers);
  EXPECT_EQ(presence_of("x").is, presence::missing_database);
}

TEST_F(keepers, ask_a_server_that_is_gone_for_long_seldom) {
  const std::int64_t began_ms = now_ms_;
  server_.is_down = true;
  std::int64_t due = turn();
  while (due <= now_ms_ + 1'000) {
    now_ms_ = due;
    due = turn();
    EXPECT_EQ(keeper_->rests(), due > now_ms_ + 1'000);
  }
  EXPECT_NEAR(static_cast<double>(now_ms_ - began_ms), 60'000, 2'000) << "after about a minute";
  EXPECT_EQ(due, now_ms_ + 10'000);
  now_ms_ = due;
  EXPECT_EQ(turn(), now_ms_ + 10'000) << "and from then on";
  server_.is_down = false;
  now_ms_ += 10'000;
  turn();
  EXPECT_TRUE(view_->answers);
  EXPECT_FALSE(keeper_->rests());
  server_.is_down = true;
  now_ms_ += 3'600'000;
  EXPECT_EQ(turn(), now_ms_ + 250) << "another outage begins anew";
}

TEST_F(keepers, never_rest_while_a_statement_waits) {
  turn();
  server_.is_down = true;
  EXPECT_EQ(run("CREATE DATABASE x").error, "");
  const std::int64_t due = be_down_for_long();
  EXPECT_EQ(due, now_ms_ + 1'000);
}

TEST_F(keepers, a_statement_ends_a_rest_and_is_carried_out_at_once_where_the_server_is_back) {
  be_down_for_long();
  server_.is_down = false;
  now_ms_ += 1'500;
  const auto made = run("CREATE DATABASE x");
  EXPECT_EQ(made.error, "");
  EXPECT_TRUE(made.warnings.empty()) << "it is not remembered, but done";
  EXPECT_EQ(server_.statements.size(), 1U);
  EXPECT_TRUE(view_->answers);
  EXPECT_FALSE(keeper_->rests());
}

TEST_F(keepers, a_statement_ends_a_rest_also_where_the_server_is_still_down) {
  be_down_for_long();
  now_ms_ += 5'000;
  std::vector<statement_job> jobs;
  api::statement_result made{.error = "no answer"};
  jobs.push_back({api::parse_query("CREATE DATABASE x").value().front(),
                  [&](api::statement_result result) { made = std::move(result); }});
  EXPECT_EQ(keeper_->turn(now_ms_, std::move(jobs), {}), now_ms_ + 1'000) << "something waits now";
  EXPECT_EQ(made.error, "");
  EXPECT_EQ(made.warnings.size(), 1U);
  server_.is_down = false;
  now_ms_ += 1'000;
  turn();
  EXPECT_TRUE(view_->waiting.empty());
  EXPECT_EQ(server_.statements.size(), 1U);
}

TEST_F(keepers, a_rest_that_is_ended_leaves_the_usual_pause) {
  be_down_for_long();
  const std::int64_t failed_ms = now_ms_;
  const auto questions_before = counters_.questions.value();
  now_ms_ += 400;
  keeper_->end_rest();
  EXPECT_EQ(turn(), failed_ms + 1'000);
  EXPECT_EQ(run("CREATE DATABASE x").warnings.size(), 1U);
  EXPECT_EQ(counters_.questions.value(), questions_before) << "it was asked a moment ago";
  keeper_->end_rest();
  EXPECT_EQ(turn(), failed_ms + 1'000) << "there is no rest to end";
}

TEST_F(keepers, a_question_ends_a_rest_and_is_answered_where_the_server_is_back) {
  be_down_for_long();
  server_.is_down = false;
  now_ms_ += 2'000;
  EXPECT_EQ(presence_of("x").is, presence::missing_database);
}

TEST_F(keepers, ask_the_server_whether_something_is_there) {
  turn();
  static_cast<void>(server_.has.apply(api::parse_query("CREATE DATABASE x").value().front()));
  EXPECT_EQ(presence_of("x").is, presence::there);
  EXPECT_EQ(presence_of("y").is, presence::missing_database);
  const presence_answer missing = presence_of("x", "p");
  EXPECT_EQ(missing.is, presence::missing_policy);
  EXPECT_EQ(missing.policy, "p");
  static_cast<void>(
      server_.has.apply(api::parse_query("DROP RETENTION POLICY autogen ON x").value().front()));
  EXPECT_EQ(presence_of("x").policy, "autogen") << "the default one is gone";
}

TEST_F(keepers, what_is_no_influxdb_tells_nothing) {
  server_.status = 204;
  turn();
  EXPECT_FALSE(view_->learnt);
  EXPECT_EQ(presence_of("x").is, presence::unknown);
  now_ms_ += 10'000;
  const auto made = run("CREATE DATABASE x");
  EXPECT_EQ(made.error, "");
  EXPECT_EQ(made.warnings.size(), 1U);
}

TEST_F(keepers, a_remembered_statement_that_is_refused_stops_nothing) {
  turn();
  server_.is_down = true;
  EXPECT_EQ(run("CREATE DATABASE x").error, "");
  EXPECT_EQ(run("CREATE DATABASE y").error, "");
  server_.is_down = false;
  now_ms_ += 10'000;
  // Somebody made it otherwise meanwhile, on the server itself.
  server_.status = 403;
  server_.body = R"({"error":"not authorized"})";
  turn();
  EXPECT_TRUE(view_->waiting.contains("x"));
  server_.status = 0;
  now_ms_ += 10'000;
  turn();
  EXPECT_TRUE(view_->waiting.empty());
  EXPECT_EQ(server_.has.names(), (std::vector<std::string>{"x", "y"}));
}

}  // namespace
}  // namespace weir
