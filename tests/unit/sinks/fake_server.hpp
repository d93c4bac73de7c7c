// SPDX-License-Identifier: Apache-2.0
//
// The other side of a sink in memory: an InfluxDB that answers as the test says, and everything a
// sink needs around it. Single-threaded.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/percent_escape.hpp"
#include "sinks/influxdb/influxdb_target.hpp"
#include "sinks/sink.hpp"
#include "unit/net/replies.hpp"
#include "unit/sinks/fake_log.hpp"

namespace weir {

/// An InfluxDB 1 behind the sink's target: it reads requests and answers as the test says.
class fake_server final : public transfer {
 public:
  struct request {
    lane_key lane;
    std::string lines;
    std::uint64_t points = 0;
    bool creates = false;
    done on_done;
  };

  void post(transfer_request sent, done on_done) override {
    request one{lane_of(sent.url), {}, 0, false, std::move(on_done)};
    for (const std::string_view piece : sent.body) {
      one.lines += piece;
    }
    if (sent.url.find("/query") != std::string::npos) {
      one.creates = true;
      one.lines.clear();
    } else if (std::find(sent.headers.begin(), sent.headers.end(), "Content-Encoding: gzip") !=
               sent.headers.end()) {
      one.lines = gunzip(one.lines);
    }
    one.points = static_cast<std::uint64_t>(std::count(one.lines.begin(), one.lines.end(), '\n'));
    take(std::move(one));
  }
  void abort() override { waiting.clear(); }

  /// Answers the oldest request that waits.
  void reply(const http_reply& given) {
    request one = std::move(waiting.front());
    waiting.erase(waiting.begin());
    note(one, given);
    one.on_done(given);
  }

  /// How to answer at once; nothing: the request waits for `reply`.
  std::function<std::optional<http_reply>(const request&)> behave;
  std::vector<request> waiting;
  /// Lines of requests that were answered with success, in order.
  std::map<lane_key, std::string> stored;
  std::size_t requests = 0;
  std::size_t creations = 0;

 private:
  static lane_key lane_of(const std::string& url) {
    const auto value = [&](const std::string& name) {
      const std::size_t at = url.find(name);
      if (at == std::string::npos) {
        return std::string();
      }
      const std::size_t begin = at + name.size();
      return percent_unescape(url.substr(begin, url.find('&', begin) - begin)).value_or("?");
    };
    return {value("?db="), value("&rp=")};
  }
  void take(request one) {
    ++requests;
    creations += one.creates ? 1 : 0;
    const std::optional<http_reply> given = behave ? behave(one) : std::nullopt;
    if (!given) {
      waiting.push_back(std::move(one));
      return;
    }
    note(one, *given);
    one.on_done(*given);
  }
  void note(const request& one, const http_reply& given) {
    if (given.answered && given.status == 204) {
      stored[one.lane] += one.lines;
    }
  }
};

/// A cursor store that keeps of the lanes only those that it is told have changed, as a file does,
/// and fails the test where that is not all.
class fake_cursors final : public cursor_store {
 public:
  outcome save(const cursor_state& state, const std::set<lane_key>& changed) override {
    if (failing) {
      return failure{"the disk is full"};
    }
    auto lanes = kept ? std::move(kept->lanes) : state.lanes;
    kept = state;
    for (const lane_key& key : changed) {
      const auto found = state.lanes.find(key);
      if (found == state.lanes.end()) {
        lanes.erase(key);
      } else {
        lanes.insert_or_assign(key, found->second);
      }
    }
    EXPECT_EQ(lanes, state.lanes) << "a lane changed and save was not told";
    kept->lanes = std::move(lanes);
    ++saves;
    return nothing{};
  }
  std::optional<cursor_state> kept;
  std::size_t saves = 0;
  bool failing = false;
};

class fake_refused final : public refused_store {
 public:
  outcome put(const refusal& what) override {
    if (failing) {
      return failure{"no space left"};
    }
    lines += what.lines;
    words = what.words;
    ++count;
    return nothing{};
  }
  std::string lines;
  std::string words;
  std::size_t count = 0;
  bool failing = false;
};

/// One sink over the fakes, with a clock that the test moves.
class sink_world {
 public:
  explicit sink_world(fake_log& log) : log_(log) {
    settings.name = "test";
    settings.kind = influxdb_settings{};
    settings.batch.age = milliseconds(100);
    settings.retry_least = milliseconds(10);
    settings.retry_most = milliseconds(1000);
  }

  /// Begins, or begins again after a crash: with what the cursor store kept.
  void start() {
    server.abort();
    worker.reset();
    cursor_state from;
    from.low_water = from.discovered = log_.first();
    if (cursors.kept) {
      from = *cursors.kept;
    }
    if (subscriber != 0) {
      log_.unsubscribe(subscriber);
    }
    subscriber = log_.subscribe({settings.name, true, {}}, from.low_water);
    target.emplace(settings.name, *settings.as<influxdb_settings>(),
                   influxdb_parts{server, compression_mode::none, [this](std::string_view name) {
                                    return created.contains(std::string(name));
                                  }});
    parked = make_parking ? make_parking() : nullptr;
    sink_parts parts{.log = log_,
                     .memory = memory,
                     .target = *target,
                     .cursors = kept_cursors != nullptr ? kept_cursors : &cursors,
                     .refused = &refused,
                     .request_turn = [] {},
                     .subscriber = subscriber,
                     .seed = seed,
                     .now_ns = [this] { return now_ns(); },
                     .told = [this](const std::string& line) { told.push_back(line); },
                     .parked = parked.get(),
                     .cursor_missing = cursor_missing};
    worker.emplace(settings, std::move(parts), from);
    worker->open(now_ms);
  }

  void turn() { due = worker->turn(now_ms); }
  /// Lets `ms` pass in the steps that the sink asks for.
  void pass(std::int64_t ms) {
    const std::int64_t until = now_ms + ms;
    for (;;) {
      turn();
      if (!due || *due > until) {
        break;
      }
      now_ms = std::max(now_ms, *due);
    }
    now_ms = until;
    turn();
  }
  void reply(const http_reply& given) {
    server.reply(given);
    turn();
  }
  bool conserves() const {
    const cursor_state& state = worker->cursor();
    return state.accepted == state.delivered + state.discarded_total() + worker->pending_points();
  }
  /// The wall clock: it goes with the other one.
  std::int64_t now_ns() const { return now_ms * 1'000'000; }
  std::uint64_t discarded(discard_reason reason) const {
    return worker->cursor().discarded[static_cast<std::size_t>(reason)];
  }

  sink_settings settings;
  memory_budget memory{std::size_t{1} << 30};
  fake_server server;
  fake_cursors cursors;
  /// Instead of those.
  cursor_store* kept_cursors = nullptr;
  bool cursor_missing = false;
  /// Opens the parking place; empty: there is none.
  std::function<std::unique_ptr<parking>()> make_parking;
  std::unique_ptr<parking> parked;
  fake_refused refused;
  std::set<std::string> created;
  std::optional<influxdb_target> target;
  std::optional<sink> worker;
  std::optional<std::int64_t> due;
  /// What the journal was told of lanes in trouble.
  std::vector<std::string> told;
  std::size_t subscriber = 0;
  std::int64_t now_ms = 1000;
  std::uint64_t seed = 42;

 private:
  fake_log& log_;
};

/// With lines for it, each with a value of its own.
class sinks : public ::testing::Test {
 protected:
  std::string put(const std::string& database, std::uint32_t points,
                  frame_codec codec = frame_codec::plain) {
    const std::string lines = make_lines(points, next_value_);
    next_value_ += points;
    append_frame(log_, make_frame(database, lines, points, codec));
    return lines;
  }
  void TearDown() override {
    if (world_.worker) {
      EXPECT_TRUE(world_.conserves());
    }
  }

  fake_log log_;
  sink_world world_{log_};
  std::uint64_t next_value_ = 0;
};

}  // namespace weir
