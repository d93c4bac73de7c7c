// SPDX-License-Identifier: Apache-2.0
//
// Passwords are held against hashes one after the other, and no more of them wait than is allowed.
#include "users/hash_desk.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>

namespace weir {
namespace {

/// What the desk under test computes: nothing until it is let.
struct gate_of_checks {
  std::mutex lock;
  std::condition_variable changed;
  bool open = false;
  std::atomic<int> made = 0;
};
gate_of_checks& checks() {
  static gate_of_checks all;
  return all;
}

hash_check wait_and_compare(std::string_view password, const std::string& hash) {
  std::unique_lock hold(checks().lock);
  checks().changed.wait(hold, [] { return checks().open; });
  ++checks().made;
  return password == hash ? hash_check::matches : hash_check::differs;
}

void set_open(bool open) {
  const std::lock_guard hold(checks().lock);
  checks().open = open;
  checks().changed.notify_all();
}

hash_question question(std::uint64_t number, const std::string& password = "a") {
  return {.of = {.words = {number, 0}}, .password = password, .hash = "a"};
}

TEST(hash_desk, answers_all_who_ask_the_same_at_once) {
  set_open(false);
  checks().made = 0;
  hash_desk desk(wait_and_compare);
  std::promise<void> first;
  std::promise<void> second;
  EXPECT_EQ(desk.join(question(1), [] {}), nullptr) << "nobody has asked it";
  const auto one = desk.ask(question(1), [&first] { first.set_value(); });
  const auto same = desk.join(question(1), [&second] { second.set_value(); });
  ASSERT_TRUE(one != nullptr && same != nullptr);
  EXPECT_FALSE(one->settled());
  set_open(true);
  first.get_future().wait();
  second.get_future().wait();
  EXPECT_EQ(one->answer(), hash_check::matches);
  EXPECT_EQ(same->answer(), hash_check::matches);
  EXPECT_EQ(checks().made, 1);
}

TEST(hash_desk, is_bounded_and_ends_with_questions_left) {
  set_open(false);
  hash_desk desk(wait_and_compare);
  std::promise<void> last;
  std::vector<std::shared_ptr<hash_ticket>> tickets;
  std::uint64_t number = 0;
  for (; number <= hash_desk::waiting_max; ++number) {
    tickets.push_back(desk.ask(question(number, "b"), [] {}));
    ASSERT_NE(tickets.back(), nullptr);
  }
  EXPECT_EQ(desk.ask(question(number), [] {}), nullptr);
  EXPECT_NE(desk.join(question(3), [] {}), nullptr) << "what waits already takes no place";
  set_open(true);
}

TEST(hash_desk, that_was_asked_nothing_ends) {
  const hash_desk desk;
}

}  // namespace
}  // namespace weir
