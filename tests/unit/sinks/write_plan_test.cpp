// SPDX-License-Identifier: Apache-2.0
//
// Batches that an InfluxDB does not take as they are, against servers that are made of a rule.
#include "sinks/influxdb/write_plan.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "unit/net/replies.hpp"
#include "unit/sinks/scripted_plan.hpp"

namespace weir {
namespace {

std::string conflict(std::size_t dropped) {
  return json_error(
      fmt::format("partial write: field type conflict: input field \"v\" on "
                  "measurement \"m\" is type string, already exists as type integer "
                  "dropped={}",
                  dropped));
}

http_reply influxdb_1(const lines_type& lines, lines_type& stored) {
  const auto bad = static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), is_bad));
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(stored),
               [](const std::string& line) { return !is_bad(line); });
  return bad == 0 ? reply_of(204) : reply_of(400, conflict(bad));
}

http_reply influxdb_2(const lines_type& lines, lines_type& stored) {
  std::string words;
  for (const std::string& line : lines) {
    if (is_bad(line)) {
      words += (words.empty() ? "" : "\n") + ("unable to parse '" + line + "': bad thing");
    }
  }
  if (words.empty()) {
    stored.insert(stored.end(), lines.begin(), lines.end());
    return reply_of(204);
  }
  std::string body = json_error(words);
  return reply_of(400, "{\"code\":\"invalid\",\"message\"" + body.substr(body.find(':')));
}

http_reply wordless(const lines_type& lines, lines_type& stored) {
  if (std::any_of(lines.begin(), lines.end(), is_bad)) {
    return reply_of(400, json_error("no"));
  }
  stored.insert(stored.end(), lines.begin(), lines.end());
  return reply_of(204);
}

// ---- what the words tell

TEST(write_plan, a_type_conflict_costs_its_lines_and_one_request_that_proves_it) {
  const std::string batch = batch_of(100, {17, 50, 99});
  scripted_server server(influxdb_1);
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(result.verdict, attempt_verdict::delivered);
  EXPECT_EQ(result.discarded[discard_reason::partial], 3U);
  EXPECT_EQ(result.discarded.total(), 3U);
  EXPECT_EQ(all_refused(result), "m,h=a v=\"x\" 1017\nm,h=a v=\"x\" 1050\nm,h=a v=\"x\" 1099\n");
  ASSERT_EQ(result.refused.size(), 1U);
  EXPECT_EQ(result.refused[0].code, 400);
  EXPECT_NE(result.refused[0].message.find("field type conflict"), std::string::npos);
  EXPECT_EQ(as_set(server.stored), as_set(good_of(batch)));
  EXPECT_EQ(server.requests, 2U);
}

TEST(write_plan, lines_that_an_influxdb_2_names_are_taken_out_and_the_rest_goes_at_once) {
  const std::string batch = batch_of(5000, {0, 1, 2500, 4999});
  scripted_server server(influxdb_2);
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(result.discarded[discard_reason::refused], 4U);
  EXPECT_EQ(server.requests, 2U);
  EXPECT_EQ(server.stored, good_of(batch));
  ASSERT_EQ(result.refused.size(), 1U);
  EXPECT_EQ(result.refused[0].message, "unable to parse: bad thing");
}

TEST(write_plan, quoted_lines_may_hold_what_ends_a_quotation) {
  const std::string batch = "m v=\"': x\" 1\nm v=1i 2\nm v=\"a\nb': \" 3\n";
  scripted_server server([](const lines_type& lines, lines_type& stored) {
    if (lines.size() > 1) {
      return reply_of(400, json_error("unable to parse 'm v=\"': x\" 1': one\n"
                                      "unable to parse 'm v=\"a\nb': \" 3': two"));
    }
    stored = lines;
    return reply_of(204);
  });
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(server.stored, lines_type{"m v=1i 2"});
  ASSERT_EQ(result.refused.size(), 2U);
  EXPECT_EQ(result.refused[0].message, "unable to parse: one");
  EXPECT_EQ(result.refused[1].lines, "m v=\"a\nb': \" 3\n");
}

TEST(write_plan, points_beyond_retention_are_the_oldest_ones) {
  const std::string batch = batch_of(50, {});
  const auto expired = [](const std::string& line) {
    return line.substr(line.rfind(' ')) < " 1010";
  };
  for (const char* words :
       {"partial write: points beyond retention policy dropped={}",
        "partial write: dropped {0} points outside retention policy of duration 1h0m0s - oldest "
        "point m at 1970-01-01T00:00:00.000001Z dropped because it violates a Retention Policy "
        "Lower Bound at 2020-01-01T00:00:00Z dropped={0} for database: t1 for retention policy: "
        "r"}) {
    scripted_server server([&](const lines_type& lines, lines_type& stored) {
      std::size_t dropped = 0;
      for (const std::string& line : lines) {
        expired(line) ? void(++dropped) : stored.push_back(line);
      }
      return dropped == 0 ? reply_of(204)
                          : reply_of(400, json_error(fmt::format(fmt::runtime(words), dropped)));
    });
    const attempt_result result = server.deliver(batch);
    EXPECT_EQ(result.discarded[discard_reason::partial], 10U);
    EXPECT_EQ(all_refused(result), batch.substr(0, batch.find("m,h=a v=10i")));
    EXPECT_EQ(server.requests, 2U);
  }
}

TEST(write_plan, two_reasons_of_which_the_server_tells_one_are_both_found) {
  const std::string batch = batch_of(60, {20, 40});
  // As 1.6.7: a conflict hides what is beyond retention, and its number counts its own points only.
  scripted_server server([](const lines_type& lines, lines_type& stored) {
    std::size_t conflicts = 0;
    std::size_t expired = 0;
    for (const std::string& line : lines) {
      if (line.substr(line.rfind(' ')) < " 1005") {
        ++expired;
      } else if (is_bad(line)) {
        ++conflicts;
      } else {
        stored.push_back(line);
      }
    }
    if (conflicts > 0) {
      return reply_of(400, conflict(conflicts));
    }
    return expired > 0 ? reply_of(400, json_error(fmt::format("partial write: points beyond "
                                                              "retention policy dropped={}",
                                                              expired)))
                       : reply_of(204);
  });
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(result.discarded[discard_reason::partial], 7U);
  EXPECT_EQ(result.refused.size(), 2U);
  EXPECT_EQ(server.requests, 3U);
}

TEST(write_plan, lines_that_an_influxdb_3_numbers_are_taken_out) {
  const std::string batch = batch_of(10, {3, 7});
  scripted_server server([](const lines_type& lines, lines_type& stored) {
    // Its older paths name one line, and store nothing.
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (is_bad(lines[i])) {
        return reply_of(
            400, fmt::format(R"({{"error":"line protocol parsing error","data":{{"error_message":)"
                             R"("bad column","line_number":{},"original_line":"m,h=a v="}}}})",
                             i + 1));
      }
    }
    stored = lines;
    return reply_of(204);
  });
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(result.discarded[discard_reason::refused], 2U);
  EXPECT_EQ(server.stored, good_of(batch));
  EXPECT_EQ(server.requests, 3U);
  ASSERT_EQ(result.refused.size(), 1U);
  EXPECT_EQ(result.refused[0].message, "bad column");
}

TEST(write_plan, a_number_that_does_not_fit_its_line_is_not_believed) {
  const std::string batch = batch_of(4, {2});
  scripted_server server([](const lines_type& lines, lines_type& stored) {
    if (std::any_of(lines.begin(), lines.end(), is_bad)) {
      return reply_of(400, R"({"error":"e","data":{"error_message":"x","line_number":1,)"
                           R"("original_line":"other"}})");
    }
    stored.insert(stored.end(), lines.begin(), lines.end());
    return reply_of(204);
  });
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(all_refused(result), "m,h=a v=\"x\" 1002\n");
  EXPECT_EQ(server.stored, good_of(batch));
}

// ---- where the words do not tell: halves

TEST(write_plan, one_line_of_five_thousand_is_found_by_halves_in_order) {
  const std::string batch = batch_of(5000, {3333});
  scripted_server server(wordless);
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(all_refused(result), "m,h=a v=\"x\" 4333\n");
  EXPECT_EQ(server.stored, good_of(batch));  // each once, in order
  EXPECT_LE(server.plan_requests, 28U);
}

TEST(write_plan, what_is_not_sorted_out_after_the_last_request_is_set_aside_and_counted_once) {
  std::set<std::size_t> bad;
  for (std::size_t i = 0; i < 1000; i += 10) {
    bad.insert(i);
  }
  const std::string batch = batch_of(1000, bad);
  scripted_server server(wordless);
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(server.plan_requests, write_plan::requests_max);
  EXPECT_EQ(result.discarded.total() + server.stored.size(), 1000U);
  const lines_type refused = split_lines(all_refused(result));
  EXPECT_EQ(refused.size(), result.discarded[discard_reason::refused]);
  const bool told = std::any_of(result.refused.begin(), result.refused.end(), [](const auto& one) {
    return one.message == "some of these are bad; 64 requests did not tell which: no";
  });
  EXPECT_TRUE(told);
  for (const std::string& line : server.stored) {
    EXPECT_EQ(std::count(refused.begin(), refused.end(), line), 0);
  }
}

TEST(write_plan, a_partial_write_without_a_name_counts_what_the_server_dropped) {
  std::set<std::size_t> bad;
  for (std::size_t i = 0; i < 1000; i += 10) {
    bad.insert(i);
  }
  const std::string batch = batch_of(1000, bad);
  scripted_server server([](const lines_type& lines, lines_type& stored) {
    const auto dropped =
        static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), is_bad));
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(stored),
                 [](const std::string& line) { return !is_bad(line); });
    return dropped == 0
               ? reply_of(204)
               : reply_of(400,
                          json_error(fmt::format("partial write: max-series-per-database limit "
                                                 "exceeded: (1000) dropped={}",
                                                 dropped)));
  });
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(result.discarded[discard_reason::partial], 100U);
  EXPECT_EQ(result.discarded.total(), 100U);
  EXPECT_EQ(server.plan_requests, write_plan::requests_max);
  // The lines that may be among them are marked so.
  EXPECT_TRUE(std::any_of(result.refused.begin(), result.refused.end(), [](const auto& one) {
    return one.message.starts_with("some of these lines are stored, some are not; 64 requests");
  }));
}

TEST(write_plan, words_that_fit_no_line_and_never_change_cost_what_they_say_was_dropped) {
  scripted_server server([](const auto&, auto&) { return reply_of(400, conflict(1)); });
  const attempt_result result = server.deliver(batch_of(100, {}));
  EXPECT_EQ(result.discarded[discard_reason::partial], 1U);
  EXPECT_EQ(result.discarded.total(), 1U);
  EXPECT_EQ(split_lines(all_refused(result)).size(), 100U);
  EXPECT_LT(server.requests, 12U);
  ASSERT_EQ(result.refused.size(), 1U);
  EXPECT_TRUE(result.refused[0].message.starts_with(
      "some of these lines are stored, some are not; the server did not tell which: partial"));
}

TEST(write_plan, words_that_are_repeated_of_lines_they_do_not_fit_are_not_believed_twice) {
  scripted_server server([](const auto&, auto&) { return reply_of(400, conflict(1)); });
  const attempt_result result = server.deliver(batch_of(100, {7}));
  EXPECT_EQ(result.discarded.total(), 1U);
  EXPECT_EQ(all_refused(result), "m,h=a v=\"x\" 1007\n");
  EXPECT_EQ(server.requests, 2U);
}

TEST(write_plan, all_of_it_dropped_is_known_without_a_request) {
  scripted_server server(influxdb_1);
  const attempt_result result = server.deliver(batch_of(8, {0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(result.discarded[discard_reason::partial], 8U);
  EXPECT_EQ(server.requests, 1U);
}

TEST(write_plan, a_conflict_in_one_shard_alone_is_found) {
  // The type is compared within a shard: of the lines that fit the words, some are stored.
  const std::string batch = batch_of(64, {10, 40, 41});
  scripted_server server([](const lines_type& lines, lines_type& stored) {
    std::size_t dropped = 0;
    for (const std::string& line : lines) {
      is_bad(line) && line.substr(line.rfind(' ')) < " 1020" ? void(++dropped)
                                                             : stored.push_back(line);
    }
    return dropped == 0 ? reply_of(204) : reply_of(400, conflict(dropped));
  });
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(all_refused(result), "m,h=a v=\"x\" 1010\n");
  EXPECT_EQ(result.discarded.total(), 1U);
}

TEST(write_plan, an_outage_in_the_midst_counts_nothing) {
  const std::string batch = batch_of(100, {50});
  for (const http_reply& end : {http_reply::failed("reset"), reply_of(503), reply_of(401)}) {
    scripted_server server([&](const lines_type& lines, lines_type& stored) {
      return stored.empty() ? wordless(lines, stored) : end;
    });
    const attempt_result result = server.deliver(batch);
    EXPECT_EQ(result.verdict, end.status == 401 ? attempt_verdict::hold : attempt_verdict::retry);
    EXPECT_EQ(result.discarded.total(), 0U);
    EXPECT_TRUE(result.refused.empty());
  }
}

TEST(write_plan, a_413_in_the_midst_makes_the_parts_smaller) {
  const std::string batch = batch_of(64, {5});
  scripted_server server([](const lines_type& lines, lines_type& stored) {
    return lines.size() < 64 && lines.size() > 4 ? reply_of(413) : wordless(lines, stored);
  });
  const attempt_result result = server.deliver(batch);
  EXPECT_EQ(all_refused(result), "m,h=a v=\"x\" 1005\n");
  EXPECT_EQ(server.stored, good_of(batch));
}

// ---- a batch on which the server fails

scripted_server::answering fails_on_bad(const http_reply& how) {
  return [how](const lines_type& lines, lines_type& stored) {
    if (std::any_of(lines.begin(), lines.end(), is_bad)) {
      return how;
    }
    stored.insert(stored.end(), lines.begin(), lines.end());
    return reply_of(204);
  };
}

TEST(write_plan, a_batch_whose_parts_pass_and_that_is_too_large_as_a_whole_is_to_be_made_smaller) {
  const std::string batch = batch_of(64, {});
  // A connection that is cut while a body that is too large is sent shows no answer.
  scripted_server server([&](const lines_type& lines, lines_type& stored) {
    return lines.size() < 64      ? wordless(lines, stored)
           : server.requests == 1 ? http_reply::failed("cut")
                                  : reply_of(413);
  });
  const attempt_result result = server.deliver(batch, write_plan::cause::suspect);
  EXPECT_EQ(result.verdict, attempt_verdict::too_large);
  EXPECT_EQ(result.code, 413);
  EXPECT_EQ(result.discarded.total(), 0U);
  EXPECT_TRUE(result.refused.empty());
}

TEST(write_plan, a_line_on_which_the_server_fails_is_found_and_all_else_is_stored_in_order) {
  const std::string batch = batch_of(1000, {0, 731});
  for (const http_reply& how : {reply_of(500, json_error("panic")), http_reply::failed("cut")}) {
    scripted_server server(fails_on_bad(how));
    const attempt_result result = server.deliver(batch, write_plan::cause::suspect);
    EXPECT_EQ(result.verdict, attempt_verdict::delivered);
    EXPECT_EQ(all_refused(result), "m,h=a v=\"x\" 1000\nm,h=a v=\"x\" 1731\n");
    EXPECT_EQ(result.discarded[discard_reason::refused], 2U);
    EXPECT_LE(server.plan_requests, write_plan::requests_max);
    const lines_type good = good_of(batch);
    ASSERT_GE(server.stored.size(), good.size());
    EXPECT_TRUE(std::equal(good.rbegin(), good.rend(), server.stored.rbegin()));
    ASSERT_EQ(result.refused.size(), 1U);
    EXPECT_EQ(result.refused[0].message,
              std::string("the server fails on it, and on nothing beside it: ") +
                  (how.answered ? "panic" : "cut"));
    EXPECT_EQ(result.refused[0].code, how.status);
  }
}

TEST(write_plan, a_server_that_fails_on_all_of_it_is_down_and_asked_a_few_times_only) {
  scripted_server server(fails_on_bad(reply_of(500)));
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < 100; ++i) {
    all.insert(i);
  }
  const attempt_result result = server.deliver(batch_of(100, all), write_plan::cause::suspect);
  EXPECT_EQ(result.verdict, attempt_verdict::retry);
  EXPECT_EQ(result.discarded.total(), 0U);
  EXPECT_EQ(server.plan_requests, write_plan::unproven_max);
}

TEST(write_plan, an_outage_that_begins_or_ends_at_any_request_costs_no_point) {
  const std::string batch = batch_of(100, {});
  for (std::size_t from = 0; from < 30; ++from) {
    for (const std::size_t until : {from + 1, from + 3, std::size_t{1000}}) {
      scripted_server* self = nullptr;
      scripted_server server([&](const lines_type& lines, lines_type& stored) {
        if (self->requests == 1 || (self->requests > from && self->requests <= until)) {
          return reply_of(500);
        }
        stored.insert(stored.end(), lines.begin(), lines.end());
        return reply_of(204);
      });
      self = &server;
      const attempt_result result = server.deliver(batch, write_plan::cause::suspect);
      EXPECT_EQ(result.discarded.total(), 0U) << from << " " << until;
      if (result.verdict == attempt_verdict::delivered) {
        // In order at the end, whatever was stored before: the last write counts.
        const lines_type all = split_lines(batch);
        ASSERT_GE(server.stored.size(), all.size());
        EXPECT_TRUE(std::equal(all.rbegin(), all.rend(), server.stored.rbegin()))
            << from << " " << until;
      }
    }
  }
}

TEST(write_plan, one_line_alone_is_given_up_only_where_others_proved_the_server_well) {
  for (const auto why : {write_plan::cause::suspect, write_plan::cause::suspect_alone}) {
    scripted_server server(fails_on_bad(reply_of(500, json_error("panic"))));
    const attempt_result result = server.deliver(batch_of(1, {0}), why);
    const bool given_up = why == write_plan::cause::suspect_alone;
    EXPECT_EQ(result.verdict, given_up ? attempt_verdict::delivered : attempt_verdict::retry);
    EXPECT_EQ(result.discarded.total(), given_up ? 1U : 0U);
    EXPECT_LE(server.plan_requests, 2U);
  }
}

TEST(write_plan, more_poison_than_can_be_sorted_out_ends_all_the_same) {
  std::set<std::size_t> bad;
  for (std::size_t i = 0; i < 1000; i += 10) {
    bad.insert(i);
  }
  const std::string batch = batch_of(1000, bad);
  scripted_server server(fails_on_bad(reply_of(500)));
  const attempt_result result = server.deliver(batch, write_plan::cause::suspect_alone);
  EXPECT_LE(server.plan_requests, write_plan::requests_max);
  if (result.verdict == attempt_verdict::delivered) {
    const lines_type refused = split_lines(all_refused(result));
    EXPECT_EQ(refused.size(), result.discarded.total());
    std::set<std::string> all = as_set(server.stored);
    all.insert(refused.begin(), refused.end());
    EXPECT_EQ(all.size(), 1000U);
  } else {
    EXPECT_EQ(result.discarded.total(), 0U);
  }
}

TEST(write_plan, a_suspect_that_is_refused_after_all_loses_the_refused_line_alone) {
  const std::string batch = batch_of(100, {42});
  scripted_server* self = nullptr;
  scripted_server server([&](const lines_type& lines, lines_type& stored) {
    return self->requests == 1 ? reply_of(500) : wordless(lines, stored);
  });
  self = &server;
  const attempt_result result = server.deliver(batch, write_plan::cause::suspect);
  EXPECT_EQ(result.verdict, attempt_verdict::delivered);
  EXPECT_EQ(all_refused(result), "m,h=a v=\"x\" 1042\n");
  EXPECT_EQ(as_set(server.stored), as_set(good_of(batch)));
}

// ---- random servers: nothing is lost, nothing is counted twice

TEST(write_plan, conserves_lines_whatever_is_bad) {
  std::uint64_t random = 7;
  const auto next = [&random](std::uint64_t below) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (random >> 33) % below;
  };
  for (int round = 0; round < 300; ++round) {
    const std::size_t lines = 1 + next(200);
    std::set<std::size_t> bad{next(lines)};
    for (std::uint64_t i = next(6); i > 0; --i) {
      bad.insert(next(lines));
    }
    const std::string batch = batch_of(lines, bad);
    const auto kind = next(4);
    scripted_server server(kind == 0   ? scripted_server::answering(influxdb_1)
                           : kind == 1 ? scripted_server::answering(influxdb_2)
                           : kind == 2 ? scripted_server::answering(wordless)
                                       : fails_on_bad(reply_of(500)));
    const attempt_result result = server.deliver(
        batch, kind == 3 ? write_plan::cause::suspect_alone : write_plan::cause::refused);
    ASSERT_EQ(result.verdict, attempt_verdict::delivered) << round;
    const lines_type refused = split_lines(all_refused(result));
    ASSERT_EQ(refused.size(), result.discarded.total()) << round;
    std::set<std::string> all = as_set(server.stored);
    all.insert(refused.begin(), refused.end());
    ASSERT_EQ(all.size(), lines) << round;
    ASSERT_EQ(as_set(server.stored).size() + refused.size(), lines) << round;
  }
}

}  // namespace
}  // namespace weir
