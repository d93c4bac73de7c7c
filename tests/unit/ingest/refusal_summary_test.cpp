// SPDX-License-Identifier: Apache-2.0
#include "ingest/refusal_summary.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace weir {
namespace {

constexpr std::int64_t second = 1'000'000'000;

auto from(const std::string& address, const std::string& user = "", const std::string& agent = "") {
  letter_header header;
  header.address = address;
  header.user = user;
  header.agent = agent;
  return [header]() -> const letter_header& { return header; };
}

/// One request with lines without fields and lines with a wrong time.
template <class Who>
void note(refusal_summary& into, Who sender, std::uint64_t missing_fields,
          std::uint64_t beyond_retention = 0) {
  line_account account;
  refusal_digest digest;
  for (std::uint64_t i = 0; i < missing_fields; ++i) {
    digest.rejected("missing_fields", "cpu", sender, [] { return "missing fields"; });
  }
  for (std::uint64_t i = 0; i < beyond_retention; ++i) {
    digest.rejected("beyond_retention", "cpu f=1 1", sender, [] { return "too old"; });
  }
  account.refused_by_parser[static_cast<std::size_t>(parse_code::missing_fields)] = missing_fields;
  account.rejected_by_gate[static_cast<std::size_t>(gate_code::beyond_retention)] =
      beyond_retention;
  account.received = account.rejected() + 5;
  account.accepted = 5;
  into.note(account, digest);
}

TEST(refusal_summary, says_how_many_from_whom_why_and_shows_one) {
  refusal_summary summary("http");
  note(summary, from("192.0.2.1:4711", "ann", "Telegraf/1.39"), 2, 5);
  note(summary, from("192.0.2.1:4712", "ann", "Telegraf/1.39"), 3);
  note(summary, from("[::1]:80"), 4);
  EXPECT_EQ(summary.take(1),
            "http: 14 line(s) of 3 request(s) rejected, 10 from 192.0.2.1, user \"ann\", "
            "Telegraf/1.39, the rest from 1 other; mostly missing_fields (9), such as 'cpu': "
            "missing fields");
}

TEST(refusal_summary, comes_once_a_minute_and_only_when_there_is_something_to_tell) {
  refusal_summary summary("udp");
  EXPECT_EQ(summary.take(0), std::nullopt);
  note(summary, from("unix"), 1);
  EXPECT_TRUE(summary.take(5 * second));  // the first at once
  EXPECT_EQ(summary.take(6 * second), std::nullopt);
  note(summary, from("unix"), 2);
  note(summary, from("unix"), 3);
  EXPECT_EQ(summary.take(64 * second), std::nullopt);
  EXPECT_EQ(summary.take(65 * second),
            "udp: 5 line(s) of 2 request(s) rejected since the last summary, 5 from unix; "
            "missing_fields (5), such as 'cpu': missing fields");
  EXPECT_EQ(summary.take(1000 * second), std::nullopt);
  // A clock that was set back does not silence it.
  note(summary, from("unix"), 1);
  EXPECT_TRUE(summary.take(10 * second));
  // Good requests are no reason to tell anything.
  note(summary, from("unix"), 0);
  EXPECT_EQ(summary.take(2000 * second), std::nullopt);
}

TEST(refusal_summary, good_lines_that_are_withheld_count_as_their_sender_s) {
  refusal_summary summary("http");
  line_account account;
  refusal_digest digest;
  digest.rejected("missing_fields", "cpu", from("a"), [] { return "missing fields"; });
  account.refused_by_parser[static_cast<std::size_t>(parse_code::missing_fields)] = 1;
  account.withheld = 9;
  account.received = 10;
  summary.note(account, digest);
  EXPECT_EQ(summary.take(0),
            "http: 10 line(s) of 1 request(s) rejected, 10 from a; mostly all_or_nothing (9), such "
            "as 'cpu': missing fields");
}

TEST(refusal_summary, senders_and_reasons_of_any_number_and_length_are_bounded) {
  refusal_summary summary("udp");
  for (int i = 0; i < 1000; ++i) {
    note(summary, from("192.0.2." + std::to_string(i) + ":1"), i == 7 ? 20 : 1);
  }
  const std::string text = summary.take(0).value_or("");
  EXPECT_NE(text.find("1019 line(s)"), std::string::npos) << text;
  EXPECT_NE(text.find("20 from 192.0.2.7, the rest from more than 63 others"), std::string::npos)
      << text;
  // Many senders share one job of a UDP listener.
  line_account account;
  refusal_digest digest;
  const std::string long_line(100'000, 'x');
  for (int i = 0; i < 1000; ++i) {
    digest.next_sender();
    digest.rejected("missing_fields", long_line,
                    from(std::to_string(i), std::string(100, 'u'), std::string(10'000, 'a')),
                    [] { return std::string(100'000, 'w'); });
  }
  account.refused_by_parser[static_cast<std::size_t>(parse_code::missing_fields)] = 1000;
  account.received = 1000;
  EXPECT_EQ(digest.senders().size(), refusal_digest::senders_max);
  summary.note(account, digest);
  const std::string other = summary.take(100 * second).value_or("");
  EXPECT_NE(other.find("985 from others"), std::string::npos) << other;
  EXPECT_LT(other.size(), 1000U);
}

TEST(refusal_summary, loops_may_note_while_it_is_taken) {
  refusal_summary summary("http");
  std::vector<std::thread> loops;
  for (int t = 0; t < 3; ++t) {
    loops.emplace_back([&summary] {
      for (int i = 0; i < 500; ++i) {
        note(summary, from("a"), 1, 1);
      }
    });
  }
  std::int64_t now = 0;
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(summary.take(now += 60 * second));
  }
  for (std::thread& each : loops) {
    each.join();
  }
  static_cast<void>(summary.take(now += 60 * second));
  EXPECT_EQ(summary.take(now + 60 * second), std::nullopt);
}

}  // namespace
}  // namespace weir
