// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_statistics.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <limits>

namespace weir {
namespace {

TEST(LatencyHistogram, NothingYet) {
  const latency_histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.quantile_ns(0.5), 0);
  EXPECT_EQ(histogram.max_ns(), 0);
}

TEST(LatencyHistogram, OneValueIsEveryQuantile) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{63}, std::int64_t{64}, std::int64_t{127}, std::int64_t{128},
        std::int64_t{123'456'789}, std::numeric_limits<std::int64_t>::max()}) {
    latency_histogram histogram;
    histogram.add(value);
    EXPECT_EQ(histogram.quantile_ns(0.0), value);
    EXPECT_EQ(histogram.quantile_ns(0.5), value);
    EXPECT_EQ(histogram.quantile_ns(1.0), value);
    EXPECT_EQ(histogram.max_ns(), value);
  }
}

TEST(LatencyHistogram, NegativeCountsAsNothing) {
  latency_histogram histogram;
  histogram.add(-5);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.quantile_ns(0.5), 0);
}

TEST(LatencyHistogram, QuantilesAreWithinABucket) {
  latency_histogram histogram;
  for (std::int64_t i = 1; i <= 100'000; ++i) {
    histogram.add(i * 1000);
  }
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = share * 100'000 * 1000;
    const auto found = static_cast<double>(histogram.quantile_ns(share));
    EXPECT_GE(found, exact);
    EXPECT_LE(found, exact * (1 + 1.0 / 64));
  }
  EXPECT_EQ(histogram.quantile_ns(1.0), 100'000'000);
}

load_totals some_totals() {
  load_totals totals;
  totals.pieces_sent = 3;
  totals.lines_sent = 3'000'000;
  totals.lines_accepted = 2'000'000;
  totals.line_bytes_accepted = 700'000'000;
  totals.line_bytes_sent = 1'050'000'000;
  totals.ring_lines = 1'000'000;
  totals.answers = {{204, 2}, {503, 1}};
  totals.first_refusal = R"(503 {"error":"full"})";
  totals.latency.add(5'000'000);
  totals.elapsed_ns = 2'000'000'000;
  totals.own = {0.5, std::uint64_t{64} << 20};
  totals.watched = process_usage{4, std::uint64_t{100} << 20};
  return totals;
}

load_options some_options() {
  load_options options;
  options.address = {"127.0.0.1", 8086};
  options.path = "/write?db=\"x\"";
  options.pid = 4711;
  return options;
}

void expect_within(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in:\n" << text;
  }
}

TEST(LoadReport, Summary) {
  expect_within(load_summary(some_options(), some_totals()),
                {"2,000,000 lines in 2.00 s (3 requests): 1,000,000 lines/s, 350.0 MB/s",
                 "p50 5.000 ms, p90 5.000 ms, p99 5.000 ms, p99.9 5.000 ms, max 5.000 ms",
                 "204: 2 503: 1", R"(the first that refused: 503 {"error":"full"})",
                 "the 1,000,000 different lines were sent 3.0 times",
                 "process 4711 4.00 CPU s, 2.000 a million lines, peak memory 100 MiB",
                 "weir load  0.50 CPU s, 0.250 a million lines, peak memory 64 MiB"});
}

TEST(LoadReport, SummaryOfWhatWentWrong) {
  load_totals totals;
  totals.failures = {{"connection reset by peer", 12}};
  totals.interrupted = true;
  expect_within(load_summary(some_options(), totals),
                {"0 lines in 0.00 s", "answers    none", "12 requests: connection reset by peer",
                 "process 4711 ended during the run", "interrupted"});
}

TEST(LoadReport, SummaryOverUdpCountsWhatWasSent) {
  load_options options = some_options();
  options.udp = true;
  load_totals totals = some_totals();
  totals.answers.clear();
  expect_within(load_summary(options, totals), {"3,000,000 lines", "(3 datagrams)", "525.0 MB/s"});
}

TEST(LoadReport, JsonCanBeRead) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(load_json(some_options(), some_totals())).get(root), simdjson::SUCCESS);
  EXPECT_EQ(std::string_view(root["target"]), "127.0.0.1:8086/write?db=\"x\"");
  EXPECT_EQ(std::uint64_t(root["lines_accepted"]), 2'000'000U);
  EXPECT_DOUBLE_EQ(double(root["lines_per_second"]), 1e6);
  EXPECT_DOUBLE_EQ(double(root["latency_ms"]["p99"]), 5.0);
  EXPECT_DOUBLE_EQ(double(root["latency_ms"]["p90"]), 5.0);
  EXPECT_DOUBLE_EQ(double(root["latency_ms"]["p99.9"]), 5.0);
  EXPECT_EQ(std::uint64_t(root["answers"]["503"]), 1U);
  EXPECT_DOUBLE_EQ(double(root["process"]["cpu_seconds_per_million_lines"]), 2.0);
  EXPECT_DOUBLE_EQ(double(root["own"]["cpu_seconds"]), 0.5);
  EXPECT_FALSE(bool(root["interrupted"]));
}

TEST(LoadReport, JsonWithoutAProcess) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(load_json({}, {})).get(root), simdjson::SUCCESS);
  EXPECT_TRUE(root["process"].is_null());
  EXPECT_DOUBLE_EQ(double(root["lines_per_second"]), 0.0);
}

TEST(LoadReport, ProgressIsAboutTheInterval) {
  load_totals before = some_totals();
  load_totals now = some_totals();
  now.lines_accepted += 500'000;
  now.line_bytes_accepted += 100'000'000;
  now.failures["reset"] = 2;
  expect_within(load_progress(before, now, 500'000'000, 7'500'000'000),
                {"7.5 s", "1,000,000 lines/s", "200.0 MB/s", "1 refused", "2 failed"});
}

TEST(LoadReport, WhatIsLeftIsOfTheTimeOrOfTheLines) {
  load_options options;
  options.duration = std::chrono::seconds{10};
  load_totals now;
  EXPECT_EQ(load_left(options, now, 0), "0%");
  EXPECT_EQ(load_left(options, now, 4'000'000'000), "40%, 6.0 s left");
  EXPECT_EQ(load_left(options, now, 11'000'000'000), "100%, 0 s left");
  options.lines = 1000;
  now.lines_sent = 800;
  EXPECT_EQ(load_left(options, now, 4'000'000'000), "80%, 1.0 s left");
}

load_piece some_piece(std::uint64_t lines, std::uint64_t bad) {
  load_piece piece;
  piece.lines = lines;
  piece.line_bytes = 100 * lines;
  piece.bad.at(static_cast<std::size_t>(bad_kind::type)) = bad;
  return piece;
}

constexpr std::string_view partial = R"({"error":"partial write: unable to parse 'm, v=1'"})";

TEST(LoadAnswers, BadLinesThatAreRefusedAreNoFailure) {
  load_totals totals;
  EXPECT_TRUE(count_answer(400, answered_lines{90, 10, 0}, "", some_piece(100, 10), totals));
  EXPECT_TRUE(count_answer(204, answered_lines{100, 0, 0}, "", some_piece(100, 0), totals));
  EXPECT_TRUE(count_answer(400, answered_lines{95, 5, 0}, "", some_piece(100, 10), totals))
      << "some were taken";
  EXPECT_EQ(totals.lines_accepted, 285U);
  EXPECT_EQ(totals.lines_rejected, 15U);
  EXPECT_EQ(totals.line_bytes_accepted, 28'500U);
  EXPECT_EQ(totals.refused_as_asked, 2U);
  EXPECT_TRUE(all_well(totals));
  // Eleven of ten: a good one is among them.
  EXPECT_FALSE(count_answer(400, answered_lines{89, 11, 0}, "", some_piece(100, 10), totals));
  EXPECT_FALSE(all_well(totals));
}

TEST(LoadAnswers, OthersAreFailuresAsBefore) {
  for (const int status : {400, 401, 404, 413, 422, 500, 503, 200}) {
    load_totals totals;
    EXPECT_FALSE(count_answer(status, std::nullopt, partial, some_piece(100, 0), totals)) << status;
    EXPECT_FALSE(all_well(totals)) << status;
    EXPECT_EQ(totals.lines_accepted + totals.lines_unknown, 0U);
  }
  for (const int status : {401, 404, 413, 500, 503}) {
    load_totals totals;
    EXPECT_FALSE(count_answer(status, std::nullopt, partial, some_piece(100, 50), totals))
        << status;
    EXPECT_FALSE(all_well(totals)) << status;
  }
}

TEST(LoadAnswers, AServerThatCountsNoLinesIsTakenAtItsStatus) {
  load_totals totals;
  EXPECT_TRUE(count_answer(400, std::nullopt, partial, some_piece(100, 1), totals));
  EXPECT_TRUE(count_answer(204, std::nullopt, "", some_piece(100, 1), totals));
  EXPECT_EQ(totals.lines_accepted, 100U);
  EXPECT_EQ(totals.lines_unknown, 100U);
  EXPECT_TRUE(all_well(totals));
  EXPECT_FALSE(
      count_answer(400, std::nullopt, R"({"error":"invalid name"})", some_piece(100, 1), totals))
      << "not for its lines";
  EXPECT_EQ(totals.lines_unknown, 100U);
  EXPECT_FALSE(all_well(totals));
}

TEST(LoadReport, SummaryOfBadLinesSeriesAndDatabases) {
  load_options options = some_options();
  options.bad_share = 0.1;
  options.bad_kinds = {bad_kind::type, bad_kind::space};
  options.series = 1'000;
  options.churn = 50;
  options.databases = 3;
  load_totals totals = some_totals();
  totals.bad_sent.at(static_cast<std::size_t>(bad_kind::type)) = 100'000;
  totals.bad_sent.at(static_cast<std::size_t>(bad_kind::space)) = 200'000;
  totals.lines_rejected = 300'000;
  totals.lines_unknown = 7;
  totals.series = 3'100;
  totals.new_series = 100;
  totals.ring_lines = 0;
  const std::string summary = load_summary(options, totals);
  expect_within(summary,
                {"sent       2,700,000 good lines, 300,000 bad (type 100,000, space 200,000)\n",
                 "verdicts   2,000,000 accepted, 300,000 rejected, 7 in refused requests",
                 "series     3,100, 100 of them new during the run (50.0 a second)\n",
                 "databases  3, load_0 to load_2\n"});
  EXPECT_EQ(summary.find("repeated"), std::string::npos);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(load_json(options, totals)).get(root), simdjson::SUCCESS);
  EXPECT_EQ(std::uint64_t(root["bad_lines_sent"]), 300'000U);
  EXPECT_EQ(std::uint64_t(root["bad_kinds"]["space"]), 200'000U);
  EXPECT_EQ(std::uint64_t(root["lines_rejected"]), 300'000U);
  EXPECT_EQ(std::uint64_t(root["series"]), 3'100U);
  EXPECT_EQ(std::uint64_t(root["new_series"]), 100U);
  EXPECT_EQ(std::uint64_t(root["databases"]), 3U);
}

TEST(LoadReport, AllWell) {
  load_totals totals;
  totals.answers = {{204, 5}};
  EXPECT_TRUE(all_well(totals));
  // A web server says 200 to anything; InfluxDB says 204.
  totals.answers[200] = 1;
  EXPECT_FALSE(all_well(totals));
  totals.answers.erase(200);
  totals.answers[400] = 1;
  EXPECT_FALSE(all_well(totals));
  totals.answers.erase(400);
  totals.failures["reset"] = 1;
  EXPECT_FALSE(all_well(totals));
  totals.failures.clear();
  totals.given_up = "nobody answers";
  EXPECT_FALSE(all_well(totals));
}

}  // namespace
}  // namespace weir
