// SPDX-License-Identifier: Apache-2.0
//
// When samples are taken: often while something changes or somebody watches, seldom otherwise, and
// always before somebody is answered.
#include "server/page/page_service.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "facts/tap/tap_desk.hpp"

namespace weir {
namespace {

class page_services : public testing::Test {
 protected:
  void wait_ms(std::int64_t ms) {
    now_.steady = now_.steady.after(ms * 1'000'000);
    now_.wall.ns += ms * 1'000'000;
  }
  /// A tick when it is due. In how many milliseconds the next one is.
  std::int64_t next_tick() {
    wait_ms(due_in_ms_);
    due_in_ms_ = service_.tick();
    return due_in_ms_;
  }
  void become_quiet() {
    for (int i = 0; i <= page_service::calm_ticks_until_quiet; ++i) {
      next_tick();
    }
    ASSERT_EQ(due_in_ms_, page_service::quiet_tick_ms);
  }
  /// Lines that came in each of the last seconds, as the history has it.
  std::string received(std::int64_t seconds) {
    const std::string text = service_.history(seconds, 1);
    const std::size_t begin = text.find('[', text.find("\"received\""));
    return text.substr(begin, text.find(']', begin) + 1 - begin);
  }

  moment now_{.steady = {77'000'000'000}, .wall = {1'586'844'484'000'000'000}};
  page::line_totals totals_;
  std::uint64_t log_bytes_ = 0;
  std::vector<sink_standing> sinks_{{.name = "influx"}};
  tap_desk taps_{1};
  page_service service_{page_sources{.clock = [this] { return now_; },
                                     .facts =
                                         [this](const moment&) {
                                           page::status_facts facts;
                                           facts.totals = totals_;
                                           facts.sinks.emplace_back().name = "influx";
                                           return facts;
                                         },
                                     .totals = [this] { return totals_; },
                                     .sinks = [this] { return sinks_; },
                                     .log_bytes = [this] { return log_bytes_; },
                                     .database = {},
                                     .databases = {},
                                     .explain = {},
                                     .taps = &taps_}};
  std::int64_t due_in_ms_ = page_service::tick_ms;
};

TEST_F(page_services, ticks_are_seldom_once_nothing_has_changed_for_ten) {
  totals_.received = 5;
  EXPECT_EQ(next_tick(), page_service::tick_ms);
  for (int calm = 1; calm < page_service::calm_ticks_until_quiet; ++calm) {
    EXPECT_EQ(next_tick(), page_service::tick_ms) << calm;
  }
  EXPECT_EQ(next_tick(), page_service::quiet_tick_ms);
  EXPECT_EQ(next_tick(), page_service::quiet_tick_ms);
}

TEST_F(page_services, each_kind_of_change_has_ticks_come_each_second) {
  const std::vector<std::function<void()>> changes{[this] { ++totals_.received; },
                                                   [this] { ++totals_.accepted; },
                                                   [this] { ++totals_.rejected; },
                                                   [this] { ++totals_.dropped; },
                                                   [this] { ++totals_.mended; },
                                                   [this] { ++totals_.noted; },
                                                   [this] { ++log_bytes_; },
                                                   [this] { ++sinks_.front().pending_points; },
                                                   [this] { ++sinks_.front().delivered_here; }};
  for (const auto& change : changes) {
    become_quiet();
    change();
    EXPECT_EQ(next_tick(), page_service::tick_ms);
    EXPECT_EQ(next_tick(), page_service::tick_ms) << "and for some time after";
  }
}

TEST_F(page_services, seldom_samples_leave_no_gap) {
  become_quiet();
  totals_.received += 40;
  next_tick();
  EXPECT_EQ(received(4), "[10,10,10,10]");
  become_quiet();
  wait_ms(3'900);  // a machine under load
  totals_.received += 70;
  next_tick();
  EXPECT_EQ(received(7), "[10,10,10,10,10,10,10]");
}

TEST_F(page_services, who_asks_while_ticks_are_seldom_sees_what_is_now) {
  become_quiet();
  totals_.received += 30;
  wait_ms(999);
  EXPECT_EQ(received(1), "[0]") << "no sample is taken more often than once a second";
  wait_ms(2'001);
  EXPECT_EQ(received(3), "[10,10,10]");
  totals_.received += 10;
  sinks_.front().delivered_here += 40;
  wait_ms(1'000);
  const std::string status = service_.status();
  EXPECT_NE(status.find("\"received\":40"), std::string::npos) << status;
  EXPECT_EQ(received(1), "[10]") << "the status took a sample, too";
  wait_ms(1);
  EXPECT_EQ(service_.tick(), page_service::tick_ms) << "what a question saw is a change";
}

TEST_F(page_services, rates_after_quiet_are_of_the_last_seconds) {
  become_quiet();
  next_tick();
  next_tick();
  sinks_.front().delivered_here += 500;
  wait_ms(1'000);
  const std::string status = service_.status();
  // Since the sample a second ago: the one before that is five seconds old.
  EXPECT_NE(status.find("\"delivered_per_second\":100"), std::string::npos) << status;
}

TEST_F(page_services, who_watches_has_an_event_each_second) {
  int hurried = 0;
  service_.set_hurry([&hurried] { ++hurried; });
  become_quiet();
  const auto watcher = service_.events().watch([] {});
  ASSERT_NE(watcher, nullptr);
  service_.somebody_watches();
  EXPECT_EQ(hurried, 1) << "the tick that was four seconds away comes within one";
  for (int i = 0; i < 2 * page_service::calm_ticks_until_quiet; ++i) {
    ++totals_.received;
    wait_ms(1'000);
    EXPECT_EQ(service_.tick(), page_service::tick_ms);
    const event_watcher::event event = watcher->take();
    ASSERT_NE(event, nullptr);
    EXPECT_NE(event->find("\"received\":" + std::to_string(i + 1)), std::string::npos) << *event;
  }
  for (int i = 0; i < 2 * page_service::calm_ticks_until_quiet; ++i) {
    wait_ms(1'000);
    EXPECT_EQ(service_.tick(), page_service::tick_ms) << "also where nothing changes";
    EXPECT_NE(watcher->take(), nullptr);
  }
  service_.events().forget(watcher);
  become_quiet();
}

TEST_F(page_services, who_taps_has_counts_each_second) {
  become_quiet();
  auto tapped = taps_.open(
      {}, [] {}, now_.wall.ns);
  ASSERT_NE(tapped, nullptr);
  std::string said;
  EXPECT_TRUE(tapped->take(said));
  for (int i = 0; i < 2 * page_service::calm_ticks_until_quiet; ++i) {
    wait_ms(1'000);
    EXPECT_EQ(service_.tick(), page_service::tick_ms);
  }
  taps_.close(tapped);
  become_quiet();
}

TEST_F(page_services, nobody_need_be_there_to_be_hurried) {
  service_.somebody_watches();
  EXPECT_EQ(next_tick(), page_service::tick_ms);
}

}  // namespace
}  // namespace weir
