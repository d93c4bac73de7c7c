// SPDX-License-Identifier: Apache-2.0
//
// The queue before the letters' disk: it never blocks, and what it cannot hold is counted.
#include "letters/letter_box.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "letters_testing.hpp"

namespace weir {
namespace {

class letter_box_test : public letters_directory_test {
 protected:
  std::unique_ptr<letter_box> make(std::uint64_t keep = std::uint64_t{16} << 20) {
    return std::make_unique<letter_box>(letter_box_options{.now_ns =
                                                               [this] {
                                                                 gate_.wait();
                                                                 return letters_now;
                                                               }},
                                        open(keep));
  }
  static void put(letter_box& box, const std::vector<std::string>& texts) {
    std::vector<letter_batch> batches{batch_of(texts)};
    std::size_t bytes = 0;
    for (const letter_line& each : batches[0].lines) {
      bytes += each.bytes();
    }
    box.put(std::move(batches), bytes);
  }

  std::promise<void> opened_;
  std::shared_future<void> gate_{opened_.get_future()};
};

TEST_F(letter_box_test, what_is_put_in_is_written) {
  opened_.set_value();
  const auto box = make();
  std::vector<std::thread> loops;
  for (int i = 0; i < 4; ++i) {
    loops.emplace_back([&box] {
      for (int k = 0; k < 500; ++k) {
        put(*box, {"a", "b"});
      }
    });
  }
  for (std::thread& each : loops) {
    each.join();
  }
  box->flush();
  EXPECT_EQ(read().size(), 4'000U);
  EXPECT_EQ(letter_metric(*box, "weir_letters_kept_total"), 4'000);
}

TEST_F(letter_box_test, a_disk_that_hangs_costs_letters_and_no_time) {
  const auto box = make();
  const std::string text(100'000, 'x');
  for (int i = 0; i < 300; ++i) {
    put(*box, {text});  // 30 MB; the writer waits for the gate
  }
  box->lost(2);
  opened_.set_value();
  box->flush();
  const double lost = letter_metric(*box, "weir_letters_lost_total{queue}");
  EXPECT_GE(lost, 130);
  EXPECT_EQ(letter_metric(*box, "weir_letters_lost_total{memory}"), 2);
  EXPECT_EQ(letter_metric(*box, "weir_letters_kept_total") + lost, 300);
  // There is room again.
  put(*box, {"after"});
  box->flush();
  EXPECT_EQ(read().back().what.text, "after");
}

TEST_F(letter_box_test, the_end_waits_for_what_was_put_in) {
  opened_.set_value();
  auto box = make();
  put(*box, {"a", "b", "c"});
  box->stop();
  put(*box, {"too late"});
  EXPECT_EQ(letter_metric(*box, "weir_letters_lost_total{queue}"), 1);
  box.reset();
  EXPECT_EQ(read().size(), 3U);
}

TEST_F(letter_box_test, letters_without_end_do_not_keep_a_store_from_being_replaced) {
  letter_box* feeding = nullptr;
  std::atomic<bool> began{false};
  std::atomic<bool> replaced{false};
  std::atomic<bool> gave_up{false};
  const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  letter_box box({.now_ns =
                      [&] {
                        began = true;
                        began.notify_one();
                        gate_.wait();
                        // While letters are written, the next ones come.
                        gave_up = std::chrono::steady_clock::now() > give_up_at;
                        if (!replaced && !gave_up) {
                          put(*feeding, {"more"});
                        }
                        return letters_now;
                      }},
                 open());
  feeding = &box;
  put(box, {"first"});
  began.wait(false);
  opened_.set_value();
  box.replace_store(nullptr);
  replaced = true;
  EXPECT_FALSE(gave_up);
  box.flush();
  EXPECT_FALSE(box.enabled());
}

}  // namespace
}  // namespace weir
