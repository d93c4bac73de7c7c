// SPDX-License-Identifier: Apache-2.0
//
// What write paths tell the book of findings and those who watch lines as they pass.
#include <gtest/gtest.h>

#include <optional>

#include "accounts/database_registry.hpp"
#include "base/clock_posix.hpp"
#include "facts/refusals/finding_book.hpp"
#include "facts/tap/tap_desk.hpp"
#include "gate/series/gate_memory.hpp"
#include "ingest/write_path.hpp"
#include "letters/letter.hpp"
#include "log/open_log.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;

class findings_test : public ::testing::Test {
 protected:
  findings_test() { log_ = make_memory_log({frames_, full_policy::reject, wall_clock_ns}); }

  database_settings& policy() { return settings_.database.at("*"); }

  void start() {
    terms_.publish(terms_of(settings_, rules_));
    path_.emplace(write_services{.terms = terms_,
                                 .log = *log_,
                                 .databases = databases_,
                                 .memory = memory_,
                                 .remembered = &remembered_,
                                 .findings = &book_,
                                 .taps = &taps_});
  }

  void write(const api::write_target& target, const std::string& body,
             const std::string& address = "192.0.2.1:4711") {
    std::string refusal;
    write_job* job = path_->begin(target, now, refusal,
                                  [](write_end, const write_verdict&, const std::string&) {},
                                  {.describe = [&](letter_header& header) {
                                    header.listener = "http";
                                    header.address = address;
                                    header.agent = "curl/8";
                                  }});
    job->body(body);
    job->complete();
    path_->end_of_turn();
    path_->release(*job);
  }
  void write(const std::string& body) { write({"db", "", 1, true}, body); }

  std::optional<finding_group> group(const std::string& code) {
    for (finding_group& each : book_.groups(100)) {
      if (each.code.name() == code) {
        return std::move(each);
      }
    }
    return std::nullopt;
  }

  settings settings_;
  std::shared_ptr<const rule_set> rules_;
  published<write_terms> terms_{terms_of(settings_)};
  memory_budget frames_{std::size_t{64} << 20};
  memory_budget memory_{std::size_t{64} << 20};
  database_registry databases_{100};
  gate_memory remembered_{{.start_ns = now}};
  finding_book book_;
  tap_desk taps_{1};
  std::unique_ptr<frame_log> log_;
  std::optional<write_path> path_;
};

TEST_F(findings_test, good_lines_are_no_finding) {
  start();
  write("cpu v=1 1700000000000000000\nmem v=2\n");
  EXPECT_TRUE(book_.groups(100).empty());
}

TEST_F(findings_test, a_line_that_does_not_parse_is_found_with_its_caret_remedy_and_sender) {
  start();
  write("cpu v=1\ncpu,host=a, dc=b v=1\nmem\nmem\n");
  const auto found = group("missing_fields");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, finding_kind::rejected);
  EXPECT_EQ(found->count, 2U);
  EXPECT_EQ(found->last_ns, now);
  ASSERT_TRUE(found->example);
  EXPECT_EQ(found->example->line.text, "mem");
  EXPECT_EQ(found->example->line.line, 3U);
  EXPECT_EQ(found->example->line.at_ns, now);
  EXPECT_EQ(found->example->line.mark_column, 3U);
  EXPECT_FALSE(found->example->line.remedy.empty());
  ASSERT_EQ(found->senders.size(), 1U);
  EXPECT_EQ(found->senders[0].from.address, "192.0.2.1");
  EXPECT_EQ(found->senders[0].from.agent, "curl/8");
  EXPECT_EQ(found->senders[0].database, "db");
}

TEST_F(findings_test, what_the_gate_refuses_points_at_the_time) {
  policy().retention = std::chrono::hours(1);
  start();
  write("cpu v=1 1\n");
  const auto found = group("beyond_retention");
  ASSERT_TRUE(found && found->example);
  EXPECT_EQ(found->example->line.column, 9U);
  EXPECT_EQ(found->example->line.mark_columns, 1U);
}

TEST_F(findings_test, mended_seconds_name_their_sender_and_have_no_example) {
  policy().precision_mistake = precision_mistake_mode::mend;
  start();
  write("cpu v=1 1700000000\ncpu v=2 1700000001\n");
  write({"db", "", 1, true}, "cpu v=3 1700000002\n", "[2001:db8::7]:1");
  const auto found = group("precision_mended");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, finding_kind::mended);
  EXPECT_EQ(found->count, 3U);
  EXPECT_FALSE(found->example);
  ASSERT_EQ(found->senders.size(), 2U);
  EXPECT_EQ(found->senders[0].count, 2U);
  EXPECT_EQ(found->senders[1].from.address, "2001:db8::7");
}

TEST_F(findings_test, a_retry_is_noted) {
  start();
  write("cpu v=1 1700000000000000000\n");
  write("cpu v=1 1700000000000000000\n");
  const auto found = group("duplicate_retry");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, finding_kind::noted);
}

TEST_F(findings_test, a_rule_that_drops_is_named) {
  rule_settings rule;
  rule.name = "noise";
  rule.measurement = "debug";
  settings_.rules.push_back(rule);
  auto compiled = rule_set::compile(settings_.rules);
  ASSERT_TRUE(compiled);
  rules_ = compiled.value();
  start();
  write("debug v=1\n");
  const std::vector<database_finding> reasons = book_.of_database("db");
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].kind, finding_kind::dropped);
  EXPECT_NE(reasons[0].message.find("noise"), std::string::npos) << reasons[0].message;
}

TEST_F(findings_test, of_all_or_nothing_the_good_lines_are_counted_apart) {
  policy().precision_mistake = precision_mistake_mode::mend;
  start();
  api::write_target target{"db", "", 1, true};
  target.options.accept_partial = false;
  write(target, "cpu v=1 1700000000\ncpu v=2\ncpu\n");
  EXPECT_FALSE(group("precision_mended"));
  EXPECT_EQ(group("missing_fields")->count, 1U);
  EXPECT_EQ(group("all_or_nothing")->count, 2U);
}

TEST_F(findings_test, what_is_never_committed_is_not_found) {
  start();
  std::string refusal;
  write_job* job = path_->begin({"db", "", 1, true}, now, refusal,
                                [](write_end, const write_verdict&, const std::string&) {});
  job->body("cpu\n");
  path_->release(*job);
  EXPECT_TRUE(book_.groups(100).empty());
}

TEST_F(findings_test, bodies_of_one_request_have_senders_of_their_own) {
  start();
  std::string address = "192.0.2.1:1";
  std::string refusal;
  write_job* job = path_->begin({"db", "", 1, true}, now, refusal,
                                [](write_end, const write_verdict&, const std::string&) {},
                                {.describe = [&](letter_header& header) {
                                  header.listener = "udp";
                                  header.address = address;
                                }});
  job->body("cpu");
  job->next_body(now);
  address = "192.0.2.2:1";
  job->body("mem");
  job->complete();
  path_->end_of_turn();
  path_->release(*job);
  const auto found = group("missing_fields");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->senders.size(), 2U);
}

TEST_F(findings_test, those_who_watch_see_accepted_and_refused_lines) {
  start();
  write("before v=1 1\n");
  const auto watching = taps_.open(
      {.per_second = 100}, [] {}, now);
  write("cpu,b=1,a=2 v=1 1700000000000000000\nmem\n");
  std::string all;
  EXPECT_TRUE(watching->take(all));
  EXPECT_EQ(all.find("before"), std::string::npos);
  EXPECT_NE(all.find(R"("verdict":"accepted","database":"db","retention_policy":"",)"
                     R"("line":"cpu,a=2,b=1 v=1 1700000000000000000","listener":"http",)"
                     R"("address":"192.0.2.1","agent":"curl/8")"),
            std::string::npos)
      << all;
  EXPECT_NE(all.find(R"("verdict":"rejected","database":"db","retention_policy":"","line":"mem",)"
                     R"("code":"missing_fields","message":"missing fields","column":4)"),
            std::string::npos)
      << all;
}

TEST_F(findings_test, lines_that_were_sealed_ahead_are_watched_too) {
  settings_.log.compression = compression_mode::gzip;
  start();
  const auto watching = taps_.open(
      {.measurement = "first", .per_second = 100}, [] {}, now);
  std::string body = "first v=1 1\n";
  const std::string pad(1000, 'x');
  for (int i = 0; i < 2000; ++i) {
    body += "cpu f=\"" + pad + "\" " + std::to_string(i) + "\n";
  }
  write(body);
  std::string all;
  EXPECT_TRUE(watching->take(all));
  EXPECT_NE(all.find("first v=1 1"), std::string::npos) << all.substr(0, 300);
}

}  // namespace
}  // namespace weir
