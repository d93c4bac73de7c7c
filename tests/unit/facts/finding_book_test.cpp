// SPDX-License-Identifier: Apache-2.0
#include "facts/refusals/finding_book.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;
constexpr std::int64_t second = 1'000'000'000;
constexpr finding_code no_fields(parse_code::missing_fields);
constexpr finding_code too_old(gate_code::beyond_retention);

auto from(const std::string& address, const std::string& agent = "telegraf") {
  return [=] {
    return finding_sender{.listener = "http", .address = address, .agent = agent, .user = "ann"};
  };
}

finding_example example_of(const std::string& line) {
  line_reader reader;
  reader.feed(line);
  reader.finish();
  EXPECT_EQ(reader.next(), line_event::error) << line;
  return make_example(reader.error(), 1);
}

/// A request of one sender with lines that were refused for one reason.
void add(finding_book& book, const std::string& address, std::uint64_t lines, std::int64_t at = now,
         const std::string& database = "db", finding_code code = no_fields) {
  request_findings found;
  found.add(finding_kind::rejected, code, lines, from(address));
  book.add(found, database, "", at);
}

TEST(finding_example, has_the_caret_where_the_mistake_lies_and_says_what_to_do) {
  const finding_example made = example_of("cpu,host=a b=1 2 3");
  EXPECT_EQ(made.text, "cpu,host=a b=1 2 3");
  EXPECT_FALSE(made.cut);
  EXPECT_EQ(made.shown, made.text);
  EXPECT_EQ(made.column, made.mark_column + 1);
  EXPECT_GT(made.mark_columns, 0U);
  EXPECT_FALSE(made.explanation.empty());
  EXPECT_FALSE(made.remedy.empty());
}

TEST(finding_example, of_a_long_line_keeps_its_beginning_and_shows_the_mistake) {
  const std::string line = "cpu,host=" + std::string(5000, 'x') + " \x01v=";
  const finding_example made = make_example(line, line_place{line.size() - 3, 2}, "why");
  EXPECT_EQ(made.text.size(), finding_example::text_bytes_max);
  EXPECT_TRUE(made.cut);
  EXPECT_NE(made.shown.find("\xE2\x90\x81v="), std::string::npos) << made.shown;
  EXPECT_LT(made.mark_column, 120U);
}

TEST(finding_example, of_a_line_as_a_whole_has_no_caret) {
  const finding_example made = make_example("cpu v=1", std::nullopt, "why");
  EXPECT_EQ(made.column, 0U);
  EXPECT_EQ(made.mark_columns, 0U);
  EXPECT_EQ(made.shown, "cpu v=1");
}

TEST(finding_code, names_every_code_once) {
  std::map<std::string_view, std::size_t> named;
  for (std::size_t i = 0; i < parse_code_count; ++i) {
    ++named[finding_code(static_cast<parse_code>(i)).name()];
  }
  for (std::size_t i = 0; i < gate_code_count; ++i) {
    const finding_code code(static_cast<gate_code>(i));
    ++named[code.name()];
    EXPECT_FALSE(code.explanation().empty());
    EXPECT_EQ(code.title().empty(), i == 0);
  }
  ++named[finding_code::all_or_nothing().name()];
  EXPECT_EQ(named["none"], 2U);  // the parser's and the gate's
  EXPECT_EQ(named.size(), finding_code::count - 1);
}

TEST(without_port, leaves_the_address) {
  EXPECT_EQ(without_port("192.0.2.1:4711"), "192.0.2.1");
  EXPECT_EQ(without_port("[2001:db8::1]:80"), "2001:db8::1");
  EXPECT_EQ(without_port("unix"), "unix");
  EXPECT_EQ(without_port(""), "");
}

TEST(request_findings, counts_by_reason_and_sender) {
  request_findings found;
  EXPECT_TRUE(found.empty());
  found.add(finding_kind::rejected, no_fields, 1, from("192.0.2.1"));
  found.add(finding_kind::rejected, no_fields, 1, from("never asked"));
  found.add(finding_kind::mended, too_old, 3, from("never asked"));
  found.add(finding_kind::rejected, no_fields, 1, from("never asked"));
  found.next_sender();
  found.add(finding_kind::rejected, no_fields, 5, from("192.0.2.2"));
  found.next_sender();
  found.add(finding_kind::rejected, no_fields, 7, from("192.0.2.1"));
  ASSERT_EQ(found.entries().size(), 3U);
  EXPECT_EQ(found.entries()[0].count, 10U);
  EXPECT_EQ(found.entries()[1].count, 3U);
  EXPECT_EQ(found.entries()[2].count, 5U);
  EXPECT_EQ(found.senders()[found.entries()[2].sender].address, "192.0.2.2");
  found.forget_kept();
  EXPECT_EQ(found.entries().size(), 2U);
}

TEST(request_findings, are_bounded) {
  request_findings found;
  for (int i = 0; i < 1000; ++i) {
    found.next_sender();
    const finding_code code(static_cast<gate_code>(1 + i % 30));
    found.add(finding_kind::rejected, code, 1, from(std::to_string(i) + std::string(300, 'a')));
    if (found.lacks_example(finding_kind::rejected, code)) {
      found.add_example(finding_kind::rejected, code, {});
    }
  }
  EXPECT_EQ(found.senders().size(), request_findings::senders_max);
  EXPECT_EQ(found.senders().back().address, "others");
  EXPECT_LE(found.senders().front().address.size(), finding_name_bytes_max);
  EXPECT_LE(found.entries().size(), request_findings::entries_max);
  EXPECT_EQ(found.examples().size(), request_findings::examples_max);
}

TEST(finding_book, groups_by_code_with_the_newest_first) {
  finding_book book;
  add(book, "192.0.2.1", 2, now);
  add(book, "192.0.2.2", 5, now + second, "other");
  add(book, "192.0.2.2", 1, now + 2 * second, "other", too_old);
  add(book, "192.0.2.1", 4, now + 3 * second);
  const std::vector<finding_group> groups = book.groups(20);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].code, no_fields);
  EXPECT_EQ(groups[0].count, 11U);
  EXPECT_EQ(groups[0].last_ns, now + 3 * second);
  ASSERT_EQ(groups[0].senders.size(), 2U);
  EXPECT_EQ(groups[0].senders[0].from.address, "192.0.2.1");
  EXPECT_EQ(groups[0].senders[0].count, 6U);
  EXPECT_EQ(groups[0].senders[1].database, "other");
  EXPECT_EQ(groups[1].code, too_old);
  EXPECT_EQ(book.groups(1).size(), 1U);
}

TEST(finding_book, keeps_those_who_send_most) {
  finding_book book;
  add(book, "heavy", 1000, now);
  for (int i = 0; i < 500; ++i) {
    add(book, "light " + std::to_string(i), 1, now + second + i);
    if (i % 50 == 0) {
      add(book, "middle", 3, now + second + i);
    }
  }
  const std::vector<finding_group> groups = book.groups(20);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].count, 1000U + 500U + 30U);
  ASSERT_EQ(groups[0].senders.size(), finding_group::senders_max);
  EXPECT_EQ(groups[0].senders[0].from.address, "heavy");
  EXPECT_EQ(groups[0].senders[1].from.address, "middle");
  EXPECT_EQ(groups[0].senders[1].count, 30U);
}

TEST(finding_book, keeps_the_newest_example_and_wants_few) {
  finding_book book;
  for (int i = 0; i < 3; ++i) {
    const std::int64_t at = now + i * finding_book::example_pause_ns / 2;
    request_findings found;
    found.add(finding_kind::rejected, no_fields, 1, from("192.0.2.1"));
    EXPECT_EQ(book.wants_example(finding_kind::rejected, no_fields, at), i != 1);
    if (book.wants_example(finding_kind::rejected, no_fields, at)) {
      found.add_example(finding_kind::rejected, no_fields, example_of("cpu" + std::to_string(i)));
    }
    book.add(found, "db", "rp", at);
  }
  EXPECT_TRUE(book.wants_example(finding_kind::rejected, no_fields, now - second));  // set back
  const finding_group group = book.groups(20).at(0);
  ASSERT_TRUE(group.example);
  EXPECT_EQ(group.example->line.text, "cpu2");
  EXPECT_EQ(group.example->from.address, "192.0.2.1");
  EXPECT_EQ(group.example->retention_policy, "rp");
}

TEST(finding_book, knows_the_reasons_of_a_database) {
  finding_book book;
  add(book, "192.0.2.1", 2, now, "db", too_old);
  add(book, "192.0.2.2", 5, now + second, "db");
  add(book, "192.0.2.3", 5, now + second, "other");
  const std::vector<database_finding> reasons = book.of_database("db");
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0].code, no_fields);
  EXPECT_EQ(reasons[0].from.address, "192.0.2.2");
  EXPECT_EQ(reasons[1].count, 2U);
  EXPECT_TRUE(book.of_database("none").empty());
}

TEST(finding_book, forgets_the_database_that_was_quiet_for_longest) {
  finding_book book;
  for (std::size_t i = 0; i <= finding_book::databases_max; ++i) {
    add(book, "192.0.2.1", 1, now + static_cast<std::int64_t>(i),
        "db" + std::to_string(i) + std::string(1000, 'x'));
  }
  EXPECT_TRUE(book.of_database("db0" + std::string(1000, 'x')).empty());
  EXPECT_FALSE(book.of_database("db1" + std::string(1000, 'x')).empty());
}

TEST(finding_book, is_fed_and_read_by_threads) {
  finding_book book;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&book, t] {
      for (int i = 0; i < 500; ++i) {
        const std::int64_t at = now + i * second;
        request_findings found;
        found.add(finding_kind::rejected, no_fields, 1, from("192.0.2." + std::to_string(t)));
        if (book.wants_example(finding_kind::rejected, no_fields, at)) {
          found.add_example(finding_kind::rejected, no_fields, example_of("cpu"));
        }
        book.add(found, "db" + std::to_string(i % 300), "", at);
        if (i % 50 == 0) {
          EXPECT_LE(book.groups(20).size(), 1U);
          EXPECT_LE(book.of_database("db0").size(), 1U);
        }
      }
    });
  }
  for (std::thread& each : threads) {
    each.join();
  }
  EXPECT_EQ(book.groups(20).at(0).count, 2000U);
}

}  // namespace
}  // namespace weir
