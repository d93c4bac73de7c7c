// SPDX-License-Identifier: Apache-2.0
//
// Weirs over one topic of a mock cluster: each knows what the others said, also after a restart,
// and what cannot be written fails in time. Who wins in which order is shared_state_test's.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "fleet/shared_scan_rdkafka.hpp"
#include "fleet/shared_topic_rdkafka.hpp"
#include "fleet/standing_claims.hpp"
#include "gate/series/gate_memory.hpp"
#include "unit/kafka/mock_cluster_rdkafka.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using status = field_types::status;

constexpr registered_field field{"db", "m", "f"};

/// A weir, as far as it shares.
class fleet_weir {
 public:
  explicit fleet_weir(std::uint64_t process)
      : remembered({.types_bytes = std::size_t{1} << 20, .seed = process}),
        claims(process, remembered.types_budget()),
        state(claims, remembered) {
    remembered.share_types(claims);
    state.tell(
        {.created =
             [this](std::string_view name) {
               change([&] { databases.insert(std::string(name)); });
             },
         .taken_back =
             [this](std::string_view name) { change([&] { databases.erase(std::string(name)); }); },
         .dropped =
             [this](const dropped_news& news) {
               change([&] {
                 databases.erase(std::string(news.database));
                 dropped += news.is_old ? 0 : 1;
                 ends = news.ends;
               });
             }});
    static_cast<void>(claims.watch([this] { change([] {}); }));
  }
  ~fleet_weir() { topic.reset(); }
  fleet_weir(const fleet_weir&) = delete;
  fleet_weir& operator=(const fleet_weir&) = delete;

  outcome open(const mock_cluster& cluster, std::chrono::milliseconds produce_timeout = 5s) {
    auto opened = shared_topic::open({.client = cluster.client(),
                                      .topic = "t-shared",
                                      .produce_timeout = produce_timeout,
                                      .start_timeout = 10s,
                                      .probe_every = probe_every},
                                     claims, state);
    if (!opened) {
      return opened.error();
    }
    topic = std::move(opened).value();
    return nothing{};
  }
  field_types::answer type_of(const registered_field& name) {
    database_memory& own = remembered.of(name.database);
    return own.types.find(
        field_types::key_of(gate_memory::measurement_key(own, name.measurement), name.field));
  }
  claim_standing claim(const registered_field& name, field_type type) {
    static_cast<void>(remembered.learn(name.database, name.measurement, name.field, type));
    claim_range own;
    if (const std::uint64_t number = claims.waiting_for(name); number != 0) {
      own.include(number);
    }
    claims.send();
    EXPECT_TRUE(until([&] { return claims.standing(own).fate != claim_fate::waits; }));
    return claims.standing(own);
  }
  template <class Is>
  bool until(Is is) {
    std::unique_lock hold(lock);
    // What nobody tells of is looked at now and then.
    for (const auto end = std::chrono::steady_clock::now() + 20s;
         std::chrono::steady_clock::now() < end;) {
      if (changed.wait_for(hold, 20ms, is)) {
        return true;
      }
    }
    return false;
  }
  template <class Do>
  void change(Do what) {
    {
      const std::lock_guard hold(lock);
      what();
    }
    changed.notify_all();
  }
  std::string create(const std::string& name, bool drop = false) {
    std::optional<outcome> told;
    const auto done = [&](const outcome& of) { change([&] { told = of; }); };
    drop ? topic->drop_database(name, {{0, 5}, {11, 7'000'000'000}}, done)
         : topic->create_database(name, done);
    EXPECT_TRUE(until([&] { return told.has_value(); }));
    return !told ? "not told" : *told ? "" : told->error().message;
  }

  std::mutex lock;
  std::condition_variable changed;
  gate_memory remembered;
  type_claims claims;
  shared_state state;
  std::set<std::string> databases;
  int dropped = 0;
  std::map<std::int32_t, std::int64_t> ends;
  std::chrono::milliseconds probe_every = 30s;
  std::unique_ptr<shared_topic> topic;
};

TEST(shared_topic, a_type_that_one_weir_gives_the_others_know) {
  mock_cluster cluster;
  cluster.topic("t-shared", 1);
  fleet_weir a(1);
  fleet_weir b(2);
  ASSERT_TRUE(a.open(cluster));
  ASSERT_TRUE(b.open(cluster));
  EXPECT_EQ(a.claim(field, field_type::int64).fate, claim_fate::settled);
  EXPECT_EQ(a.type_of(field).found, status::known);
  // The other one may have read it already: then it claims nothing.
  const claim_standing of_b = b.claim(field, field_type::string);
  EXPECT_TRUE(of_b.fate == claim_fate::lost || of_b.fate == claim_fate::settled);
  EXPECT_EQ(b.type_of(field).type, field_type::int64);
  EXPECT_TRUE(a.topic->standing());
  a.topic.reset();
  fleet_weir again(1);  // even with the number of another process
  ASSERT_TRUE(again.open(cluster));
  EXPECT_EQ(again.type_of(field).found, status::known);
  EXPECT_EQ(again.type_of(field).type, field_type::int64);
}

TEST(shared_topic, of_two_that_claim_at_once_one_wins_everywhere) {
  mock_cluster cluster;
  cluster.topic("t-shared", 1);
  fleet_weir a(1);
  fleet_weir b(2);
  ASSERT_TRUE(a.open(cluster));
  ASSERT_TRUE(b.open(cluster));
  for (int i = 0; i < 20; ++i) {
    const std::string name = std::to_string(i);
    const registered_field both{"db", "m", name};
    claim_standing of_a;
    std::thread other([&] { of_a = a.claim(both, field_type::int64); });
    const claim_standing of_b = b.claim(both, field_type::float64);
    other.join();
    ASSERT_EQ(a.type_of(both).found, status::known);
    ASSERT_EQ(a.type_of(both).type, b.type_of(both).type);
    const bool a_won = a.type_of(both).type == field_type::int64;
    // One that had read the other's before it claimed has nothing to lose.
    const claim_standing& of_winner = a_won ? of_a : of_b;
    const claim_standing& of_other = a_won ? of_b : of_a;
    ASSERT_EQ(of_winner.fate, claim_fate::settled) << of_winner.why;
    ASSERT_NE(of_other.fate, claim_fate::failed) << of_other.why;
  }
}

TEST(shared_topic, databases_are_known_to_all_and_after_a_restart) {
  mock_cluster cluster;
  cluster.topic("t-shared", 1);
  fleet_weir a(1);
  fleet_weir b(2);
  ASSERT_TRUE(a.open(cluster));
  ASSERT_TRUE(b.open(cluster));
  EXPECT_EQ(a.create("one"), "");
  EXPECT_TRUE(a.databases.contains("one"));  // told when it is known here
  EXPECT_EQ(b.create("two\n\t"), "");
  EXPECT_TRUE(a.until([&] { return a.databases.size() == 2; }));
  EXPECT_TRUE(b.until([&] { return b.databases.size() == 2; }));
  EXPECT_EQ(b.create("one", /*drop=*/true), "");
  EXPECT_FALSE(b.databases.contains("one"));
  EXPECT_TRUE(a.until([&] { return a.databases.size() == 1 && a.dropped == 1; }));
  EXPECT_EQ(a.create("three"), "");
  a.topic->take_back_database("three", [](const outcome& of) { EXPECT_TRUE(of); });
  EXPECT_TRUE(a.until([&] { return a.databases.size() == 1; }));
  EXPECT_TRUE(b.until([&] { return b.databases.size() == 1; }));
  EXPECT_EQ(b.dropped, 1);
  const std::map<std::int32_t, std::int64_t> ends{{0, 5}, {11, 7'000'000'000}};
  EXPECT_EQ(a.ends, ends);
  fleet_weir late(3);
  ASSERT_TRUE(late.open(cluster));
  EXPECT_EQ(late.databases, std::set<std::string>{"two\n\t"});
  EXPECT_EQ(late.dropped, 0);
  EXPECT_EQ(late.ends, ends) << "whoever takes a partition over has to know";
}

TEST(shared_topic, what_kafka_does_not_take_fails_in_time_and_is_tried_again) {
  mock_cluster cluster;
  cluster.topic("t-shared", 1);
  fleet_weir a(1);
  ASSERT_TRUE(a.open(cluster, 2s));
  // A producer's first record waits for its number from the brokers, on a busy machine for seconds.
  const auto settles = [&a](const registered_field& of) {
    for (int tries = 0; tries < 20; ++tries) {
      if (a.claim(of, field_type::int64).fate == claim_fate::settled) {
        return true;
      }
    }
    return false;
  };
  ASSERT_TRUE(settles(field));
  cluster.down();
  const registered_field other{"db", "m", "g"};
  const claim_standing failed = a.claim(other, field_type::int64);
  EXPECT_EQ(failed.fate, claim_fate::failed);
  EXPECT_NE(failed.why.find("topic t-shared cannot be written: "), std::string::npos) << failed.why;
  EXPECT_NE(a.create("db").find("topic t-shared cannot be written: "), std::string::npos);
  EXPECT_FALSE(a.databases.contains("db"));
  EXPECT_EQ(a.type_of(other).found, status::unknown);
  EXPECT_EQ(a.type_of(field).found, status::known);
  EXPECT_FALSE(a.topic->standing());
  cluster.up();
  EXPECT_TRUE(settles(other));
  EXPECT_EQ(a.create("db"), "");
  EXPECT_TRUE(a.topic->standing() || !a.topic->standing().error().message.empty());
}

TEST(shared_topic, a_topic_that_stands_still_is_noticed_and_that_it_goes_on) {
  mock_cluster cluster;
  cluster.topic("t-shared", 1);
  fleet_weir a(1);
  a.probe_every = 50ms;
  ASSERT_TRUE(a.open(cluster, 1s));
  const auto stands = [&a](bool well) {
    return a.until([&] { return static_cast<bool>(a.topic->standing()) == well; });
  };
  // Nobody writes to it, and yet it is heard of.
  const std::uint64_t before = a.state.records();
  EXPECT_TRUE(a.until([&] { return a.state.records() > before; }));
  EXPECT_TRUE(stands(true));
  EXPECT_EQ(a.state.unreadable(), 0U);
  cluster.down();
  EXPECT_TRUE(stands(false));
  EXPECT_NE(a.topic->standing().error().message.find("topic t-shared cannot be"),
            std::string::npos);
  // Nobody has anything to write, and yet it recovers.
  cluster.up();
  EXPECT_TRUE(stands(true));
}

TEST(shared_topic, what_a_command_takes_out_running_weirs_forget) {
  mock_cluster cluster;
  cluster.topic("t-shared", 1);
  fleet_weir a(1);
  ASSERT_TRUE(a.open(cluster));
  EXPECT_EQ(a.claim(field, field_type::int64).fate, claim_fate::settled);
  const shared_scan_options scan{.client = cluster.client(), .topic = "t-shared"};
  standing_claims claims;
  ASSERT_TRUE(scan_shared_topic(scan, [&](const kafka_record& one) { claims.take(one); }));
  std::vector<std::string> keys;
  claims.each([&](const standing_claims::field& one) { keys = one.keys; });
  ASSERT_EQ(keys.size(), 1U);
  ASSERT_TRUE(take_out_of_shared_topic(scan, keys));
  EXPECT_EQ(a.create("later"), "");  // it comes behind
  EXPECT_EQ(a.type_of(field).found, status::unknown);
  EXPECT_EQ(a.claim(field, field_type::string).fate, claim_fate::settled);
  EXPECT_EQ(a.type_of(field).type, field_type::string);
  cluster.down();
  EXPECT_FALSE(take_out_of_shared_topic(
      {.client = cluster.client(), .topic = "t-shared", .at_most = 1s}, keys));
}

TEST(shared_topic, a_topic_of_several_partitions_has_no_order_and_is_refused) {
  mock_cluster cluster;
  cluster.topic("t-shared", 3);
  fleet_weir a(1);
  const outcome opened = a.open(cluster);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("has 3 partitions and must have 1"), std::string::npos);
}

}  // namespace
}  // namespace weir
