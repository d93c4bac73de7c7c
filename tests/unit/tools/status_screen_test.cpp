// SPDX-License-Identifier: Apache-2.0
//
// What `weir status` and `weir top` show of a document.
#include "tools/watch/status_screen.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text/terminal_text.hpp"
#include "tools/watch/status_document.hpp"
#include "unit/tools/watch_samples.hpp"

namespace weir::test {
namespace {

status_document read(const std::string& json) {
  auto document = read_status(json);
  EXPECT_TRUE(document) << (document ? "" : document.error().message);
  return document ? document.value() : status_document{};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == '\n') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::string without_colours(std::string text) {
  for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b')) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  return text;
}

history_document some_history() {
  history_document out;
  out.step = 10;
  for (int i = 0; i < 60; ++i) {
    out.received.push_back(i < 20 ? std::nullopt : std::optional<double>(i - 20));
  }
  out.accepted = out.rejected = out.dropped = out.delivered = out.received;
  return out;
}

TEST(StatusDocument, WhatIsNoSuchDocumentIsSaid) {
  EXPECT_EQ(read_status("<html>").error().message, "the answer is no JSON");
  EXPECT_EQ(read_status("[]").error().message, "the answer is no status document");
  EXPECT_EQ(read_status(R"({"name":"influxdb","version":"1.8"})").error().message,
            "the answer is no status document");
  EXPECT_TRUE(read_status(R"({"version":"1","health":{}})"));
}

TEST(StatusDocument, ErrorsAndWarningsNeedAPerson) {
  const auto needs = [](const std::string& level) {
    return read(R"({"version":"1","health":{"healthy":true,"ready":true},"advice":[{"level":")" +
                level + R"("}]})")
        .needs_a_person();
  };
  EXPECT_TRUE(needs("error"));
  EXPECT_TRUE(needs("warning"));
  EXPECT_FALSE(needs("note"));
  EXPECT_FALSE(read(status_well).needs_a_person());
  EXPECT_TRUE(read(status_in_trouble).needs_a_person());
  EXPECT_TRUE(read(R"({"version":"1","health":{"healthy":true,"ready":false}})").needs_a_person());
}

TEST(StatusScreen, OfAWeirThatIsWell) {
  EXPECT_EQ(
      status_screen(read(status_well), {}),
      R"(weir 9.9.9 on weir-host (process 4711), up 1 d 3 h
well

Lines           a second     since the start
  received         48.0k          12,345,678
  accepted         48.0k          12,345,000
  rejected            12                 678
  dropped              0                   0
  delivered        47.9k          12,344,000

Log       [#########...........] 41% 1.6 GiB of 4.0 GiB, 1.2 MiB/s come in
          When it is full, writes are answered 503 and their clients keep the
          points.

Sinks             type          state         points/s        lag       pending
  influx          influxdb     delivering       47.9k      0.4 s         1.23k

Databases                    lines/s    received    rejected      series
  metrics                      47.0k       12.0M         600       1.20k
)"
      "  lo\xE2\x90\x9Bgs                        1.01k        346k          78          80\n");
}

TEST(StatusScreen, OfALogInKafka) {
  const auto shown = [](const std::string& roles, const std::string& leaderless,
                        const std::string& fault) {
    return status_screen(
        read(R"({"version":"9","host":"h","pid":1,"uptime":5,"roles":)" + roles +
             R"(,"health":{"healthy":true,"ready":true,"why":[]},"advice":[],)"
             R"("log":{"kind":"kafka","bytes":0,"keep_bytes":0,"next":"The topic keeps points.",)"
             R"("topic":{"name":"weir","brokers":["a:1"],"partitions":12,"replicas":3,)"
             R"("leaderless":)" +
             leaderless + R"(,"fault":")" + fault + R"("}},"sinks":[]})"),
        {});
  };
  const std::string well = shown(R"(["intake"])", "0", "");
  EXPECT_NE(well.find("Log       topic weir in Kafka, 12 partitions\n"), std::string::npos) << well;
  EXPECT_NE(well.find("Delivers nothing (service.roles): other weirs do."), std::string::npos)
      << well;
  EXPECT_EQ(well.find("No sink"), std::string::npos) << well;
  const std::string some = shown(R"(["intake","sinks"])", "2", "");
  EXPECT_NE(some.find("12 partitions, 2 without a leader\n"), std::string::npos) << some;
  EXPECT_NE(some.find("No sink: points stay in the log."), std::string::npos) << some;
  const std::string silent = shown(R"(["sinks"])", "0", "timed out");
  EXPECT_NE(silent.find("12 partitions: timed out\n"), std::string::npos) << silent;
}

TEST(StatusScreen, OfAWeirInTrouble) {
  EXPECT_EQ(status_screen(read(status_in_trouble), {}),
            R"(weir 9.9.9 on weir-host (process 4711), up 59 s
NOT READY
  The log is full, and a required sink still needs it.
error: sink influx
  The database mydb is not there, so its points wait.
  -> Create it, then have weir try again.
  $ weir park retry --sink influx
note: log
  41% full.

Lines           a second     since the start
  received             0                   0
  accepted             0                   0
  rejected             0                   0
  dropped              0                   0
  delivered            0                   0

Log       [##################..] 90% 900 B of 1000 B (in memory)
          Then the oldest points are discarded.

Sinks             type          state         points/s        lag       pending
  influx          influxdb     held                 -          -     1.50k+500
    One lane is held.
    last error, 3.2 s ago: 404: database not found: "mydb"
    held: mydb/week (1,500 points, 500 points parked): database not found
    -> CREATE DATABASE mydb
    $ weir park retry --sink influx --database mydb

Newest rejections (`weir explain CODE` says more)
     1.23k missing_tag_value (rejected, 3.0 s ago): a tag without a value
    cpu,host= value=1
        ^~~~~
    from 10.0.0.1 Telegraf/1.21 into mydb
    -> Leave the whole tag out.
         1 duplicate_point (noted)
)");
}

TEST(StatusScreen, LongAdviceIsWrappedBesideItsArrow) {
  status_document status = read(status_well);
  status.advice.push_back({"note", "log", "", "Look at it, and then look once more at it.", ""});
  status.log.next.clear();
  const std::string screen = status_screen(status, {.columns = 44});
  EXPECT_NE(screen.find("  -> Look at it, and then look once more at\n     it.\n"),
            std::string::npos)
      << screen;
  EXPECT_NE(screen.find("An outage of 33 min 32 s"), std::string::npos) << screen;
}

TEST(StatusScreen, AnErrorThatTheStateTellsIsNotToldTwice) {
  status_document status = read(status_in_trouble);
  const auto count = [&] {
    const std::string screen = status_screen(status, {.columns = 200});
    std::size_t found = 0;
    for (std::size_t at = screen.find("404:"); at != std::string::npos;
         at = screen.find("404:", at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count(), 1U);
  status.sinks.front().state_text = "It does not take points: " + status.sinks.front().error + ".";
  EXPECT_EQ(count(), 1U);
}

TEST(StatusScreen, ColoursChangeNothingElse) {
  for (const std::string* json : {&status_well, &status_in_trouble}) {
    const status_document status = read(*json);
    const std::string coloured = status_screen(status, {.coloured = true});
    EXPECT_NE(coloured.find('\x1b'), std::string::npos);
    EXPECT_EQ(without_colours(coloured), status_screen(status, {}));
  }
}

TEST(TopScreen, FillsATerminalOf80By24) {
  const std::string screen =
      top_screen(read(status_in_trouble), some_history(), "q quits", {.columns = 80, .rows = 24});
  EXPECT_EQ(screen,
            "weir 9.9.9 on weir-host (process 4711), up 59 s\n"
            "NOT READY\n"
            "  The log is full, and a required sink still needs it.\n"
            "error: sink influx\n"
            "  The database mydb is not there, so its points wait.\n"
            "  -> Create it, then have weir try again.\n"
            "  $ weir park retry --sink influx\n"
            "note: log\n"
            "  41% full.\n"
            "\n"
            "received        0/s                     ▁▁▁▁▁▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▅▆▆▆▆▆▇▇▇▇▇█████\n"
            "accepted        0/s                     ▁▁▁▁▁▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▅▆▆▆▆▆▇▇▇▇▇█████\n"
            "rejected        0/s                     ▁▁▁▁▁▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▅▆▆▆▆▆▇▇▇▇▇█████\n"
            "dropped         0/s                     ▁▁▁▁▁▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▅▆▆▆▆▆▇▇▇▇▇█████\n"
            "delivered       0/s                     ▁▁▁▁▁▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▅▆▆▆▆▆▇▇▇▇▇█████\n"
            "Log       [##################..] 90% 900 B of 1000 B (in memory)\n"
            "          Then the oldest points are discarded.\n"
            "\n"
            "Sinks             type          state         points/s        lag       pending\n"
            "  influx          influxdb     held                 -          -     1.50k+500\n"
            "Newest rejections\n"
            "     1.23k missing_tag_value (rejected, 3.0 s ago): a tag without a value\n"
            "         1 duplicate_point (noted)\n"
            "q quits");
}

TEST(TopScreen, KeepsToEverySize) {
  for (const std::string* json : {&status_well, &status_in_trouble}) {
    status_document status = read(*json);
    // More of everything than any screen has room for, and words without an end.
    for (int i = 0; i < 60; ++i) {
      status.sinks.push_back(status.sinks.front());
      status.rejections.push_back({.code = std::string(200, 'x'), .kind = "rejected", .count = 1});
      status.databases.push_back({.name = std::string(100, 'd')});
      status.advice.push_back({"warning", "x", std::string(500, 'w'), "do", std::string(300, 'c')});
    }
    for (const std::size_t columns : {44U, 80U, 200U}) {
      for (const std::size_t rows : {5U, 24U, 60U}) {
        const auto lines = lines_of(
            without_colours(top_screen(status, some_history(), std::string(300, 'f'),
                                       {.columns = columns, .rows = rows, .coloured = true})));
        EXPECT_EQ(lines.size(), rows);
        for (const std::string& line : lines) {
          EXPECT_LE(columns_of(line), columns) << line;
        }
      }
    }
  }
}

TEST(TopScreen, WithoutAHistoryThereAreNoCurves) {
  const auto lines =
      lines_of(top_screen(read(status_well), {}, "foot", {.columns = 80, .rows = 24}));
  EXPECT_EQ(lines[3], "received    48.0k/s ");
  EXPECT_EQ(lines.back(), "foot");
}

TEST(Sparkline, HasEightHeightsAndGaps) {
  const std::vector<std::optional<double>> values{0, 1, 4, std::nullopt, 8};
  EXPECT_EQ(sparkline(values, 10), "▁▁▄ █");
  EXPECT_EQ(sparkline(values, 0), "");
  EXPECT_EQ(sparkline({}, 10), "");
  EXPECT_EQ(sparkline(std::vector<std::optional<double>>{0, 0}, 10), "▁▁");
  // Two values are one bar, their mean; what does not fill a group goes at the left.
  EXPECT_EQ(sparkline(std::vector<std::optional<double>>{9, 0, 2, 4, 4}, 3), "▂█");
}

TEST(Bar, IsFullWhenSomethingIsThere) {
  EXPECT_EQ(bar(0, 12), "[..........]");
  EXPECT_EQ(bar(0.01, 12), "[#.........]");
  EXPECT_EQ(bar(1, 12), "[##########]");
  EXPECT_EQ(bar(7, 12), "[##########]");
  EXPECT_EQ(bar(-1, 4), "[..]");
}

TEST(History, IsRead) {
  const auto read = read_history(R"({"step":5,"received":[null,1,2.5],"accepted":[]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().step, 5);
  EXPECT_EQ(read.value().received, (std::vector<std::optional<double>>{std::nullopt, 1.0, 2.5}));
  EXPECT_FALSE(read_history("nothing"));
}

}  // namespace
}  // namespace weir::test
