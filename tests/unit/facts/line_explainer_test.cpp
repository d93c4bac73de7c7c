// SPDX-License-Identifier: Apache-2.0
#include "facts/explain/line_explainer.hpp"

#include <gtest/gtest.h>

#include "base/time_unit.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;
constexpr std::int64_t hour = 3'600'000'000'000;

class line_explainer_test : public ::testing::Test {
 protected:
  line_explainer_test() : remembered_({.start_ns = now - 2 * hour}) {
    policy_ = settings_.database.at("*");
    terms_.database = "db";
    terms_.now_ns = now;
    terms_.policy = &policy_;
    terms_.remembered = &remembered_;
  }

  explanation_report explain(std::string_view text) { return explain_lines(text, terms_); }
  explained_line one(std::string_view text) {
    explanation_report report = explain(text);
    EXPECT_EQ(report.lines.size(), 1U) << text;
    return report.lines.empty() ? explained_line{} : report.lines.front();
  }

  /// What a write does.
  void write(std::string_view text) {
    line_reader reader;
    reader.feed(text);
    reader.finish();
    gate real;
    real.begin({.policy = &policy_, .now_ns = now, .memory = &remembered_, .database = "db"});
    staged_lines staged;
    while (reader.next() == line_event::point) {
      static_cast<void>(real.pass(reader.point(), staged));
    }
    real.commit();
  }

  settings settings_;
  database_settings policy_;
  gate_memory remembered_;
  explain_terms terms_;
};

TEST_F(line_explainer_test, a_good_line_is_what_is_logged) {
  const explained_line line = one("cpu,b=1,a=2 v=1,n=3i,s=\"x\" 1700000000000000000");
  EXPECT_EQ(line.fate, line_fate::accepted);
  EXPECT_EQ(line.code, "");
  EXPECT_EQ(line.canonical, "cpu,a=2,b=1 v=1,n=3i,s=\"x\" 1700000000000000000");
  ASSERT_TRUE(line.point);
  EXPECT_EQ(line.point->measurement, "cpu");
  EXPECT_EQ(line.point->tags.at(0).first, "b");
  EXPECT_EQ(line.point->fields.at(1).type, "integer");
  EXPECT_EQ(line.point->time_ns, now);
  EXPECT_EQ(line.mark_columns, 0U);
}

TEST_F(line_explainer_test, a_line_without_a_time_is_accepted_with_a_note) {
  const explained_line line = one("cpu v=1");
  EXPECT_EQ(line.fate, line_fate::accepted);
  ASSERT_EQ(line.notes.size(), 1U);
  EXPECT_EQ(line.notes[0].code, "time_assigned");
  EXPECT_EQ(line.point->time_ns, now);
}

TEST_F(line_explainer_test, a_mistake_is_explained_with_its_place_and_repair) {
  const explained_line line = one("cpu,host=a, dc=b v=1");
  EXPECT_EQ(line.fate, line_fate::rejected);
  EXPECT_FALSE(line.title.empty());
  EXPECT_FALSE(line.message.empty());
  EXPECT_FALSE(line.remedy.empty());
  EXPECT_GT(line.mark_columns, 0U);
  ASSERT_FALSE(line.repaired.empty());
  EXPECT_EQ(line.repaired[0].text, "cpu,host=a,dc=b v=1");
  EXPECT_FALSE(line.canonical);
  EXPECT_FALSE(line.point);
}

TEST_F(line_explainer_test, seconds_are_rejected_or_mended_as_the_policy_says) {
  const explained_line rejected = one("cpu v=1 1700000000");
  EXPECT_EQ(rejected.fate, line_fate::rejected);
  EXPECT_EQ(rejected.code, "precision_mistaken");
  EXPECT_EQ(rejected.column, 9U);
  EXPECT_EQ(rejected.length, 10U);
  policy_.precision_mistake = precision_mistake_mode::mend;
  const explained_line mended = one("cpu v=1 1700000000");
  EXPECT_EQ(mended.fate, line_fate::mended);
  EXPECT_EQ(mended.code, "precision_mended");
  EXPECT_EQ(mended.canonical, "cpu v=1 1700000000000000000");
  EXPECT_EQ(mended.point->time_ns, now);
  EXPECT_EQ(mended.mark_column, 8U);
}

TEST_F(line_explainer_test, nanoseconds_sent_as_seconds_overflow_and_are_told) {
  terms_.unit_ns = 1'000'000'000;
  const explained_line line = one("cpu v=1 1700000000000000000");
  EXPECT_EQ(line.fate, line_fate::rejected);
  EXPECT_EQ(line.code, "precision_mistaken");
  policy_.precision_mistake = precision_mistake_mode::mend;
  EXPECT_EQ(one("cpu v=1 1700000000000000000").canonical, "cpu v=1 1700000000000000000");
}

TEST_F(line_explainer_test, types_are_those_that_the_database_has) {
  write("cpu v=1 1700000000000000000\n");
  const explained_line line = one("cpu v=\"text\" 1700000000000000001");
  EXPECT_EQ(line.fate, line_fate::rejected);
  EXPECT_EQ(line.code, "field_type_conflict");
  EXPECT_NE(line.message.find("already exists as type float"), std::string::npos) << line.message;
  EXPECT_EQ(line.column, 5U);
  // Another database has no such type.
  terms_.database = "other";
  EXPECT_EQ(one("cpu v=\"text\" 1700000000000000001").fate, line_fate::accepted);
}

TEST_F(line_explainer_test, lines_of_one_text_contradict_each_other_as_those_of_a_request) {
  const explanation_report report = explain("cpu v=1\ncpu v=\"text\"\n");
  ASSERT_EQ(report.lines.size(), 2U);
  EXPECT_EQ(report.lines[1].code, "field_type_conflict");
  EXPECT_EQ(report.accepted, 1U);
  EXPECT_EQ(report.rejected, 1U);
}

TEST_F(line_explainer_test, points_are_compared_with_those_that_came) {
  policy_.duplicates = duplicates_mode::reject;
  write("cpu v=1 1700000000000000000\ncpu v=2 1700000000000000005\n");
  EXPECT_EQ(one("cpu v=7 1700000000000000005").code, "duplicate_point");
  EXPECT_EQ(one("cpu v=7 1700000000000000000").code, "duplicate_point");
  EXPECT_EQ(one("cpu v=7 1700000000000000003").fate, line_fate::accepted);
  EXPECT_EQ(one("cpu v=2 1700000000000000005").code, "duplicate_retry");
}

TEST_F(line_explainer_test, series_count_against_the_limits) {
  policy_.series_total = 2;
  write("cpu,host=a v=1\n");
  const explanation_report report =
      explain("cpu,host=a v=2 1\ncpu,host=b v=1 1\ncpu,host=c v=1 1\ncpu,host=d v=1 1\n");
  ASSERT_EQ(report.lines.size(), 4U);
  EXPECT_EQ(report.lines[0].fate, line_fate::accepted) << report.lines[0].code;
  EXPECT_EQ(report.lines[1].fate, line_fate::accepted) << report.lines[1].code;
  EXPECT_EQ(report.lines[2].code, "series_limit");
  EXPECT_EQ(report.rejected, 2U);
}

TEST_F(line_explainer_test, nothing_is_remembered) {
  write("cpu,host=a v=1 1700000000000000000\n");
  const std::uint64_t registered = remembered_.registrations();
  const auto before = remembered_.series.count();
  const auto explained = explain(
      "cpu,host=a v=2 1700000000000000009\nmem,host=b w=1i\ncpu,host=a u=\"new\"\nnew v=1\n");
  EXPECT_EQ(explained.accepted, 4U);
  EXPECT_EQ(remembered_.registrations(), registered);
  EXPECT_EQ(remembered_.series.count().series, before.series);
  ASSERT_EQ(remembered_.count().size(), 1U);
  EXPECT_EQ(remembered_.count()[0].series, 1U);
  EXPECT_EQ(remembered_.count()[0].types, 1U);
  terms_.database = "never";
  EXPECT_EQ(explain("cpu v=1\n").accepted, 1U);
  EXPECT_FALSE(remembered_.knows("never"));
  EXPECT_EQ(remembered_.series.peek(hash_series("mem,host=b", remembered_.of("db").seed())),
            std::nullopt);
  // And the line is no duplicate of the one that was tried.
  policy_.duplicates = duplicates_mode::reject;
  terms_.database = "db";
  EXPECT_EQ(one("cpu,host=a v=3 1700000000000000009").fate, line_fate::accepted);
}

TEST_F(line_explainer_test, rules_are_applied_and_not_counted) {
  rule_settings rule;
  rule.name = "noise";
  rule.measurement = "debug";
  const auto rules = rule_set::compile({rule});
  ASSERT_TRUE(rules);
  terms_.rules = rules.value().get();
  const explained_line line = one("debug v=1");
  EXPECT_EQ(line.fate, line_fate::dropped);
  EXPECT_EQ(line.code, "dropped_by_rule");
  EXPECT_NE(line.message.find("noise"), std::string::npos) << line.message;
}

TEST_F(line_explainer_test, what_is_suspicious_is_noted) {
  const explained_line line = one("cpu,host=\"a\" v=1 1700000000000000000");
  EXPECT_EQ(line.fate, line_fate::noted);
  EXPECT_FALSE(line.notes.empty());
  EXPECT_FALSE(line.repaired.empty());
  EXPECT_TRUE(line.canonical);
}

TEST_F(line_explainer_test, says_what_series_sinks_make_of_it) {
  sink_settings prometheus;
  prometheus.name = "prom";
  prometheus.kind = remote_write_settings{};
  sink_settings filtered = prometheus;
  filtered.name = "mem_only";
  filtered.measurements = {"mem"};
  const std::vector<sink_settings> sinks{prometheus, filtered};
  terms_.sinks = &sinks;
  const auto names = std::make_shared<name_book>(std::uint64_t{1} << 20, nullptr);
  terms_.names = names;
  const explained_line line = one("cpu,host=a v=1.5,s=\"x\" 1700000000000000000");
  ASSERT_EQ(line.becomes.size(), 2U);
  EXPECT_TRUE(line.becomes[0].takes);
  ASSERT_EQ(line.becomes[0].fields.size(), 2U);
  EXPECT_EQ(line.becomes[0].fields[0].value, 1.5);
  EXPECT_NE(line.becomes[0].fields[0].series.find("host=\"a\""), std::string::npos);
  EXPECT_FALSE(line.becomes[0].fields[1].value);
  EXPECT_EQ(line.not_taken_by, std::vector<std::string>{"mem_only"});
  EXPECT_EQ(names->count().bytes, 0U);
}

TEST_F(line_explainer_test, stops_after_so_many_lines) {
  std::string text;
  for (std::size_t i = 0; i <= explanation_report::lines_max; ++i) {
    text += "x\n";
  }
  const explanation_report report = explain(text);
  EXPECT_EQ(report.lines.size(), explanation_report::lines_max);
  EXPECT_TRUE(report.truncated);
  EXPECT_FALSE(explain("x\n").truncated);
}

TEST_F(line_explainer_test, any_unit_may_be_told_apart) {
  terms_.unit_ns = automatic_unit_ns;
  EXPECT_EQ(one("cpu v=1 1700000000000").canonical, "cpu v=1 1700000000000000000");
}

TEST_F(line_explainer_test, says_the_same_in_pieces) {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += "cpu,host=" + std::to_string(i % 7) + " v=1\nmem\ncpu v=\"x\"\n";
  }
  std::string whole;
  append_report(explain(text), whole);
  piecewise_explanation pieces(text, terms_);
  std::string all;
  std::size_t count = 1;
  for (bool more = true; more; ++count) {
    std::string piece;
    more = pieces.next(piece);
    EXPECT_LE(piece.size(), 20'000U);
    all += piece;
  }
  EXPECT_EQ(all, whole);
  EXPECT_GT(count, 20U);
  piecewise_explanation nothing("", terms_);
  std::string none;
  EXPECT_FALSE(nothing.next(none));
  EXPECT_EQ(none, R"({"lines":[],"accepted":0,"rejected":0,"dropped":0,"truncated":false})");
}

TEST_F(line_explainer_test, is_written_as_json) {
  std::string json;
  append_report(explain("cpu,a=b v=1 1700000000000000000\nmem\n"), json);
  for (
      const char* part :
      {R"({"lines":[{"line":1,"text":"cpu,a=b v=1 1700000000000000000","verdict":"accepted","code":"")",
       R"("point":{"measurement":"cpu","tags":[["a","b"]],"fields":[["v","float","1"]],)"
       R"("time_ns":"1700000000000000000","time":"2023-11-14T22:13:20)",
       R"("canonical":"cpu,a=b v=1 1700000000000000000","becomes":[],"not_taken_by":[]})",
       R"({"line":2,"text":"mem","verdict":"rejected","code":"missing_fields")",
       R"("point":null,"canonical":null)",
       R"(],"accepted":1,"rejected":1,"dropped":0,"truncated":false})"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  }
}

}  // namespace
}  // namespace weir
