// SPDX-License-Identifier: Apache-2.0
#include "push/groups.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "unit/push/push_testing.hpp"

namespace weir::push {
namespace {

const grouping job_a{{"job", "a"}};
const grouping job_b{{"job", "b"}};
constexpr std::size_t any = std::size_t{1} << 30;

std::string families_of(const group_table& table, const grouping& labels) {
  const auto found = table.find(labels);
  std::string out;
  if (found != nullptr) {
    for (const auto& [name, each] : found->families) {
      out.append(out.empty() ? "" : " ").append(name);
    }
  }
  return found == nullptr ? "none" : out;
}

TEST(push_groups, put_replaces_and_post_replaces_families) {
  group_table table(any);
  const lifetime_terms terms = default_terms();
  table.apply(push_of(job_a, "x 1\ny 1\n"), terms, at_second(0));
  table.apply(push_of(job_a, "y 2\nz 2\n", /*adds=*/true), terms, at_second(1));
  EXPECT_EQ(families_of(table, job_a), "x y z");
  EXPECT_EQ(table.find(job_a)->families.at("y")->is.text, "y{instance=\"\",job=\"a\"} 2\n");
  EXPECT_EQ(table.totals().samples, 3U);
  table.apply(push_of(job_a, "z 3\n"), terms, at_second(2));
  EXPECT_EQ(families_of(table, job_a), "z");
  EXPECT_EQ(table.totals().samples, 1U);
  EXPECT_EQ(table.totals().groups, 1U);
  table.apply(push_of(job_a, ""), terms, at_second(3));
  EXPECT_EQ(families_of(table, job_a), "") << "an empty push leaves an empty group";
  EXPECT_EQ(table.find(job_a)->pushed.ns, at_second(3).wall.ns);
}

TEST(push_groups, groups_are_apart_and_deleted_alone) {
  group_table table(any);
  table.apply(push_of(job_a, "x 1\n"), default_terms(), at_second(0));
  table.apply(push_of(job_b, "x 1\n"), default_terms(), at_second(0));
  table.apply(push_of({{"job", "a"}, {"instance", ""}}, "x 1\n"), default_terms(), at_second(0));
  EXPECT_EQ(table.totals().groups, 3U);
  EXPECT_TRUE(table.remove(job_a, at_second(1).wall));
  EXPECT_FALSE(table.remove(job_a, at_second(1).wall));
  EXPECT_EQ(families_of(table, job_a), "none");
  EXPECT_EQ(families_of(table, job_b), "x");
  table.wipe(at_second(2).wall);
  EXPECT_EQ(table.totals().groups, 0U);
  EXPECT_EQ(table.totals().bytes, 0U);
}

std::string ended_in(group_table& table) {
  std::string told;
  for (const ended_series& each : table.take_ended()) {
    told += each.database + "@" + std::to_string(each.at.ns / second) + " " + each.text;
  }
  return told;
}

TEST(push_groups, what_vanishes_is_told_once) {
  group_table table(any);
  const lifetime_terms terms = default_terms();
  const std::int64_t at = at_second(0).wall.ns / second;
  const auto put = [&](const std::string& text, std::int64_t time, bool adds = false) {
    table.apply(push_of(job_a, text, adds), terms, at_second(time));
    return ended_in(table);
  };
  const auto told = [at](std::int64_t time, const std::string& text) {
    return "pushgateway@" + std::to_string(at + time) + " " + text;
  };
  EXPECT_EQ(put("x{l=\"1\"} 1\nx{l=\"2\"} 1\ny 1\n", 0), "");
  EXPECT_EQ(put("x{l=\"1\"} 5\nx{l=\"2\"} 6\ny 7\n", 1), "") << "only values changed";
  EXPECT_EQ(put("x{l=\"2\"} 1\ny 1\n", 2), told(2, "x{instance=\"\",job=\"a\",l=\"1\"} 5\n"));
  EXPECT_EQ(put("x{l=\"3\"} 1\n", 3, true), told(3, "x{instance=\"\",job=\"a\",l=\"2\"} 1\n"))
      << "POST: of the families that it names";
  EXPECT_EQ(put("z 1\n", 4), told(4,
                                  "x{instance=\"\",job=\"a\",l=\"3\"} 1\n"
                                  "y{instance=\"\",job=\"a\"} 1\n"));
  EXPECT_TRUE(table.remove(job_a, at_second(5).wall));
  EXPECT_EQ(ended_in(table), told(5, "z{instance=\"\",job=\"a\"} 1\n"));
  EXPECT_EQ(put("z 1\n", 6), "");
  table.note_failure(job_a, at_second(7).wall);
  EXPECT_EQ(ended_in(table), "");
  table.expire(at_second(100'000));
  EXPECT_EQ(ended_in(table), told(100'000, "z{instance=\"\",job=\"a\"} 1\n"));
  EXPECT_EQ(put("z 1\n", 100'001), "");
  table.wipe(at_second(100'002).wall);
  EXPECT_EQ(ended_in(table), told(100'002, "z{instance=\"\",job=\"a\"} 1\n"));
}

TEST(push_groups, a_group_that_moves_to_another_database_ends_in_the_old_one) {
  group_table table(any);
  table.apply(push_of(job_a, "x 1\n"), default_terms(), at_second(0));
  auto moved = push_of(job_a, "x 1\n");
  moved.database = "other";
  table.apply(std::move(moved), default_terms(), at_second(1));
  EXPECT_EQ(table.take_ended().size(), 1U);
}

TEST(push_groups, what_ended_is_bounded) {
  group_table table(std::size_t{1} << 30);
  std::string body;
  for (int i = 0; body.size() < group_table::ended_bytes_max / 2; ++i) {
    body += "x{l=\"" + std::to_string(i) + std::string(1'000, 'v') + "\"} 1\n";
  }
  for (int i = 0; i < 3; ++i) {
    table.apply(push_of(job_a, body), default_terms(), at_second(i));
    EXPECT_TRUE(table.remove(job_a, at_second(i).wall));
  }
  EXPECT_EQ(table.take_ended().size(), 1U);
  EXPECT_GT(table.totals().ends_lost, 10'000U);
}

TEST(push_groups, a_group_lives_for_five_of_its_intervals) {
  group_table table(any);
  for (const std::int64_t time : {0, 20, 40}) {
    table.apply(push_of(job_a, "x 1\n"), default_terms(), at_second(time));
  }
  table.expire(at_second(139));
  EXPECT_EQ(families_of(table, job_a), "x");
  table.expire(at_second(140));
  EXPECT_EQ(families_of(table, job_a), "none");
  EXPECT_EQ(table.totals().expired, 1U);
  EXPECT_EQ(table.totals().bytes, 0U);
}

TEST(push_groups, a_header_comes_before_the_configuration_and_that_before_the_interval) {
  push_settings configured;
  configured.job_ttl = {"b: inf"};
  const lifetime_terms terms = lifetime_terms_of(configured);
  group_table table(any);
  auto with_header = push_of(job_a, "x 1\n");
  with_header.ttl = time_to_live(5 * second);
  table.apply(std::move(with_header), terms, at_second(0));
  table.apply(push_of(job_b, "x 1\n"), terms, at_second(0));
  table.expire(at_second(5));
  EXPECT_EQ(families_of(table, job_a), "none");
  table.expire(at_second(1'000'000));
  EXPECT_EQ(families_of(table, job_b), "x");
}

TEST(push_groups, what_is_not_pushed_again_is_due_again) {
  group_table table(any);
  const lifetime_terms terms = default_terms();
  table.apply(push_of(job_a, "x 1\n"), terms, at_second(0));
  table.apply(push_of(job_b, "x 1\n"), terms, at_second(30));
  EXPECT_TRUE(table.take_due(terms, at_second(59).steady, any).empty());
  auto due = table.take_due(terms, at_second(60).steady, any);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0]->labels, job_a);
  EXPECT_TRUE(table.take_due(terms, at_second(60).steady, any).empty());
  table.apply(push_of(job_a, "x 2\n"), terms, at_second(61));
  EXPECT_EQ(table.take_due(terms, at_second(120).steady, any).size(), 1U) << "b alone";
  EXPECT_EQ(table.take_due(terms, at_second(200).steady, /*bytes_max=*/1).size(), 1U)
      << "one at a time";
  EXPECT_EQ(table.take_due(terms, at_second(200).steady, /*bytes_max=*/1).size(), 1U);
  push_settings never;
  never.repeat = milliseconds{0};
  group_table silent(any);
  silent.apply(push_of(job_a, "x 1\n"), lifetime_terms_of(never), at_second(0));
  EXPECT_TRUE(silent.take_due(lifetime_terms_of(never), at_second(1'000).steady, any).empty());
}

TEST(push_groups, another_interval_of_repetitions_is_that_of_all_groups) {
  const auto terms_of = [](int seconds) {
    push_settings configured;
    configured.repeat = milliseconds{seconds * 1'000};
    return lifetime_terms_of(configured);
  };
  group_table table(any);
  table.apply(push_of(job_a, "x 1\n"), terms_of(600), at_second(0));
  table.apply(push_of(job_b, "x 1\n"), terms_of(600), at_second(15));
  EXPECT_TRUE(table.take_due(terms_of(600), at_second(19).steady, any).empty());
  EXPECT_EQ(table.take_due(terms_of(20), at_second(20).steady, any).size(), 1U) << "a, sooner";
  EXPECT_EQ(table.take_due(terms_of(20), at_second(35).steady, any).size(), 1U) << "b";
  EXPECT_TRUE(table.take_due(terms_of(0), at_second(100).steady, any).empty()) << "never";
  EXPECT_EQ(table.take_due(terms_of(70), at_second(101).steady, any).size(), 1U) << "a is due";
  EXPECT_EQ(table.take_due(terms_of(70), at_second(105).steady, any).size(), 1U);
}

TEST(push_groups, a_failure_is_noted_and_lengthens_no_life) {
  group_table table(any);
  table.apply(push_of(job_a, "x 1\n"), default_terms(), at_second(0));
  table.note_failure(job_a, at_second(100).wall);
  table.note_failure(job_b, at_second(100).wall);
  EXPECT_EQ(table.totals().groups, 1U);
  EXPECT_EQ(table.find(job_a)->failed.ns, at_second(100).wall.ns);
  EXPECT_EQ(table.find(job_a)->pushed.ns, at_second(0).wall.ns);
  table.expire(at_second(3'600));
  EXPECT_EQ(table.totals().groups, 0U);
}

TEST(push_groups, room_for_many_families_is_found_at_once) {
  group_table table(any);
  const auto push_of_many = [](char first) {
    group_push push{.labels = job_a, .series = job_a, .adds = true};
    for (int i = 0; i < 60'000; ++i) {
      push.families.push_back({.name = first + std::to_string(i), .text = "x 1\n", .samples = 1});
    }
    return push;
  };
  table.apply(push_of_many('a'), default_terms(), at_second(0));
  const group_push others = push_of_many('b');
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(table.has_room(others.labels, others.families, /*adds=*/true));
  // Looking for each in all of the others takes many seconds.
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
}

TEST(push_groups, room_is_what_a_group_will_hold) {
  group_table table(any);
  table.apply(push_of(job_a, "x 1\ny 1\n"), default_terms(), at_second(0));
  const std::size_t before = table.totals().bytes;
  const std::string longer = "y{l=\"" + std::string(1'000, 'v') + "\"} 1\nz 1\n";
  const group_push push = push_of(job_a, longer, /*adds=*/true);
  group_table after(any);
  after.apply(push_of(job_a, "x 1\ny 1\n"), default_terms(), at_second(0));
  after.apply(push_of(job_a, longer, /*adds=*/true), default_terms(), at_second(1));
  ASSERT_GT(after.totals().bytes, before);
  table.set_bytes_max(after.totals().bytes);
  EXPECT_TRUE(table.has_room(push.labels, push.families, /*adds=*/true));
  table.set_bytes_max(after.totals().bytes - 1);
  EXPECT_FALSE(table.has_room(push.labels, push.families, /*adds=*/true));
}

TEST(push_groups, memory_has_its_bound) {
  group_table table(/*bytes_max=*/20'000);
  const std::string text = "x{l=\"" + std::string(1'000, 'v') + "\"} 1\n";
  int groups = 0;
  for (;; ++groups) {
    const auto push = push_of({{"job", "j" + std::to_string(groups)}}, text);
    if (!table.has_room(push.labels, push.families, false)) {
      break;
    }
    table.apply(push_of({{"job", "j" + std::to_string(groups)}}, text), default_terms(),
                at_second(0));
  }
  EXPECT_GT(groups, 3);
  EXPECT_LE(table.totals().bytes, 20'000U);
  // Those that are there may push the same, or less.
  const auto again = push_of({{"job", "j0"}}, text);
  EXPECT_TRUE(table.has_room(again.labels, again.families, false));
  EXPECT_TRUE(table.has_room(again.labels, again.families, true));
  const auto more = push_of({{"job", "j0"}}, text + "y{l=\"" + std::string(5'000, 'v') + "\"} 1\n");
  EXPECT_FALSE(table.has_room(more.labels, more.families, false));
  table.set_bytes_max(100'000);
  EXPECT_TRUE(table.has_room(more.labels, more.families, false));
}

}  // namespace
}  // namespace weir::push
