// SPDX-License-Identifier: Apache-2.0
//
// Addresses that share the series of a sink, while they are added, taken out and fail, over
// reloads, restarts and crashes: real threads, real HTTP, real files.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "config/sinks/sink_per_address.hpp"
#include "sinks/assignments/series_address.hpp"
#include "sinks/sink_set.hpp"
#include "unit/net/http_server.hpp"
#include "unit/sinks/fake_log.hpp"
#include "unit/sinks/temp_directory.hpp"

namespace weir {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using places = std::vector<std::size_t>;

constexpr int series_count = 40;

/// A server that remembers the lines it took, unless it is down.
struct recorder {
  std::atomic<bool> down{false};
  std::mutex lock;
  std::vector<std::string> lines;
  http_server server{[this](const http_server::request& one) { return answer(one); }};

  http_server::response answer(const http_server::request& one) {
    if (down) {
      return {503, "", ""};
    }
    std::string body = one.headers.find("content-encoding: gzip") != std::string::npos
                           ? gunzip(one.body)
                           : one.body;
    const std::lock_guard hold(lock);
    for (std::size_t at = 0; at < body.size();) {
      const std::size_t end = body.find('\n', at);
      lines.push_back(body.substr(at, end - at));
      at = end + 1;
    }
    return {};
  }
  std::set<std::string> taken() {
    const std::lock_guard hold(lock);
    return {lines.begin(), lines.end()};
  }
  std::string name() const { return "127.0.0.1:" + std::to_string(server.port()); }
};

class shards : public ::testing::Test {
 protected:
  std::vector<sink_settings> sinks_at(const places& list) {
    sink_settings whole;
    whole.name = "s";
    auto& server = whole.kind.emplace<influxdb_settings>();
    for (const std::size_t each : list) {
      server.urls.push_back(servers_[each].server.url());
    }
    server.url = server.urls.front();
    server.addresses = use_;
    server.removed_addresses = removed_;
    whole.batch.age = milliseconds(1);
    whole.retry_least = milliseconds(1);
    whole.retry_most = milliseconds(20);
    return sink_per_address(whole);
  }
  void start(const places& list) {
    set_.reset();
    auto made = start_sinks(sinks_at(list),
                            {log_, memory_, dir_.path(), persistent_, compression_mode::automatic,
                             [](std::string_view) { return false; }});
    ASSERT_TRUE(made.ok()) << made.error().message;
    set_ = std::move(made).value();
    in_force_ = list;
  }
  void change(const places& list) {
    const outcome done =
        set_->change({.sinks = sinks_at(list), .state_bytes = std::uint64_t{1} << 20});
    ASSERT_TRUE(done.ok()) << done.error().message;
    in_force_ = list;
  }
  /// A point of each series.
  void put() {
    std::vector<std::uint64_t> hashes;
    for (const std::size_t each : in_force_) {
      hashes.push_back(address_hash(servers_[each].name()));
    }
    std::string lines;
    for (int i = 0; i < series_count; ++i) {
      const std::string line = "m,t=" + std::to_string(i) + " v=" + std::to_string(puts_) + "i 1";
      const std::string text = line + "\n";  // what the reader yields lies in it
      lines += text;
      line_reader reader;
      reader.feed(text);
      reader.finish();
      EXPECT_EQ(reader.next(), line_event::point);
      const std::size_t owner =
          in_force_[heaviest_address(hashes, tag_set_hasher().hash(reader.point()))];
      owners_[line] = owner;
    }
    ++puts_;
    append_frame(log_, make_frame(puts_ % 2 == 0 ? "d" : "e", lines, series_count,
                                  puts_ % 3 == 0 ? frame_codec::gzip : frame_codec::plain));
  }
  bool drained() { return set_->drain(steady_clock::now() + seconds(20)); }
  std::size_t running() { return set_->standings().size(); }
  /// Sinks that are done have gone.
  bool goes(std::size_t sinks) {
    const auto deadline = steady_clock::now() + seconds(20);
    while (running() > sinks && steady_clock::now() < deadline) {
      set_->tidy();
      std::this_thread::yield();
    }
    return running() == sinks;
  }
  /// Each line is at its owner, and nowhere else.
  void each_at_its_owner() {
    std::array<std::set<std::string>, 5> expected;
    for (const auto& [line, owner] : owners_) {
      expected[owner].insert(line);
    }
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      EXPECT_EQ(servers_[i].taken(), expected[i]) << "server " << i;
    }
  }
  /// Each line is somewhere.
  void nothing_is_lost() {
    std::set<std::string> all;
    for (recorder& each : servers_) {
      all.merge(each.taken());
    }
    std::size_t missing = 0;
    for (const auto& [line, owner] : owners_) {
      missing += all.contains(line) ? 0 : 1;
    }
    EXPECT_EQ(missing, 0U);
  }
  void in_order() {
    for (recorder& each : servers_) {
      const std::lock_guard hold(each.lock);
      std::map<std::string, long> last;
      std::set<std::string> seen;
      for (const std::string& line : each.lines) {
        if (!seen.insert(line).second) {
          continue;  // sent again: an answer was lost
        }
        const std::string series = line.substr(0, line.find(' '));
        const long value = std::stol(line.substr(line.find("v=") + 2));
        const auto before = last.find(series);
        // The two databases are lanes of their own.
        if (before != last.end() && (before->second + value) % 2 == 0) {
          EXPECT_LT(before->second, value) << series;
        }
        last[series] = value;
      }
    }
  }

  temp_directory dir_;
  fake_log log_;
  memory_budget memory_{64 << 20};
  std::array<recorder, 5> servers_;
  address_use use_ = address_use::shard;
  removed_address_use removed_ = removed_address_use::drain;
  bool persistent_ = true;
  std::unique_ptr<sink_set> set_;
  places in_force_;
  std::map<std::string, std::size_t> owners_;
  std::size_t puts_ = 0;
};

TEST_F(shards, each_series_goes_to_one_address) {
  start({0, 1, 2});
  put();
  put();
  ASSERT_TRUE(drained());
  each_at_its_owner();
  metrics_text text;
  set_->collect(text);
  EXPECT_EQ(text.text().find("reason=\"lost\"} 1"), std::string::npos);
}

TEST_F(shards, an_address_is_added_while_others_are_behind) {
  for (const bool by_restart : {false, true}) {
    if (set_ == nullptr) {
      start({0, 1, 2});
    } else {
      change({0, 1, 2});
    }
    put();
    ASSERT_TRUE(drained());
    servers_[0].down = true;
    put();
    if (by_restart) {
      start({0, 1, 2, 3});
    } else {
      change({0, 1, 2, 3});
    }
    put();
    servers_[0].down = false;
    ASSERT_TRUE(drained());
    each_at_its_owner();
  }
}

TEST_F(shards, one_that_is_taken_out_delivers_what_it_owes) {
  for (const bool by_restart : {false, true}) {
    start({0, 1, 2});
    servers_[2].down = true;
    put();
    if (by_restart) {
      start({0, 1});
      start({0, 1});  // and once more
    } else {
      change({0, 1});
    }
    EXPECT_EQ(running(), 3U);
    put();
    set_->tidy();
    EXPECT_EQ(running(), 3U) << "it still owes";
    servers_[2].down = false;
    ASSERT_TRUE(drained());
    each_at_its_owner();
    EXPECT_TRUE(goes(2));
    EXPECT_FALSE(std::filesystem::exists(dir_.file("cursors/s%40") + servers_[2].name()));
  }
}

TEST_F(shards, one_that_is_forgotten_ends_at_once) {
  removed_ = removed_address_use::forget;
  start({0, 1});
  servers_[1].down = true;
  put();
  change({0});
  EXPECT_EQ(running(), 1U);
  put();
  ASSERT_TRUE(drained());
  start({0});
  EXPECT_EQ(running(), 1U);
}

TEST_F(shards, a_log_in_memory_is_shared_too) {
  persistent_ = false;
  start({0, 1});
  put();
  servers_[1].down = true;
  put();
  change({0, 2});
  put();
  servers_[1].down = false;
  ASSERT_TRUE(drained());
  each_at_its_owner();
  EXPECT_TRUE(goes(2));
}

TEST_F(shards, a_replicating_sink_shares_what_comes_from_then_on) {
  use_ = address_use::replicate;
  start({0, 1});
  ASSERT_TRUE(drained());
  servers_[1].down = true;
  put();
  use_ = address_use::shard;
  change({0, 1});
  servers_[1].down = false;
  ASSERT_TRUE(drained());
  EXPECT_EQ(servers_[0].taken(), servers_[1].taken());
  EXPECT_EQ(servers_[0].taken().size(), static_cast<std::size_t>(series_count));
  put();
  ASSERT_TRUE(drained());
  nothing_is_lost();
  EXPECT_EQ(servers_[0].taken().size() + servers_[1].taken().size(), 3U * series_count);
}

TEST_F(shards, a_book_that_is_lost_costs_repeats_and_nothing_else) {
  start({0, 1, 2});
  servers_[0].down = true;
  put();
  set_.reset();
  std::filesystem::remove(dir_.file("cursors/assignments"));
  start({0, 1});
  servers_[0].down = false;
  put();
  ASSERT_TRUE(drained());
  nothing_is_lost();
}

/// A crash at some moment of the change: the files are as they were then.
TEST_F(shards, a_crash_in_the_middle_of_a_change_loses_nothing) {
  for (const bool book_was_written : {false, true}) {
    const std::string state = dir_.path();
    const std::string copy = state + ".copy";
    start({0, 1, 2});
    put();
    ASSERT_TRUE(drained());
    servers_[0].down = true;
    put();
    set_.reset();
    std::filesystem::copy(state, copy, std::filesystem::copy_options::recursive);
    start({0, 3});
    set_.reset();
    const std::string book = file_text(dir_.file("cursors/assignments"));
    std::filesystem::remove_all(state);
    std::filesystem::rename(copy, state);
    if (book_was_written) {
      write_text(dir_.file("cursors/assignments"), book);
    }
    start({0, 3});
    put();
    servers_[0].down = false;
    ASSERT_TRUE(drained());
    each_at_its_owner();
    EXPECT_TRUE(goes(2));
  }
}

TEST_F(shards, whatever_happens_each_line_is_at_its_owner) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    std::mt19937_64 random(seed);
    const auto draw = [&](std::uint64_t below) { return random() % below; };
    const auto any_list = [&] {
      places list;
      for (std::size_t i = 0; i < servers_.size(); ++i) {
        if (draw(2) == 0) {
          list.push_back(i);
        }
      }
      std::shuffle(list.begin(), list.end(), random);
      return list.empty() ? places{0} : list;
    };
    start(any_list());
    for (int step = 0; step < 25; ++step) {
      switch (draw(6)) {
        case 0:
          change(any_list());
          break;
        case 1:
          start(any_list());
          break;
        case 2:
          servers_[draw(servers_.size())].down = draw(2) == 0;
          break;
        case 3:
          set_->tidy();
          break;
        case 4:
          log_.forget_released();
          put();
          break;
        default:
          put();
          break;
      }
      if (HasFatalFailure()) {
        return;
      }
    }
    for (recorder& each : servers_) {
      each.down = false;
    }
    ASSERT_TRUE(drained()) << "seed " << seed;
    ASSERT_TRUE(goes(in_force_.size())) << "seed " << seed;
    each_at_its_owner();
    in_order();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace weir
