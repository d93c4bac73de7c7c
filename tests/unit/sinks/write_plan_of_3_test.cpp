// SPDX-License-Identifier: Apache-2.0
//
// Batches that an InfluxDB 3 stores in part: it lists the lines that it does not take.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "unit/sinks/scripted_plan.hpp"

namespace weir {
namespace {

http_reply influxdb_3(const lines_type& lines, lines_type& stored) {
  std::string listed;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_bad(lines[i])) {
      listed += fmt::format(
          "{}{{\"error_message\":\"invalid column type for column 'v'\",\"line_number\":{},"
          "\"original_line\":\"{}\"}}",
          listed.empty() ? "" : ",", i + 1, lines[i].substr(0, 8));
    } else {
      stored.push_back(lines[i]);
    }
  }
  return listed.empty()
             ? reply_of(204)
             : reply_of(400, R"({"error":"partial write of line protocol occurred","data":[)" +
                                 listed + "]}");
}

TEST(write_plan_of_3, what_an_influxdb_3_lists_is_all_that_it_did_not_store) {
  const std::string batch = batch_of(5000, {0, 1, 2500, 4999});
  scripted_server server(influxdb_3);
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(result.verdict, attempt_verdict::delivered);
  EXPECT_EQ(result.discarded[discard_reason::partial], 4U);
  EXPECT_EQ(server.requests, 1U) << "nothing is sent twice";
  EXPECT_EQ(server.stored, good_of(batch));
  ASSERT_EQ(result.refused.size(), 1U);
  EXPECT_EQ(result.refused[0].message, "invalid column type for column 'v'");
  // A single line, and a batch of nothing else, have the server's words, too.
  for (const std::size_t lines : {std::size_t{1}, std::size_t{3}}) {
    scripted_server other(influxdb_3);
    const attempt_result all = other.deliver(batch_of(lines, {0, 1, 2}));
    EXPECT_EQ(other.requests, 1U);
    EXPECT_EQ(all.discarded[discard_reason::partial], lines);
    ASSERT_EQ(all.refused.size(), 1U);
    EXPECT_EQ(all.refused[0].message, "invalid column type for column 'v'");
  }
}

TEST(write_plan_of_3, numbers_that_do_not_fit_the_lines_are_not_believed) {
  const std::string batch = batch_of(20, {7});
  // It counts a line more than there are.
  scripted_server server([](const lines_type& lines, lines_type& stored) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (is_bad(lines[i])) {
        std::copy_if(lines.begin(), lines.end(), std::back_inserter(stored),
                     [](const std::string& line) { return !is_bad(line); });
        return reply_of(400, fmt::format("{{\"error\":\"partial write of line protocol occurred\","
                                         "\"data\":[{{\"error_message\":\"no\",\"line_number\":{},"
                                         "\"original_line\":\"m,h=a v=\\\"x\"}}]}}",
                                         i + 2));
      }
    }
    stored.insert(stored.end(), lines.begin(), lines.end());
    return reply_of(204);
  });
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(result.discarded.total(), 1U);
  EXPECT_EQ(all_refused(result), "m,h=a v=\"x\" 1007\n");
  EXPECT_EQ(as_set(server.stored), as_set(good_of(batch)));
}

TEST(write_plan_of_3, an_answer_that_was_cut_off_tells_nothing_and_loses_nothing) {
  const std::string batch = batch_of(300, {3, 100, 101, 299});
  scripted_server server([](const lines_type& lines, lines_type& stored) {
    http_reply reply = influxdb_3(lines, stored);
    if (lines.size() > 50) {
      reply.body.resize(std::min<std::size_t>(reply.body.size(), 70));
    }
    return reply;
  });
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(result.discarded.total(), 4U);
  EXPECT_EQ(as_set(split_lines(all_refused(result))),
            (std::set<std::string>{"m,h=a v=\"x\" 1003", "m,h=a v=\"x\" 1100", "m,h=a v=\"x\" 1101",
                                   "m,h=a v=\"x\" 1299"}));
  EXPECT_EQ(as_set(server.stored), as_set(good_of(batch)));
}

}  // namespace
}  // namespace weir
