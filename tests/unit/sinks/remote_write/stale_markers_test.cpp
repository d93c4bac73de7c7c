// SPDX-License-Identifier: Apache-2.0
//
// Which series get a stale marker, when, and what becomes of that over a restart.
#include <xxhash.h>

#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <random>
#include <set>

#include "unit/sinks/remote_write/remote_writes.hpp"

namespace weir {
namespace {

/// Answers when the test says so.
class slow_transfer final : public transfer {
 public:
  explicit slow_transfer(transfer& server) : server_(server) {}
  void post(transfer_request request, done on_done) override {
    waiting_.push_back([this, request = std::move(request), on_done = std::move(on_done)] {
      server_.post(request, on_done);
    });
  }
  void abort() override { waiting_.clear(); }
  std::size_t waiting() const { return waiting_.size(); }
  void answer() {
    for (const auto& one : std::exchange(waiting_, {})) {
      one();
    }
  }

 private:
  transfer& server_;
  std::vector<std::function<void()>> waiting_;
};

class stale_markers : public remote_writes {
 protected:
  /// A sample of each series now, of the time of the clock.
  void send(const std::vector<std::string>& series) {
    std::string lines;
    for (const std::string& one : series) {
      lines += line_of(one, clock_ms_ - base_ms);
    }
    EXPECT_EQ(deliver(lines).discarded.total(), 0U);
    tick();
  }
  /// Where a cursor is that was kept after the last batch.
  [[nodiscard]] log_position behind_all() const { return log_position(sequence_ + 1); }
  void tick(bool abreast = true) { due_ms_ = target_->tick(clock_ms_, abreast); }
  /// So long nothing is sent; what is due is done each second.
  void pass(std::int64_t ms, bool abreast = true) {
    for (; ms > 0; ms -= 1000) {
      clock_ms_ += 1000;
      tick(abreast);
    }
  }
  /// Ten seconds apart.
  void report(const std::vector<std::string>& series, int times) {
    for (int i = 0; i < times; ++i) {
      send(series);
      pass(10'000);
    }
  }
  bool is_stale(const std::string& series) {
    const auto found = server_.stored.find(stored_name(series));
    return found != server_.stored.end() &&
           std::bit_cast<std::uint64_t>(found->second.rbegin()->second) == stale_marker_bits;
  }

  std::optional<std::int64_t> due_ms_;
};

TEST_F(stale_markers, end_a_series_that_is_silent_for_three_of_its_intervals) {
  tick();
  report({"a", "b"}, 4);
  const std::int64_t last_ms = clock_ms_ - 10'000;
  report({"b"}, 1);
  EXPECT_FALSE(is_stale("a"));
  EXPECT_TRUE(due_ms_);
  report({"b"}, 2);
  EXPECT_TRUE(is_stale("a"));
  EXPECT_FALSE(is_stale("b"));
  EXPECT_EQ(server_.stored[stored_name("a")].rbegin()->first, last_ms + 1)
      << "right behind its last sample, so that what its sender had kept may still come";
  EXPECT_EQ(counters_->stale_markers.value(), 1U);
  EXPECT_EQ(server_.statuses[400], 0U);
  // It comes back, and ends again.
  report({"a", "b"}, 3);
  EXPECT_FALSE(is_stale("a"));
  report({"b"}, 4);
  EXPECT_TRUE(is_stale("a"));
  EXPECT_EQ(counters_->stale_markers.value(), 2U);
}

TEST_F(stale_markers, wait_five_minutes_where_no_interval_is_known) {
  tick();
  send({"once"});
  pass(290'000);
  EXPECT_FALSE(is_stale("once"));
  pass(15'000);
  EXPECT_TRUE(is_stale("once"));
}

TEST_F(stale_markers, come_after_the_time_that_is_set) {
  settings_.stale_after = std::chrono::seconds{2};
  restart();
  tick();
  send({"a"});
  pass(2'000);
  EXPECT_FALSE(is_stale("a"));
  pass(2'000);
  EXPECT_TRUE(is_stale("a"));
}

TEST_F(stale_markers, are_watched_for_from_the_start_on) {
  tick();
  send({"a", "b"});
  restart();
  EXPECT_EQ(counters_->series_watched.value(), 2U) << "before anything is sent";
}

TEST_F(stale_markers, are_not_sent_where_they_are_off) {
  settings_.stale_after.reset();
  restart();
  tick();
  EXPECT_FALSE(due_ms_);
  report({"a"}, 3);
  pass(600'000);
  EXPECT_FALSE(is_stale("a"));
}

TEST_F(stale_markers, do_not_count_the_time_in_which_the_sink_was_behind) {
  tick();
  report({"a"}, 4);
  pass(600'000, false);
  EXPECT_FALSE(is_stale("a"));
  pass(28'000);
  EXPECT_FALSE(is_stale("a")) << "it has all its time again";
  pass(5'000);
  EXPECT_TRUE(is_stale("a"));
}

TEST_F(stale_markers, that_are_owed_outlive_a_restart) {
  tick();
  report({"a", "gone"}, 4);
  report({"a"}, 4);
  ASSERT_TRUE(is_stale("gone"));
  restart(behind_all());
  clock_ms_ += 60'000;
  restart(behind_all());
  const std::int64_t started_ms = clock_ms_;
  tick();
  pass(298'000);
  EXPECT_FALSE(is_stale("a")) << "its time begins with the start";
  pass(5'000);
  EXPECT_TRUE(is_stale("a"));
  EXPECT_EQ(server_.stored[stored_name("a")].rbegin()->first, started_ms);
  EXPECT_EQ(counters_->stale_markers.value(), 1U) << "that of the other one was sent before";
}

TEST_F(stale_markers, come_late_after_a_start_until_the_interval_is_learnt_anew) {
  tick();
  send({"a"});
  pass(1'000);  // the file has this first interval
  for (int i = 0; i < 5; ++i) {
    send({"a"});
    pass(12'000);
  }
  restart(behind_all());
  tick();
  pass(60'000);
  EXPECT_FALSE(is_stale("a")) << "its sender may come back late";
  send({"a"});
  pass(18'000);
  EXPECT_FALSE(is_stale("a"));
  send({"a"});
  pass(50'000);
  EXPECT_FALSE(is_stale("a"));
  pass(6'000);
  EXPECT_TRUE(is_stale("a"));
  EXPECT_EQ(counters_->stale_markers.value(), 1U);
}

// Otherwise what a sender whose clock is behind goes on with would be older than the marker.
TEST_F(stale_markers, stand_behind_what_was_seen_after_a_start_and_not_at_its_time) {
  constexpr std::int64_t behind_ms = 600'000;
  const auto send_late = [this] {
    EXPECT_EQ(deliver(line_of("a", clock_ms_ - base_ms - behind_ms)).discarded.total(), 0U);
    tick();
    pass(10'000);
  };
  tick();
  send_late();
  restart(behind_all());
  tick();
  send_late();
  send_late();
  const std::int64_t last_ms = clock_ms_ - 10'000 - behind_ms;
  pass(310'000);
  ASSERT_TRUE(is_stale("a"));
  EXPECT_EQ(server_.stored[stored_name("a")].rbegin()->first, last_ms + 1);
  send_late();
  EXPECT_FALSE(is_stale("a")) << "it comes back";
}

TEST_F(stale_markers, do_not_come_between_the_flushes_of_a_sender_that_gathers) {
  tick();
  for (int flush = 0; flush < 5; ++flush) {
    std::string lines;
    for (std::int64_t i = 0; i < 6; ++i) {
      lines += line_of("a", clock_ms_ - base_ms - 50'000 + i * 10'000);
    }
    EXPECT_EQ(deliver(lines).discarded.total(), 0U);
    tick();
    pass(60'000);
  }
  EXPECT_EQ(counters_->stale_markers.value(), 0U);
  pass(180'000);
  EXPECT_TRUE(is_stale("a"));
}

TEST_F(stale_markers, wait_for_a_sample_of_which_nobody_knows_whether_it_is_stored) {
  settings_.stale_after = std::chrono::seconds{2};
  restart();
  tick();
  send({"a", "b"});
  pass(1'000);
  const batch& lost = make(line_of("a", clock_ms_ - base_ms));
  server_.behave = [](std::size_t) { return std::optional(http_reply::failed("nobody is there")); };
  EXPECT_FALSE(deliver(lost).message.empty());
  server_.behave = nullptr;
  pass(4'000);
  EXPECT_TRUE(is_stale("b"));
  EXPECT_FALSE(is_stale("a"));
  EXPECT_EQ(deliver(lost).discarded.total(), 0U) << "it is not out of order";
  tick();
  pass(4'000);
  EXPECT_TRUE(is_stale("a"));
}

TEST_F(stale_markers, that_are_under_way_are_looked_at_again) {
  slow_transfer slow(server_);
  tick();
  report({"a"}, 4);
  restart(slow, behind_all());
  tick();
  pass(310'000);
  ASSERT_EQ(slow.waiting(), 1U);
  ASSERT_TRUE(due_ms_);
  EXPECT_EQ(*due_ms_, clock_ms_ + 1'000) << "nobody else tells when they have arrived";
  slow.answer();
  tick();
  EXPECT_TRUE(is_stale("a"));
  target_.reset();
}

TEST_F(stale_markers, are_owed_until_the_server_has_them) {
  tick();
  report({"a"}, 4);
  server_.behave = [](std::size_t) { return std::optional(http_reply::failed("nobody is there")); };
  pass(60'000);
  EXPECT_FALSE(is_stale("a"));
  EXPECT_LT(server_.requests, 20U) << "it is not asked each second";
  server_.behave = nullptr;
  pass(10'000);
  EXPECT_TRUE(is_stale("a"));
}

TEST_F(stale_markers, are_not_forced_upon_a_series_that_another_writer_goes_on_with) {
  tick();
  report({"a", "b", "c"}, 4);
  server_.stored[stored_name("b")][clock_ms_ + 60'000] = 7;
  pass(40'000);
  EXPECT_TRUE(is_stale("a"));
  EXPECT_FALSE(is_stale("b"));
  EXPECT_TRUE(is_stale("c"));
  const std::size_t requests = server_.requests;
  pass(60'000);
  EXPECT_EQ(server_.requests, requests) << "it is not asked again";
}

TEST_F(stale_markers, keep_within_their_memory) {
  stale_bytes_ = 2'500;
  restart();
  tick();
  std::vector<std::string> many;
  many.reserve(100);
  for (int i = 0; i < 100; ++i) {
    many.push_back(std::to_string(i));
  }
  report(many, 4);
  EXPECT_LE(counters_->series_watched.value(), 12U);
  EXPECT_GE(counters_->series_watched.value(), 8U);
  EXPECT_GE(counters_->series_unwatched.value(), 88U);
}

TEST_F(stale_markers, come_at_once_where_the_sender_says_that_a_series_ended) {
  send({"a", "b"});
  clock_ms_ += 500;
  EXPECT_TRUE(target_->marks_ends());
  target_->end_series({"d", ""}, line_of("a", clock_ms_ - base_ms) + "m,s=unknown v=0 1\n");
  tick(false);
  EXPECT_TRUE(is_stale("a")) << "though the sink is behind";
  EXPECT_EQ(server_.stored[stored_name("a")].rbegin()->first, clock_ms_);
  EXPECT_FALSE(is_stale("b"));
  EXPECT_EQ(counters_->stale_markers.value(), 1U);
  target_->end_series({"d", ""}, line_of("a", clock_ms_ - base_ms));
  tick();
  EXPECT_EQ(counters_->stale_markers.value(), 1U) << "once";
  clock_ms_ += 500;
  send({"a"});
  pass(3'000);
  EXPECT_FALSE(is_stale("a")) << "it came back";
}

TEST_F(stale_markers, do_not_end_a_series_that_came_back_since) {
  send({"a"});
  const std::int64_t ended_ms = clock_ms_ + 100;
  clock_ms_ += 1'000;
  send({"a"});
  target_->end_series({"d", ""}, line_of("a", ended_ms - base_ms));
  pass(2'000);
  EXPECT_FALSE(is_stale("a"));
}

TEST_F(stale_markers, of_series_that_ended_outlive_a_restart_and_a_server_that_is_down) {
  send({"a", "b"});
  clock_ms_ += 500;
  const std::int64_t ended_ms = clock_ms_;
  server_.behave = [](std::size_t) { return std::optional(http_reply::failed("down")); };
  target_->end_series({"d", ""}, line_of("a", ended_ms - base_ms));
  tick();
  EXPECT_FALSE(is_stale("a"));
  clock_ms_ += 2'000;
  restart(behind_all());
  tick(false);
  server_.behave = nullptr;
  pass(6'000, false);
  EXPECT_TRUE(is_stale("a"));
  const std::int64_t marker_ms = server_.stored[stored_name("a")].rbegin()->first;
  EXPECT_GE(marker_ms, ended_ms);
  EXPECT_LE(marker_ms, ended_ms + 10) << "a millisecond later each time that it is sent";
  EXPECT_FALSE(is_stale("b"));
  // And what came back before it.
  send({"a"});
  restart(behind_all());
  pass(6'000, false);
  EXPECT_FALSE(is_stale("a"));
}

TEST_F(stale_markers, of_many_series_that_ended_are_some_requests) {
  std::vector<std::string> all;
  std::string ended;
  for (int i = 0; i < 5'000; ++i) {
    all.push_back(std::to_string(i));
    ended += line_of(all.back(), clock_ms_ + 1 - base_ms);
  }
  stale_bytes_ = std::size_t{64} << 20;
  restart();
  send(all);
  target_->end_series({"d", ""}, ended);
  for (int i = 0; i < 5; ++i) {
    tick();
  }
  EXPECT_EQ(counters_->stale_markers.value(), 5'000U);
  EXPECT_EQ(counters_->series_watched.value(), 0U);
}

TEST_F(stale_markers, of_ended_series_are_not_sent_where_they_are_off) {
  settings_.stale_after.reset();
  restart();
  send({"a"});
  EXPECT_FALSE(target_->marks_ends());
}

TEST_F(stale_markers, are_newer_than_the_last_sample_though_the_clock_was_ahead_before_the_end) {
  tick();
  send({"a", "b"});
  const std::int64_t last_ms = clock_ms_;
  target_->close();
  clock_ms_ -= 3'600'000;
  restart(behind_all());
  restart(behind_all());  // what is not seen again stays known
  tick();
  pass(150'000);
  clock_ms_ += 3'600'000;
  send({"b"});
  clock_ms_ -= 3'600'000;
  pass(160'000);
  EXPECT_TRUE(is_stale("a"));
  EXPECT_EQ(server_.stored[stored_name("a")].rbegin()->first, last_ms + 1);
  EXPECT_EQ(server_.statuses[400], 0U);
}

TEST_F(stale_markers, last_times_are_kept_at_the_end_though_the_disk_refused_a_write_before) {
  tick();
  disk_is_full_ = true;
  send({"a"});
  disk_is_full_ = false;
  const std::int64_t last_ms = clock_ms_;
  target_->close();
  clock_ms_ -= 3'600'000;
  restart(behind_all());
  tick();
  pass(310'000);
  EXPECT_TRUE(is_stale("a"));
  EXPECT_EQ(server_.stored[stored_name("a")].rbegin()->first, last_ms + 1);
}

TEST(stale_book, notes_last_times_in_pieces_and_those_of_a_crash_are_no_older_than_the_start) {
  constexpr std::uint64_t count = 50'000;
  const auto key = [](std::uint64_t n) { return series_key{n * 0x9E3779B97F4A7C15ULL, n}; };
  stale_book book(0, std::size_t{1} << 26, now_ms);
  for (std::uint64_t n = 0; n < count; ++n) {
    book.seen(key(n), {"before", "name", "after"},
              now_ms + static_cast<std::int64_t>(n % 2 * 9'000), now_ms);
  }
  std::string file = book.take_unwritten();
  std::size_t most = 0;
  book.note_last_times([&] {
    const std::string piece = book.take_unwritten();
    most = std::max(most, piece.size());
    file += piece;
  });
  EXPECT_LE(most, std::size_t{2} << 20);
  stale_book next(0, std::size_t{1} << 26, now_ms + 5'000);
  next.recover(file);
  next.abreast(true, now_ms + 5'000);
  const auto owed = next.owed(now_ms + 600'000, count);
  ASSERT_EQ(owed.size(), count);
  for (const stale_book::marker& one : owed) {
    EXPECT_EQ(one.time_ms, now_ms + (one.series.high % 2 == 1 ? 9'001 : 5'000));
  }
}

TEST(stale_book, of_a_million_series_of_usual_lines_fits_into_half_of_the_default) {
  // A tenth of both.
  const std::size_t state_bytes = (std::size_t{128} << 20) / 10;
  constexpr std::uint64_t lines = 10'000;
  const auto key = [](std::uint64_t n) { return series_key{n * 0x9E3779B97F4A7C15ULL, n}; };
  stale_book book(0, state_bytes, now_ms);
  for (std::uint64_t line = 0; line < lines; ++line) {
    const std::string labels = std::string(240, 'x') + std::to_string(line + lines);
    for (std::uint64_t field = 0; field < 10; ++field) {
      book.seen(key(line * 10 + field), {"", "name" + std::to_string(field), labels}, now_ms,
                now_ms);
    }
  }
  EXPECT_EQ(book.series_watched(), lines * 10);
  EXPECT_EQ(book.unwatched(), 0U);
  const std::string file = book.whole();
  EXPECT_LT(file.size(), state_bytes) << "labels stand in it once, too";
  stale_book next(0, state_bytes, now_ms);
  next.recover(file);
  EXPECT_EQ(next.series_watched(), lines * 10);
}

TEST(stale_book, gives_room_back_with_the_last_series_that_has_a_text) {
  const std::string text(200, 'x');
  const std::size_t room_for_one = stale_book::series_bytes + 3 * shared_texts::text_bytes + 201;
  stale_book book(0, room_for_one + stale_book::series_bytes, now_ms);
  const series_key one{1, 1};
  const series_key other{2, 2};
  book.seen(one, {"", "n", text}, now_ms, now_ms);
  book.seen(other, {"", "n", text}, now_ms, now_ms);
  EXPECT_EQ(book.series_watched(), 2U) << "with the same texts";
  book.forget(one);
  book.seen({3, 3}, {"", "n", std::string(200, 'y')}, now_ms, now_ms);
  EXPECT_EQ(book.unwatched(), 1U) << "the other one has its labels still";
  book.forget(other);
  book.seen({3, 3}, {"", "n", std::string(200, 'y')}, now_ms, now_ms);
  EXPECT_EQ(book.series_watched(), 1U);
  const std::string file = book.take_unwritten();
  stale_book next(0, std::size_t{1} << 20, now_ms);
  next.recover(file);
  next.abreast(true, now_ms);
  const auto owed = next.owed(now_ms + 301'000, 10);
  ASSERT_EQ(owed.size(), 1U);
  EXPECT_EQ(owed[0].labels.after, std::string(200, 'y')) << "though its number was another text's";
}

TEST(stale_book, reads_a_file_of_version_1) {
  // A series that was seen every ten seconds, and one that ended, as version 1 wrote them.
  const auto record = [](std::uint32_t kind, std::array<std::string_view, 3> texts,
                         series_key series, std::int64_t ms) {
    std::string out(8, '\0');
    const auto append = [&out](const auto& value) {
      out.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    append(kind);
    for (const std::string_view text : texts) {
      append(static_cast<std::uint32_t>(text.size()));
    }
    append(series);
    append(ms);
    for (const std::string_view text : texts) {
      out += text;
    }
    const std::uint64_t checksum = XXH64(out.data() + 8, out.size() - 8, 0);
    std::memcpy(out.data(), &checksum, sizeof checksum);
    return out;
  };
  const std::string file = "weir-series 1\n" + record(1, {"b", "name", "after"}, {1, 1}, 10'000) +
                           record(1, {"", "n", "a"}, {2, 2}, 0) +
                           record(5, {}, {1, 1}, now_ms + 7) + record(4, {}, {2, 2}, now_ms - 5);
  stale_book book(0, std::size_t{1} << 20, now_ms);
  book.recover(file);
  EXPECT_EQ(book.series_watched(), 2U);
  const auto ended = book.owed(now_ms, 10);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].labels.name, "n");
  EXPECT_EQ(ended[0].time_ms, now_ms - 5);
  book.forget({2, 2});
  book.abreast(true, now_ms);
  const auto silent = book.owed(now_ms + 301'000, 10);
  ASSERT_EQ(silent.size(), 1U);
  EXPECT_EQ(silent[0].labels.before, "b");
  EXPECT_EQ(silent[0].labels.after, "after");
  EXPECT_EQ(silent[0].time_ms, now_ms + 8);
}

TEST(place_index, finds_what_is_there_and_nothing_else) {
  std::minstd_rand random(7);
  std::vector<series_key> series;
  const auto series_at = [&series](std::uint32_t place) -> const series_key& {
    return series[place];
  };
  place_index index;
  std::set<std::uint32_t> there;
  for (int i = 0; i < 20'000; ++i) {
    if (there.empty() || random() % 3 != 0) {
      // Many begin at the same place of the index.
      series.push_back({random() % 97, series.size()});
      there.insert(static_cast<std::uint32_t>(series.size() - 1));
      index.add(static_cast<std::uint32_t>(series.size() - 1), series_at);
    } else {
      const auto any =
          std::next(there.begin(), static_cast<std::ptrdiff_t>(random() % there.size()));
      index.remove(*any, series_at);
      there.erase(any);
    }
    if (i % 1'000 == 0) {
      for (std::uint32_t place = 0; place < series.size(); ++place) {
        ASSERT_EQ(index.find(series[place], series_at),
                  there.contains(place) ? place : place_index::none);
      }
    }
  }
  EXPECT_EQ(index.size(), there.size());
}

TEST(stale_book, reads_a_file_up_to_where_it_is_damaged) {
  const auto key = [](std::uint64_t n) { return series_key{n * 0x9E3779B97F4A7C15ULL, n}; };
  stale_book book(0, std::size_t{1} << 20, now_ms);
  book.abreast(true, now_ms);
  for (std::uint64_t n = 1; n <= 5; ++n) {
    book.seen(key(n), {"before", "name", "after"}, now_ms, now_ms + 1);
  }
  book.forget(key(2));
  const std::string file = book.take_unwritten();
  for (std::size_t bytes = 0; bytes <= file.size(); ++bytes) {
    stale_book cut(0, std::size_t{1} << 20, now_ms);
    cut.recover(std::string_view(file).substr(0, bytes));
    EXPECT_LE(cut.series_watched(), 5U);
    EXPECT_EQ(bytes == file.size(), cut.series_watched() == 4 && bytes > file.size() - 48);
  }
  stale_book read(0, std::size_t{1} << 20, now_ms);
  read.recover(file);
  read.abreast(true, now_ms);
  const auto owed = read.owed(now_ms + 301'000, 10);
  ASSERT_EQ(owed.size(), 4U);
  EXPECT_EQ(owed[0].labels.before, "before");
  EXPECT_EQ(owed[0].labels.name, "name");
  EXPECT_EQ(owed[0].labels.after, "after");
  EXPECT_EQ(read.owed(now_ms + 301'500, 10).size(), 0U);
  EXPECT_EQ(read.owed(now_ms + 303'000, 10).size(), 4U) << "owed until they are forgotten";
}

}  // namespace
}  // namespace weir
