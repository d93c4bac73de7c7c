// SPDX-License-Identifier: Apache-2.0
//
// The laws of conservation as a scrape sees them: whenever /metrics is read while loops, UDP
// listeners and sinks add to their accounts, each account adds up.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "accounts/database_registry.hpp"
#include "accounts/source_registry.hpp"
#include "intake/udp_counts.hpp"
#include "sinks/sink_metrics.hpp"
#include "unit/metric_values.hpp"

namespace weir {
namespace {

constexpr int scrapes = 300;
constexpr std::array<const char*, 3> names{"a", "b", "c"};

/// Runs each of `writers` again and again on a thread of its own while `scrape` runs.
void while_adding(const std::vector<std::function<void(std::uint64_t)>>& writers,
                  const std::function<void()>& scrape) {
  std::atomic<bool> over{false};
  std::atomic<std::size_t> begun{0};
  std::vector<std::thread> threads;
  for (const auto& writer : writers) {
    threads.emplace_back([&] {
      for (std::uint64_t n = 1; !over.load(std::memory_order_relaxed); ++n) {
        writer(n);
        if (n == 1) {
          begun.fetch_add(1);
        }
      }
    });
  }
  while (begun.load() < writers.size()) {
    std::this_thread::yield();
  }
  for (int i = 0; i < scrapes && !::testing::Test::HasFailure(); ++i) {
    scrape();
  }
  over.store(true);
  for (std::thread& each : threads) {
    each.join();
  }
}

/// Lines of each fate, by turns.
line_account account_of(std::uint64_t n) {
  line_account made;
  made.accepted = n % 5;
  made.refused_by_parser[static_cast<std::size_t>(parse_code::bad_timestamp)] = n % 3;
  made.rejected_by_gate[static_cast<std::size_t>(gate_code::beyond_retention)] = n % 2;
  made.dropped_by_gate[static_cast<std::size_t>(gate_code::dropped_by_rule)] = n % 7;
  made.withheld = n % 4;
  made.received = made.accepted + n % 3 + n % 2 + n % 7 + n % 4;
  return made;
}

/// The sum of all rows whose key begins with `begin` and names `label`.
double sum(const metric_values& of, const std::string& begin, const std::string& label) {
  double total = 0;
  for (const auto& [key, value] : of.values) {
    if (key.starts_with(begin + "{") && key.find("{" + label + "}") != std::string::npos) {
      total += value;
    }
  }
  return total;
}

TEST(accounts, a_scrape_sees_each_database_and_each_source_add_up) {
  database_registry databases(10);
  source_registry sources;
  for (const char* name : names) {
    ASSERT_NE(databases.find_or_add(name), nullptr);
  }
  const auto loop = [&](std::uint64_t n) {
    const line_account account = account_of(n);
    const char* name = names.at(n % names.size());
    databases.find_or_add(name)->add(account, 0);
    sources.find_or_add("http", "", name).add(account);
  };
  double last = 0;
  while_adding({loop, loop, loop, loop}, [&] {
    metric_values seen;
    databases.collect(seen);
    sources.collect(seen);
    double all = 0;
    for (const char* name : names) {
      for (const std::string of : {"weir_lines_", "weir_source_lines_"}) {
        const double received = sum(seen, of + "received_total", name);
        ASSERT_EQ(received, sum(seen, of + "accepted_total", name) +
                                sum(seen, of + "rejected_total", name) +
                                sum(seen, of + "dropped_total", name))
            << of << name;
        all += received;
      }
    }
    ASSERT_GE(all, last);
    last = all;
  });
  EXPECT_GT(last, 0);
}

TEST(accounts, a_scrape_sees_datagrams_read_as_taken_or_dropped) {
  udp_counts counts;
  const auto listener = [&](std::uint64_t n) {
    counts.settle(static_cast<udp_fate>(n % udp_fate_count), n % 9);
  };
  while_adding({listener, listener, listener}, [&] {
    metric_values seen;
    counts.collect("x", seen);
    ASSERT_EQ(sum(seen, "weir_udp_datagrams_total", "x"),
              sum(seen, "weir_udp_taken_datagrams_total", "x") +
                  sum(seen, "weir_udp_dropped_datagrams_total", "x"));
  });
  metric_values all;
  counts.collect("x", all);
  EXPECT_GT(all.values.at("weir_udp_datagrams_total{x}"), 0);
}

TEST(accounts, a_scrape_sees_what_a_sink_accepted_delivered_discarded_or_pending) {
  sink_counters counters;
  const auto sink = [&](std::uint64_t n) {
    sink_points points;
    points.delivered = n;
    points.discarded[n % discard_reason_count] = 3 * n;
    points.pending = n % 11;
    points.accepted = 4 * n + n % 11;
    counters.set_points(points);
  };
  while_adding({sink}, [&] {
    metric_values seen;
    counters.collect("s", 1000, 1'000'000, seen);
    ASSERT_EQ(sum(seen, "weir_sink_accepted_points_total", "s"),
              sum(seen, "weir_sink_delivered_points_total", "s") +
                  sum(seen, "weir_sink_discarded_points_total", "s") +
                  sum(seen, "weir_sink_pending_points", "s"));
  });
}

}  // namespace
}  // namespace weir
