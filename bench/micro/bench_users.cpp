// SPDX-License-Identifier: Apache-2.0
//
// What users cost a write of one line: the same requests, credentials and all, through a loop's
// worker into a memory log, with users in the configuration and without. There are no sockets
// between, which would only make the part smaller. Rounds alternate, and the median of their ratios
// counts. WEIR_BENCH_REQUESTS: of a round (20,000); WEIR_BENCH_ROUNDS: how many (21). Prints a line
// for each kind of credentials; ends with 1 where a ratio is above WEIR_BENCH_RATIO_MAX (not looked
// at without it). WEIR_BENCH_ONLY=with or =without makes one round of tokens, for callgrind.
// Before all it counts the allocations of a request without users, and ends with 1 where there are
// more than were known.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "accounts/database_registry.hpp"
#include "accounts/source_registry.hpp"
#include "base/clock_posix.hpp"
#include "codec/base64.hpp"
#include "counting_new.hpp"
#include "log/open_log.hpp"
#include "server/http_service.hpp"
#include "unit/terms_of.hpp"

namespace weir {
namespace {

using seconds = std::chrono::duration<double>;

double number_of(const char* variable, double otherwise) {
  const char* const given = std::getenv(variable);
  return given == nullptr ? otherwise : std::strtod(given, nullptr);
}

class one_database final : public catalogue {
 public:
  [[nodiscard]] std::vector<std::string> databases() const override { return {"telegraf"}; }
  [[nodiscard]] bool exists(std::string_view) const override { return true; }
  [[nodiscard]] outcome create(std::string_view) override { return nothing{}; }
  [[nodiscard]] outcome drop(std::string_view) override { return nothing{}; }
  [[nodiscard]] std::vector<retention_policy> retention_policies(std::string_view) const override {
    return {};
  }
};

/// A loop's worker and all that it needs.
class door {
 public:
  explicit door(bool with_users) {
    settings_.log.compression = compression_mode::none;
    settings_.http.listen = {"127.0.0.1:0"};
    if (with_users) {
      const auto write = static_cast<std::uint8_t>(user_right::write);
      for (int i = 0; i < 20; ++i) {
        const std::string name = "user" + std::to_string(i);
        settings_.users.push_back({.name = name,
                                   .password = "password of " + name,
                                   .token = "token-of-thirty-two-bytes-" + name,
                                   .databases = {{.pattern = "other*", .rights = write},
                                                 {.pattern = "tele*", .rights = write}}});
      }
    }
    answers_.publish(make_http_terms(
        settings_, change_listeners({}, make_listeners(settings_.http).value(), 0).wanted));
    log_ = make_memory_log({frames_, full_policy::discard_oldest, wall_clock_ns});
    worker_ = make_http_worker({.writes = {.terms = terms_,
                                           .log = *log_,
                                           .databases = databases_,
                                           .memory = requests_,
                                           .sources = &sources_},
                                .databases = catalogue_,
                                .counters = counters_,
                                .clock = [this] { return now_; },
                                .terms = answers_,
                                .metrics = [] { return [](metric_collector&) { return false; }; },
                                .doors = &doors_},
                               0);
    connection_ =
        std::make_unique<http::connection>(worker_->router(), http::connection_limits{}, now_);
    connection_->set_peer({.address = "192.0.2.1:4711", .listener = 0});
  }

  /// Ends the program where an answer is no 204.
  void write(const std::string& request, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      connection_->receive(request, now_);
      while (worker_->has_work()) {
        worker_->end_of_turn();
      }
      connection_->resume(now_);
      if (!connection_->output().starts_with("HTTP/1.1 204")) {
        std::cerr << "bench_users: " << connection_->output() << "\n";
        std::exit(1);
      }
      connection_->output().clear();
    }
  }

 private:
  settings settings_;
  published<write_terms> terms_{terms_of(settings_)};
  published<http_terms> answers_{std::make_shared<const http_terms>()};
  moment now_{.steady = {77'000'000'000}, .wall = {1'586'844'484'000'000'123}};
  memory_budget requests_{std::size_t{64} << 20};
  memory_budget frames_{std::size_t{64} << 20};
  database_registry databases_{10};
  source_registry sources_;
  http_counters counters_;
  one_database catalogue_;
  shared_doors doors_{"0123456789abcdef"};
  std::unique_ptr<frame_log> log_;
  std::unique_ptr<loop_worker> worker_;
  std::unique_ptr<http::connection> connection_;
};

std::string request_with(const std::string& query, const std::string& header) {
  const std::string line =
      "cpu,host=web01,region=eu usage_user=12.5,usage_system=3.25 "
      "1586844484000000000\n";
  return "POST /write?db=telegraf&precision=ns" + query +
         " HTTP/1.1\r\nHost: localhost:8086\r\nUser-Agent: Telegraf/1.39.3 Go/1.25\r\n" + header +
         "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " +
         std::to_string(line.size()) + "\r\n\r\n" + line;
}

struct kind {
  const char* name;
  std::string request;
};

std::vector<kind> kinds() {
  std::string basic = "Authorization: Basic ";
  append_base64("user7:password of user7", basic);
  return {{"token", request_with("", "Authorization: Token token-of-thirty-two-bytes-user7\r\n")},
          {"basic", request_with("", basic + "\r\n")},
          {"parameters", request_with("&u=user7&p=password%20of%20user7", "")}};
}

double timed(door& by, const std::string& request, std::size_t times) {
  const auto begin = std::chrono::steady_clock::now();
  by.write(request, times);
  return seconds(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

/// What a turn with a request of one line allocates: its frame, and the frame's text. They rest in
/// the log until its sinks have them. A request by itself allocates nothing.
constexpr double allocations_known = 2;

/// Of a request, once all that is kept from one to the next has its size.
bool allocates_no_more() {
  constexpr std::size_t times = 2'000;
  door one(false);
  const std::string request = kinds().front().request;
  one.write(request, times);
  const std::size_t before = test::allocation_count();
  one.write(request, times);
  const double each = static_cast<double>(test::allocation_count() - before) / times;
  std::printf("%-12s %7.2f allocations a request without users, %.0f are known\n", "token", each,
              allocations_known);
  // What grows now and then (the log's ring) is a fraction of one.
  return each < allocations_known + 0.5;
}

int run() {
  const auto times = static_cast<std::size_t>(number_of("WEIR_BENCH_REQUESTS", 20'000));
  const auto rounds = static_cast<int>(number_of("WEIR_BENCH_ROUNDS", 21));
  const double most = number_of("WEIR_BENCH_RATIO_MAX", 0);
  if (const char* only = std::getenv("WEIR_BENCH_ONLY"); only != nullptr) {
    door one(std::string(only) == "with");
    one.write(kinds().front().request, times);
    return 0;
  }
  int status = allocates_no_more() ? 0 : 1;
  for (const kind& each : kinds()) {
    door with(true);
    door without(false);
    static_cast<void>(timed(with, each.request, times / 10 + 1));
    static_cast<void>(timed(without, each.request, times / 10 + 1));
    std::vector<double> ratios;
    std::vector<double> costs;
    for (int round = 0; round < rounds; ++round) {
      const double plain = timed(without, each.request, times);
      const double checked = timed(with, each.request, times);
      ratios.push_back(checked / plain);
      costs.push_back(plain / static_cast<double>(times) * 1e9);
    }
    const double ratio = median(ratios);
    std::printf("%-12s %7.0f ns a request without users, %.4f times that with users\n", each.name,
                median(costs), ratio);
    status = most > 0 && ratio > most ? 1 : status;
  }
  return status;
}

}  // namespace
}  // namespace weir

int main() {
  return weir::run();
}
