// SPDX-License-Identifier: Apache-2.0
//
// Reports as pages, read back, and those of others.
#include "tools/load/report/report_page.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tools/load/report/report_plot.hpp"

namespace weir {
namespace {

load_options some_options() {
  load_options options;
  options.address = {"127.0.0.1", 8086};
  options.path = "/write?db=bench";
  options.pid = 4711;
  options.duration = std::chrono::seconds{3};
  return options;
}

load_totals some_totals(double factor = 1) {
  load_totals totals;
  totals.pieces_sent = 300;
  totals.lines_sent = 3'000'000;
  totals.lines_accepted = static_cast<std::uint64_t>(2'000'000 * factor);
  totals.line_bytes_accepted = 700'000'000;
  totals.answers = {{204, 299}, {503, 1}};
  totals.latency.add(5'000'000);
  totals.elapsed_ns = 3'000'000'000;
  totals.own = {0.5, std::uint64_t{64} << 20};
  totals.watched = process_usage{4 / factor, std::uint64_t{100} << 20};
  for (int i = 1; i <= 3; ++i) {
    totals.samples.add({.at_s = 1.0 * i,
                        .seconds = 1,
                        .lines_per_second = 1000.5 * i * factor,
                        .answers = 5,
                        .p50_ms = i == 2 ? std::optional<double>() : 1.25,
                        .p99_ms = 20.0 * i,
                        .max_ms = 100,
                        .own_cpu = 0.25,
                        .watched_cpu = 1.5});
  }
  return totals;
}

load_report some_report(double factor = 1) {
  return make_report(some_options(), some_totals(factor), 1'700'000'000'123'000'000);
}

std::size_t count(std::string_view in, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = in.find(what); at != std::string_view::npos; at = in.find(what, at + 1)) {
    ++found;
  }
  return found;
}

TEST(ReportPage, IsReadBackAsItWas) {
  const load_report written = some_report();
  const auto read = read_report_page(report_page(written, nullptr));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(report_json(read.value()), report_json(written));
  EXPECT_EQ(read.value().target, "http://127.0.0.1:8086/write?db=bench");
  EXPECT_EQ(read.value().began_ns, 1'700'000'000'123'000'000);
  EXPECT_EQ(read.value().settings, written.settings);
  EXPECT_EQ(read.value().summary, written.summary);
  ASSERT_EQ(read.value().samples.size(), 3U);
  EXPECT_DOUBLE_EQ(read.value().samples[2].lines_per_second, 3001.5);
  EXPECT_FALSE(read.value().samples[1].p50_ms);
  const load_figure* const rate = find_figure(read.value(), "accepted lines");
  ASSERT_NE(rate, nullptr);
  EXPECT_NEAR(rate->value, 666'667, 1);
  EXPECT_EQ(rate->better, load_figure::wish::more);
  // A page of a comparison is a report of its own run.
  const load_report before = some_report(0.5);
  const auto of_both = read_report_page(report_page(written, &before));
  ASSERT_TRUE(of_both);
  EXPECT_EQ(report_json(of_both.value()), report_json(written));
}

TEST(ReportPage, HasItsPlotsAndNeedsNothingElse) {
  const std::string page = report_page(some_report(), nullptr);
  EXPECT_EQ(count(page, "<figure "), 3U);
  EXPECT_NE(page.find("Lines accepted"), std::string::npos);
  EXPECT_NE(page.find("Began 2023-11-14T22:13:20.123Z"), std::string::npos);
  EXPECT_NE(page.find("0:02\naccepted: 2,001 lines a second"), std::string::npos);
  EXPECT_EQ(count(page, "://"), count(page, "http://127.0.0.1:8086/write?db=bench"));
  for (const char* other : {"<link rel=\"style", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(other), std::string::npos) << other;
  }
  EXPECT_EQ(count(page, "<script"), 1U) << "the data";
}

TEST(ReportPage, OfADatagramRunHasNoLatency) {
  load_options options = some_options();
  options.udp = true;
  options.path.clear();
  load_totals totals;
  totals.lines_sent = 10;
  totals.pieces_sent = 1;
  totals.samples.add({.at_s = 1, .seconds = 1, .lines_per_second = 10});
  const std::string page = report_page(make_report(options, totals, 0), nullptr);
  EXPECT_EQ(count(page, "<figure "), 1U);
  EXPECT_NE(page.find("udp://127.0.0.1:8086"), std::string::npos);
  EXPECT_EQ(page.find("latency"), std::string::npos);
}

TEST(ReportPage, PutsTwoRunsSideBySide) {
  const load_report now = some_report(2);
  load_report before = some_report();
  before.settings.emplace_back("header", "X-Scope-OrgID: team");
  before.settings.front().second = "another";
  const std::string page = report_page(now, &before);
  EXPECT_NE(page.find("<td class=\"number\">2.00x</td><td class=\"better\">better</td>"),
            std::string::npos);
  EXPECT_NE(page.find("<td class=\"number\">0.25x</td><td class=\"better\">better</td>"),
            std::string::npos)
      << "CPU time for a line";
  EXPECT_NE(page.find("accepted before"), std::string::npos);
  EXPECT_NE(page.find("<td>not set</td><td>X-Scope-OrgID: team</td>"), std::string::npos);
  const std::string text = comparison_text(now, before);
  EXPECT_NE(text.find("accepted lines, lines/s"), std::string::npos) << text;
  EXPECT_NE(text.find("2.00x  better\n"), std::string::npos) << text;
  EXPECT_NE(text.find("before another\n"), std::string::npos) << text;
  EXPECT_NE(text.find("differs    header: not set, before X-Scope-OrgID: team\n"),
            std::string::npos);
}

TEST(ReportPage, TextsOfOthersAreTextsOnly) {
  const std::string evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&";
  load_options options = some_options();
  options.path = "/write?db=" + evil;
  options.headers = {"X-Scope-OrgID: " + evil};
  load_totals totals = some_totals();
  totals.first_refusal = "400 " + evil + "\x1b[2J";
  totals.failures[evil] = 1;
  totals.given_up = evil;
  load_report report = make_report(options, totals, 0);
  report.settings.emplace_back(evil, evil);
  report.figures.push_back({.name = evil, .unit = evil, .value = 1});
  const std::string page = report_page(report, &report);
  EXPECT_EQ(count(page, "<script"), 1U);
  EXPECT_EQ(count(page, "</script"), 1U);
  EXPECT_EQ(count(page, "<img"), 0U);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  const auto read = read_report_page(page);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read.value().settings.back().first, evil);
  EXPECT_EQ(comparison_text(read.value(), report).find('\x1b'), std::string::npos);
}

TEST(ReportPage, TellsNoSecret) {
  load_options options = some_options();
  options.path = "/write?db=x&u=ann&p=secret1";
  options.headers = {"Authorization: Token secret2", "X-Api-Key: secret3"};
  const std::string page = report_page(make_report(options, some_totals(), 0), nullptr);
  EXPECT_EQ(page.find("secret"), std::string::npos);
}

TEST(ReportPage, WhatIsNoneIsRefused) {
  const std::string good = report_page(some_report(), nullptr);
  const auto why = [](const std::string& page) {
    const auto read = read_report_page(page);
    return read ? std::string("none") : read.error().message;
  };
  EXPECT_EQ(why(""), "it is no report of weir load");
  EXPECT_EQ(why("<html>"), "it is no report of weir load");
  EXPECT_EQ(why(good.substr(0, good.size() - 200)), "it is no report of weir load");
  const auto with = [&good](std::string_view was, std::string_view is) {
    std::string page = good;
    const std::size_t at = page.rfind(was);
    EXPECT_NE(at, std::string::npos) << was;
    return page.replace(at, was.size(), is);
  };
  EXPECT_EQ(why(with("weir-load-report\",\"version", "other\",\"version")),
            "it has no data of weir load");
  EXPECT_NE(why(with("\"version\":1", "\"version\":2")).find("(version 2)"), std::string::npos);
  for (const auto& [was, is] : {std::pair{"\"began_ns\":17", "\"began_ns\":\"17"},
                                {"\"at\":[1,2,3]", "\"at\":[1,2]"},
                                {"\"at\":[1,2,3]", "\"at\":[1,2,-3]"},
                                {"\"at\":[1,2,3]", "\"at\":[1,2,1e300]"},
                                {"\"at\":[1,2,3]", "\"at\":[1,2,null]"},
                                {"\"at\":[1,2,3]", "\"at\":7"},
                                {"\"settings\":[[", "\"settings\":[7,["},
                                {"\"value\":", "\"value\":\"x\",\"y\":"},
                                {"\"udp\":false", "\"udp\":0"}}) {
    const std::string page = with(was, is);
    EXPECT_TRUE(why(page).starts_with("it")) << is;
  }
}

// Numbers of a page that somebody else wrote must not make the plots run away.
TEST(ReportPlot, DrawsWhateverItIsGiven) {
  constexpr double huge = 1e15;
  for (const double value :
       {0.0, 1e-300, 5e-324, 1e-7, 0.3, 1.0, 99.0, 1e6, huge,
        std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    for (const double at : {0.0, 1e-300, 1.0, 7200.0, 1e6, huge}) {
      for (const bool logarithmic : {false, true}) {
        const plot of{.title = "t",
                      .unit = "u",
                      .logarithmic = logarithmic,
                      .lines = {{.name = "a", .points = {{at, value}, {at / 2, std::nullopt}}}}};
        const std::string html = plot_html(of);
        EXPECT_LT(html.size(), 20'000U) << value << " at " << at;
        EXPECT_EQ(html.find("nan"), std::string::npos) << value << " at " << at;
        EXPECT_EQ(html.find("inf"), std::string::npos) << value << " at " << at;
      }
    }
  }
}

TEST(ReportPlot, TicksAreRoundNumbers) {
  EXPECT_EQ(linear_ticks(0), (std::vector<double>{0, 1}));
  EXPECT_EQ(linear_ticks(7), (std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(linear_ticks(1.2), (std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1.25}));
  EXPECT_EQ(linear_ticks(31'000),
            (std::vector<double>{0, 5'000, 10'000, 15'000, 20'000, 25'000, 30'000, 35'000}));
  EXPECT_EQ(logarithmic_ticks(3, 250), (std::vector<double>{1, 10, 100, 1'000}));
  for (double most = 1e-6; most < 1e14; most *= 1.7) {
    EXPECT_GE(linear_ticks(most).size(), 4U) << most;
    EXPECT_LE(linear_ticks(most).size(), 12U) << most;
    EXPECT_GE(linear_ticks(most).back(), most);
  }
}

TEST(ReportNumbers, AsPeopleReadThem) {
  for (const auto& [value, text] : {std::pair{0.0, "0"},
                                    {7.0, "7"},
                                    {1234567.0, "1,234,567"},
                                    {1234567.8, "1,234,568"},
                                    {12.34, "12.3"},
                                    {0.01234, "0.0123"},
                                    {999.96, "1000.0"},
                                    {-1234.0, "-1,234"}}) {
    EXPECT_EQ(shown_number(value), text);
  }
}

TEST(ReportChange, SaysWhichIsBetter) {
  using wish = load_figure::wish;
  const auto change = [](double now, double before, wish better) {
    const load_change found = change_of({"n", "u", now, better}, {"n", "u", before, better});
    return found.ratio + " " + std::string(found.verdict);
  };
  EXPECT_EQ(change(200, 100, wish::more), "2.00x better");
  EXPECT_EQ(change(200, 100, wish::less), "2.00x worse");
  EXPECT_EQ(change(50, 100, wish::less), "0.50x better");
  EXPECT_EQ(change(50, 100, wish::neither), "0.50x ");
  EXPECT_EQ(change(101, 100, wish::more), "1.01x ") << "noise";
  EXPECT_EQ(change(1, 0, wish::more), " ");
  EXPECT_EQ(change(0, 2, wish::less), "0.00x better");
}

}  // namespace
}  // namespace weir
