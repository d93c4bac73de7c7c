// SPDX-License-Identifier: Apache-2.0
//
// Intakes that claim types at the same moment, in every order, and what a weir finds that starts
// later and reads a topic that Kafka has compacted.
#include "fleet/shared_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fleet/standing_claims.hpp"
#include "unit/fleet/played_fleet.hpp"

namespace weir {
namespace {

using status = field_types::status;

constexpr registered_field field{"db", "m\t1", "f,\n2"};

/// The type that the topic says: of the first claim that was not taken back.
std::optional<field_type> first_in(const played_topic& topic) {
  for (std::size_t i = 0; i < topic.records.size(); ++i) {
    const kafka_record& one = topic.records[i];
    const bool taken_back = std::any_of(
        topic.records.begin() + static_cast<std::ptrdiff_t>(i) + 1, topic.records.end(),
        [&](const kafka_record& later) { return later.key == one.key && later.tombstone; });
    if (!one.tombstone && !taken_back) {
      return find_field_type(one.value);
    }
  }
  return std::nullopt;
}

/// However far compaction has come, a weir that starts now finds what the others know.
void expect_latecomers_agree(const played_topic& topic) {
  const auto expected = first_in(topic);
  for (std::size_t clean = 0; clean <= topic.records.size(); ++clean) {
    for (const bool tombstones : {false, true}) {
      played_intake late(99);
      late.read(topic.compacted(clean, tombstones));
      const auto found = late.type_of(field);
      ASSERT_EQ(found.found == status::known, expected.has_value()) << clean << tombstones;
      if (expected) {
        ASSERT_EQ(found.type, *expected) << clean << tombstones;
      }
    }
  }
}

/// What one intake does, in its order: 'c'laims, 's'ends, 'r'eads one record.
constexpr std::string_view steps = "csrrsrr";

void play(const std::string& order, field_type of_a, field_type of_b) {
  SCOPED_TRACE(order + " " + std::string(name_of(of_a)) + " " + std::string(name_of(of_b)));
  played_topic topic;
  played_intake a(1);
  played_intake b(2);
  std::uint64_t number_a = 0;
  std::uint64_t number_b = 0;
  std::size_t step_a = 0;
  std::size_t step_b = 0;
  std::optional<field_type> said;
  for (const char whose : order) {
    const bool is_a = whose == 'a';
    played_intake& one = is_a ? a : b;
    switch (steps[is_a ? step_a++ : step_b++]) {
      case 'c':
        (is_a ? number_a : number_b) = one.use(field, is_a ? of_a : of_b);
        break;
      case 's':
        one.send(topic);
        break;
      default:
        one.read_one(topic);
    }
    // Once it is said it stays.
    const auto now = first_in(topic);
    ASSERT_TRUE(!said || now == said);
    said = now;
    // What an intake takes for settled is what the topic says.
    for (played_intake* each : {&a, &b}) {
      if (const auto known = each->type_of(field); known.found == status::known) {
        ASSERT_EQ(known.type, *said);
      }
    }
  }
  if (of_a != of_b) {
    expect_latecomers_agree(topic);
  }
  // In the end both have read all, also what was taken back.
  for (bool any = true; any;) {
    a.send(topic);
    b.send(topic);
    const bool read_a = a.read_one(topic);
    const bool read_b = b.read_one(topic);
    any = read_a || read_b || a.claims.unsent() > 0 || b.claims.unsent() > 0;
  }
  expect_latecomers_agree(topic);
  ASSERT_TRUE(said);
  for (played_intake* each : {&a, &b}) {
    ASSERT_EQ(each->type_of(field).found, status::known);
    ASSERT_EQ(each->type_of(field).type, *said);
    ASSERT_EQ(each->claims.waiting_count(), 0U);
  }
  const auto fate_of = [&](field_type own, std::uint64_t number) {
    return own == *said || number == 0 ? claim_fate::settled : claim_fate::lost;
  };
  ASSERT_EQ(a.standing(number_a).fate, fate_of(of_a, number_a));
  ASSERT_EQ(b.standing(number_b).fate, fate_of(of_b, number_b));
  // One claim stands in the topic, whatever came too late.
  const auto left = topic.compacted(topic.records.size(), true);
  ASSERT_EQ(left.size(), 1U);
}

TEST(shared_types, two_intakes_in_every_order_agree_on_the_first_claim) {
  std::string order(steps.size(), 'a');
  order.append(steps.size(), 'b');
  std::size_t orders = 0;
  do {
    play(order, field_type::int64, field_type::float64);
    play(order, field_type::string, field_type::string);
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()) &&
           !::testing::Test::HasFatalFailure());
  EXPECT_EQ(orders, 3432U);  // 14 over 7
}

TEST(shared_types, a_line_waits_for_its_claim_and_not_for_others) {
  played_topic topic;
  played_intake a(1);
  const std::uint64_t first = a.use(field, field_type::int64);
  EXPECT_EQ(a.type_of(field).found, status::claimed);
  EXPECT_EQ(a.use(field, field_type::string), first);  // the same claim, and of its type
  EXPECT_EQ(a.type_of(field).type, field_type::int64);
  EXPECT_EQ(a.standing(first).fate, claim_fate::waits);
  EXPECT_EQ(a.standing(0).fate, claim_fate::settled);
  EXPECT_EQ(a.claims.unsent(), 1U);
  a.send(topic);
  EXPECT_EQ(a.claims.unsent(), 0U);
  const std::uint64_t second = a.use({"db", "m", "g"}, field_type::boolean);
  int woken = 0;
  const std::size_t watcher = a.claims.watch([&woken] { ++woken; });
  EXPECT_TRUE(a.read_one(topic));
  EXPECT_EQ(woken, 1);
  a.claims.unwatch(watcher);
  EXPECT_EQ(a.standing(first).fate, claim_fate::settled);
  EXPECT_EQ(a.standing(second).fate, claim_fate::waits);
  claim_range both;
  both.include(second);
  both.include(first);
  EXPECT_EQ(a.claims.standing(both).fate, claim_fate::waits);
  EXPECT_EQ(a.use(field, field_type::string), 0U);  // it is known: nothing is claimed
  EXPECT_EQ(woken, 1);
}

TEST(shared_types, what_cannot_be_written_is_claimed_anew_and_may_yet_come) {
  played_topic topic;
  played_intake a(1);
  const std::uint64_t first = a.use(field, field_type::int64);
  a.send(topic);  // it is stored, but nobody says so
  a.state.fail(first, first, "timed out");
  EXPECT_EQ(a.type_of(field).found, status::unknown);
  EXPECT_EQ(a.standing(first).fate, claim_fate::failed);
  EXPECT_EQ(a.standing(first).why, "timed out");
  a.state.fail(first, first, "once more");  // it is told once
  EXPECT_EQ(a.standing(first).why, "timed out");
  const std::uint64_t second = a.use(field, field_type::string);
  EXPECT_GT(second, first);
  a.send(topic);
  while (a.read_one(topic)) {
  }
  // The first one counts, as for every other weir.
  EXPECT_EQ(a.type_of(field).type, field_type::int64);
  EXPECT_EQ(a.standing(second).fate, claim_fate::lost);
  EXPECT_NE(a.standing(second).why.find("integer"), std::string::npos) << a.standing(second).why;
  expect_latecomers_agree(topic);
}

TEST(shared_types, what_an_operator_forgets_all_forget) {
  played_topic topic;
  played_intake a(1);
  played_intake b(2);
  static_cast<void>(a.use(field, field_type::int64));
  static_cast<void>(b.use(field, field_type::string));
  a.send(topic);
  b.send(topic);
  a.read_one(topic);
  b.read_one(topic);
  const std::string who_a = topic.records[0].key;
  const std::string who_b = topic.records[1].key;
  const std::uint64_t drops = a.remembered.drops();
  // Every claim there is, as `weir types forget` does it.
  topic.append(who_a, std::nullopt);
  while (a.read_one(topic)) {
  }
  // The other claim was not taken back yet: it is the first one now.
  EXPECT_EQ(a.type_of(field).type, field_type::string);
  EXPECT_GT(a.remembered.drops(), drops);  // lines of known shapes are looked at again
  topic.append(who_b, std::nullopt);
  expect_latecomers_agree(topic);
  for (played_intake* each : {&a, &b}) {
    while (each->read_one(topic)) {
    }
    EXPECT_EQ(each->type_of(field).found, status::unknown);
    EXPECT_EQ(each->claims.fields(), 0U);
  }
  static_cast<void>(b.use(field, field_type::boolean));
  b.send(topic);
  while (a.read_one(topic)) {
  }
  EXPECT_EQ(a.type_of(field).type, field_type::boolean);
}

TEST(shared_types, a_dropped_database_takes_its_types_along_and_no_others) {
  played_topic topic;
  std::vector<std::string> told;
  played_intake a(1);
  a.state.tell({.created = [&](std::string_view name) { told.push_back("+" + std::string(name)); },
                .dropped =
                    [&](const dropped_news& news) {
                      told.push_back((news.is_old ? "old -" : "-") + std::string(news.database));
                    }});
  static_cast<void>(a.use(field, field_type::int64));
  static_cast<void>(a.use({"other", "m", "f"}, field_type::int64));
  a.send(topic);
  topic.append(database_key("db"), "created");
  topic.append(dropped_key("db"), "dropped");
  topic.append(database_key("db"), std::nullopt);
  while (a.read_one(topic)) {
  }
  EXPECT_EQ(told, (std::vector<std::string>{"+db", "old -db"}));
  EXPECT_EQ(a.type_of(field).found, status::unknown);
  EXPECT_EQ(a.type_of({"other", "m", "f"}).found, status::known);
  a.state.caught_up();
  static_cast<void>(a.use(field, field_type::string));
  a.send(topic);
  topic.append(database_key("db"), "created");
  topic.append(dropped_key("other"), "dropped");
  while (a.read_one(topic)) {
  }
  EXPECT_EQ(told.back(), "-other");
  EXPECT_EQ(a.type_of(field).type, field_type::string);
  for (std::size_t clean = 0; clean <= topic.records.size(); ++clean) {
    played_intake late(3);
    late.read(topic.compacted(clean, true));
    EXPECT_EQ(late.type_of(field).type, field_type::string);
    EXPECT_EQ(late.type_of({"other", "m", "f"}).found, status::unknown);
  }
}

TEST(shared_types, what_has_no_room_passes_unchecked_and_waits_for_nothing) {
  played_topic topic;
  played_intake large(1);
  played_intake small(2, 16 << 10);
  for (int i = 0; i < 1000; ++i) {
    static_cast<void>(large.use({"db", "m", std::to_string(i)}, field_type::int64));
  }
  const std::uint64_t own = small.use({"db", "m", "999"}, field_type::int64);
  EXPECT_NE(own, 0U);
  large.send(topic);
  while (small.read_one(topic)) {
  }
  EXPECT_GT(small.state.beyond(), 100U);
  EXPECT_EQ(small.standing(own).fate, claim_fate::settled);
  EXPECT_EQ(small.claims.waiting_count(), 0U);
  EXPECT_EQ(small.type_of({"db", "m", "0"}).found, status::known);
  EXPECT_NE(small.type_of({"db", "m", "999"}).found, status::claimed);
  int added = 0;
  while (added < 200 &&
         small.remembered.learn("db", "m", "n" + std::to_string(added), field_type::int64).found !=
             status::full) {
    ++added;
  }
  EXPECT_LT(added, 200);
  EXPECT_LE(small.remembered.types_budget().used(), small.remembered.types_budget().limit());
}

TEST(standing_claims, are_those_that_count_and_those_behind_them) {
  played_topic topic;
  topic.append(type_key(field, "a-1"), "float");
  topic.append(type_key(field, "b-1"), "integer");
  topic.append(type_key({"db", "m", "g"}, "a-2"), "string");
  topic.append(type_key({"gone", "m", "g"}, "a-3"), "string");
  topic.append(type_key({"db", "m", "h"}, "a-4"), "boolean");
  topic.append(type_key({"db", "m", "h"}, "a-4"), std::nullopt);
  topic.append(database_key("gone"), "created");
  topic.append(dropped_key("gone"), "dropped");
  topic.append("nonsense", "x");
  standing_claims claims;
  for (const kafka_record& each : topic.records) {
    claims.take(each);
  }
  EXPECT_EQ(claims.unreadable(), 1U);
  std::vector<standing_claims::field> found;
  claims.each([&](const standing_claims::field& one) { found.push_back(one); });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].field, "g");
  EXPECT_EQ(found[0].type, field_type::string);
  EXPECT_EQ(found[1].measurement, "m\t1");
  EXPECT_EQ(found[1].type, field_type::float64);
  EXPECT_EQ(found[1].keys,
            (std::vector<std::string>{type_key(field, "a-1"), type_key(field, "b-1")}));
}

TEST(shared_record, says_what_was_spelled_and_passes_over_what_it_cannot_read) {
  played_topic topic;
  topic.append(type_key(field, "00-1"), "unsigned");
  const auto type = read_shared_record(topic.records[0]);
  ASSERT_TRUE(type);
  EXPECT_EQ(type->kind, shared_kind::type);
  EXPECT_EQ(type->database, "db");
  EXPECT_EQ(type->measurement, "m\t1");
  EXPECT_EQ(type->field, "f,\n2");
  EXPECT_EQ(type->who, "00-1");
  EXPECT_EQ(type->type, field_type::uint64);
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{type_key(field, "1"), "number"},
                                                        {"type\tdb\tm\tf", "float"},
                                                        {"type\tdb\tm\tf\t1\t2", "float"},
                                                        {"database", "created"},
                                                        {"dropped\tdb", "dropped 1"},
                                                        {"dropped\tdb", "dropped 1:"},
                                                        {"dropped\tdb", "dropped 1:2 "},
                                                        {"dropped\tdb", "dropped 1:2,3:4"},
                                                        {"dropped\tdb", "dropped -1:2"},
                                                        {"dropped\tdb", "dropped 1:-2"},
                                                        {"dropped\tdb", "drop"},
                                                        {"database\t", "created"},
                                                        {"database\ta\tb", "created"},
                                                        {"later\tdb", "created"},
                                                        {"", ""}}) {
    played_topic bad;
    bad.append(key, value);
    EXPECT_FALSE(read_shared_record(bad.records[0])) << key;
  }
  const std::map<std::int32_t, std::int64_t> ends{{0, 0}, {7, 12'345'678'901}};
  for (const auto& each : {ends, std::map<std::int32_t, std::int64_t>{}}) {
    played_topic dropped;
    dropped.append(dropped_key("db"), dropped_value(each));
    const auto read = read_shared_record(dropped.records[0]);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->kind, shared_kind::dropped);
    EXPECT_EQ(read->ends, each);
  }
  kafka_record later = topic.records[0];
  later.headers[0].second = "2";
  EXPECT_FALSE(read_shared_record(later));
  later.headers.clear();
  EXPECT_FALSE(read_shared_record(later));
  later.tombstone = true;  // of a tool that knows no headers
  EXPECT_TRUE(read_shared_record(later));
  played_intake a(1);
  a.state.take(later);
  later.key = "nonsense";
  a.state.take(later);
  EXPECT_EQ(a.state.records(), 2U);
  EXPECT_EQ(a.state.unreadable(), 1U);
}

}  // namespace
}  // namespace weir
