// SPDX-License-Identifier: Apache-2.0
#include "facts/tap/tap_desk.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;
constexpr std::int64_t second = 1'000'000'000;

class tap_desk_test : public ::testing::Test {
 protected:
  std::shared_ptr<tap> open(const tap_filter& filter) {
    return desk_.open(
        filter, [this] { ++wakes_; }, now);
  }

  /// A request with these canonical lines accepted, of one sender.
  void offer(const std::string& lines, std::int64_t at = now, const std::string& database = "db",
             const std::vector<tapped_refusal>& refused = {}) {
    tap_notes notes;
    notes.begin(desk_.watched());
    for (const tapped_refusal& each : refused) {
      if (notes.count_refusal()) {
        notes.add(each);
      }
    }
    const auto count = static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
    notes.end_sender({.listener = "http", .address = "192.0.2.1", .agent = "a", .user = "u"},
                     count);
    desk_.offer({.at_ns = at,
                 .database = database,
                 .retention_policy = "rp",
                 .notes = notes,
                 .accepted = count,
                 .each_block = [&](const auto& show) { show(lines); }});
  }

  static std::string taken(tap& from) {
    std::string out;
    EXPECT_TRUE(from.take(out));
    return out;
  }
  static std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  tap_desk desk_{7};
  std::atomic<int> wakes_{0};
};

TEST_F(tap_desk_test, shows_what_becomes_of_lines) {
  const auto watching = open({});
  EXPECT_TRUE(watching->waits());
  offer("cpu v=1 1\n", now, "db",
        {{.code = "missing_fields", .column = 4, .message = "missing fields", .text = "cpu"},
         {.dropped = true, .code = "dropped_by_rule", .text = "mem v=1"}});
  EXPECT_GT(wakes_, 0);
  EXPECT_FALSE(watching->waits());
  EXPECT_EQ(
      taken(*watching),
      R"({"at":1700000000.000,"verdict":"rejected","database":"db","retention_policy":"rp","line":"cpu",)"
      R"("code":"missing_fields","message":"missing fields","column":4,"listener":"http",)"
      R"("address":"192.0.2.1","agent":"a","user":"u"})"
      "\n"
      R"({"at":1700000000.000,"verdict":"dropped","database":"db","retention_policy":"rp","line":"mem v=1",)"
      R"("code":"dropped_by_rule","message":"","column":0,"listener":"http",)"
      R"("address":"192.0.2.1","agent":"a","user":"u"})"
      "\n"
      R"({"at":1700000000.000,"verdict":"accepted","database":"db","retention_policy":"rp",)"
      R"("line":"cpu v=1 1","listener":"http","address":"192.0.2.1","agent":"a","user":"u"})"
      "\n");
  EXPECT_TRUE(watching->waits());
}

TEST_F(tap_desk_test, honours_filters) {
  const auto of_db = open({.database = "d?"});
  const auto of_cpu = open({.measurement = "c*u,1"});
  const auto refused = open({.lines = tap_choice::refused});
  const auto accepted = open({.lines = tap_choice::accepted});
  offer("c\\ pu\\,1,host=a v=1 1\nmem v=2 2\n", now, "other",
        {{.code = "missing_fields", .text = "cpu"}});
  EXPECT_EQ(taken(*of_db), "");
  EXPECT_EQ(lines_of(taken(*of_cpu)), 1U);
  EXPECT_NE(taken(*refused).find("rejected"), std::string::npos);
  EXPECT_EQ(lines_of(taken(*accepted)), 2U);
}

TEST_F(tap_desk_test, takes_a_sample_spread_over_time) {
  const auto watching = open({.per_second = 20});
  std::string lines;
  for (int i = 0; i < 1000; ++i) {
    lines += "cpu,n=" + std::to_string(i) + " v=1 1\n";
  }
  offer(lines);
  const std::string first = taken(*watching);
  EXPECT_EQ(lines_of(first), 10U);
  // Not the first ten of the request.
  EXPECT_EQ(first.find("n=9 "), first.find("n=0 "));
  std::size_t shown = 0;
  for (int i = 1; i <= 100; ++i) {
    offer(lines, now + i * second / 10);
    const std::size_t at_once = lines_of(taken(*watching));
    EXPECT_LE(at_once, 2U);
    shown += at_once;
  }
  EXPECT_EQ(shown, 200U);
  desk_.tell_counts(now + 10 * second);
  EXPECT_EQ(taken(*watching), "{\"at\":1700000010.000,\"seen\":101000,\"shown\":210}\n");
  desk_.tell_counts(now + 11 * second);
  EXPECT_EQ(taken(*watching), "{\"at\":1700000011.000,\"seen\":0,\"shown\":0}\n");
}

TEST_F(tap_desk_test, shows_all_of_a_sender_that_sends_little) {
  const auto watching = open({.per_second = 20});
  for (int i = 0; i < 60; ++i) {
    offer("cpu v=1 1\ncpu v=2 2\nmem v=1 1\n", now + i * second);
    EXPECT_EQ(lines_of(taken(*watching)), 3U);
  }
}

TEST_F(tap_desk_test, shows_a_refused_line_among_many_good_ones) {
  const auto watching = open({.per_second = 20});
  std::string lines;
  for (int i = 0; i < 1000; ++i) {
    lines += "cpu v=1 " + std::to_string(i) + "\n";
  }
  offer(lines, now, "db", {{.code = "missing_fields", .text = "cpu"}});
  const std::string all = taken(*watching);
  EXPECT_NE(all.find("rejected"), std::string::npos);
  EXPECT_EQ(lines_of(all), 10U);
}

TEST_F(tap_desk_test, loses_lines_of_a_reader_that_is_too_slow_and_counts_them) {
  const auto watching = open({.per_second = 1000});
  const std::string line = "cpu f=\"" + std::string(20'000, 'x') + "\" 1\n";
  for (int i = 0; i < 1000; ++i) {
    offer(line, now + i * second / 100);
  }
  EXPECT_LE(watching->held_bytes(), 2 * tap::waiting_bytes_max);
  desk_.tell_counts(now + 10 * second);
  const std::string all = taken(*watching);
  EXPECT_LE(all.size(), tap::waiting_bytes_max + 100);
  EXPECT_NE(all.find("\"cut\":true"), std::string::npos);
  EXPECT_NE(all.find("\"seen\":1000,\"shown\":" + std::to_string(lines_of(all) - 1)),
            std::string::npos)
      << all.substr(all.size() - 100);
}

TEST_F(tap_desk_test, tells_whose_a_line_is) {
  const auto watching = open({.per_second = 100});
  tap_notes notes;
  notes.begin(true);
  notes.end_sender({.listener = "udp", .address = "192.0.2.1"}, 1);
  if (notes.count_refusal()) {
    notes.add({.code = "bad_timestamp", .text = "x v=1 z"});
  }
  notes.end_sender({.listener = "udp", .address = "192.0.2.1"}, 1);
  notes.end_sender({.listener = "udp", .address = "192.0.2.2"}, 2);
  const std::string lines = "a v=1 1\nb v=1 1\n";
  desk_.offer({.at_ns = now,
               .database = "db",
               .retention_policy = "",
               .notes = notes,
               .accepted = 2,
               .each_block = [&](const auto& show) { show(lines); }});
  const std::string all = taken(*watching);
  const auto address_of = [&](const std::string& line) {
    const std::size_t at = all.find("\"address\":\"", all.find("\"line\":\"" + line)) + 11;
    return all.substr(at, 9);
  };
  EXPECT_EQ(address_of("a v=1 1"), "192.0.2.1");
  EXPECT_EQ(address_of("b v=1 1"), "192.0.2.2");
  EXPECT_EQ(address_of("x v=1 z"), "192.0.2.1");
}

TEST_F(tap_desk_test, counts_refused_lines_that_it_has_no_room_for) {
  tap_notes notes;
  notes.begin(true);
  for (int i = 0; i < 1000; ++i) {
    if (notes.count_refusal()) {
      notes.add({.code = "missing_fields", .text = "cpu"});
    }
  }
  EXPECT_EQ(notes.refused(), 1000U);
  EXPECT_EQ(notes.refusals().size(), tap_notes::refusals_max);
}

TEST_F(tap_desk_test, has_so_many_taps_at_most_and_none_costs_nothing) {
  EXPECT_FALSE(desk_.watched());
  std::vector<std::shared_ptr<tap>> taps;
  for (std::size_t i = 0; i < tap_desk::taps_max; ++i) {
    taps.push_back(open({}));
    ASSERT_NE(taps.back(), nullptr);
  }
  EXPECT_EQ(open({}), nullptr);
  for (const auto& each : taps) {
    desk_.close(each);
  }
  EXPECT_FALSE(desk_.watched());
  EXPECT_NE(open({}), nullptr);
}

TEST_F(tap_desk_test, ends_all_taps_when_weir_ends) {
  const auto watching = open({});
  offer("cpu v=1 1\n");
  desk_.end();
  EXPECT_FALSE(watching->waits());
  std::string out;
  EXPECT_FALSE(watching->take(out));
  EXPECT_EQ(lines_of(out), 1U);
  EXPECT_EQ(open({}), nullptr);
  desk_.close(watching);
}

TEST_F(tap_desk_test, closes_while_others_offer) {
  std::vector<std::thread> threads;
  std::atomic<bool> done{false};
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!done) {
        offer("cpu v=1 1\nmem v=1 1\n");
        desk_.tell_counts(now);
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    auto alive = std::make_unique<int>(0);
    const auto one = desk_.open(
        {}, [raw = alive.get()] { ++*raw; }, now);
    ASSERT_NE(one, nullptr);
    std::string out;
    static_cast<void>(one->take(out));
    desk_.close(one);
    alive.reset();  // no call of the waker comes behind `close`
  }
  done = true;
  for (std::thread& each : threads) {
    each.join();
  }
}

TEST(tap_filter, is_read_from_words) {
  const auto plain = read_tap_filter({});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain.value().database, "*");
  EXPECT_EQ(plain.value().per_second, 20U);
  const auto all = read_tap_filter(
      {.database = "a*", .measurement = "c", .rejected = "only", .per_second = "1000"});
  ASSERT_TRUE(all);
  EXPECT_EQ(all.value().lines, tap_choice::refused);
  EXPECT_EQ(all.value().per_second, 1000U);
  EXPECT_EQ(read_tap_filter({.rejected = "false"}).value().lines, tap_choice::accepted);
  EXPECT_FALSE(read_tap_filter({.rejected = "maybe"}));
  for (const char* wrong : {"0", "1001", "x", "-1", "2.5", "99999999999"}) {
    EXPECT_FALSE(read_tap_filter({.per_second = wrong})) << wrong;
  }
}

}  // namespace
}  // namespace weir
