// SPDX-License-Identifier: Apache-2.0
//
// Requests by route, status and duration: that every scrape adds up while loops count.
#include "server/http_counters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "unit/metric_values.hpp"

namespace weir {
namespace {

std::size_t label_of(std::string_view label) {
  const auto labels = api::route_labels();
  return static_cast<std::size_t>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

TEST(http_counters, routes_and_statuses) {
  http_counters counters;
  http_account& one = counters.open_account();
  http_account& two = counters.open_account();
  one.answered(label_of("/write"), 204, 1'000'000'000);
  two.answered(label_of("/write"), 204, 2'000'000'000);
  two.answered(label_of("/write"), 411, 0);
  two.answered(label_of("other"), 404, 0);
  two.answered(label_of("other"), 418, 0);
  metrics_text out;
  counters.collect(out);
  const std::string text = out.text();
  for (const char* line :
       {"weir_http_requests_total{route=\"/write\",status=\"204\"} 2\n",
        "weir_http_requests_total{route=\"/write\",status=\"411\"} 1\n",
        "weir_http_requests_total{route=\"other\",status=\"404\"} 1\n",
        "weir_http_requests_total{route=\"other\",status=\"other\"} 1\n",
        "weir_http_request_duration_seconds_count{route=\"/write\"} 3\n",
        "weir_http_request_duration_seconds_sum{route=\"/write\"} 3\n",
        "weir_http_request_duration_seconds_bucket{route=\"/write\",le=\"1\"} 2\n",
        "weir_http_request_duration_seconds_bucket{route=\"/write\",le=\"+Inf\"} 3\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("route=\"/ping\""), std::string::npos) << "what was never asked is not shown";
}

TEST(http_counters, every_scrape_adds_up) {
  http_counters counters;
  std::vector<std::thread> loops;
  std::atomic<bool> stop{false};
  for (int i = 0; i < 2; ++i) {
    http_account& account = counters.open_account();
    loops.emplace_back([&account, &stop] {
      for (std::int64_t n = 0; !stop.load(std::memory_order_relaxed); ++n) {
        account.answered(label_of("/write"), n % 3 == 0 ? 204 : 400, n % 7 * 1'000'000);
      }
    });
  }
  bool adds_up = true;
  double most = 0;
  for (int scrape = 0; adds_up && (scrape < 200 || most == 0); ++scrape) {
    metric_values out;
    counters.collect(out);
    double answers = 0;
    double timed = 0;
    for (const auto& [name, value] : out.values) {
      answers += name.starts_with("weir_http_requests_total") ? value : 0;
      timed += name.starts_with("weir_http_request_duration_seconds_count") ? value : 0;
    }
    EXPECT_EQ(answers, timed);
    adds_up = answers == timed;
    most = answers;
  }
  stop.store(true);
  for (std::thread& each : loops) {
    each.join();
  }
}

}  // namespace
}  // namespace weir
