// SPDX-License-Identifier: Apache-2.0
//
// The delivery state machine: what follows from each verdict, and how long it waits.
#include "sinks/delivery.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::chrono::milliseconds;

attempt_result result_with(attempt_verdict verdict) {
  attempt_result result;
  result.verdict = verdict;
  return result;
}

TEST(delivery, follows_the_verdict) {
  const auto kind = [](attempt_verdict verdict, std::uint64_t points) {
    delivery steps({}, 1);
    return steps.next(result_with(verdict), points).kind;
  };
  EXPECT_EQ(kind(attempt_verdict::delivered, 100), step_kind::delivered);
  EXPECT_EQ(kind(attempt_verdict::delivered_in_part, 100), step_kind::delivered_partly);
  EXPECT_EQ(kind(attempt_verdict::refused, 100), step_kind::refused);
  EXPECT_EQ(kind(attempt_verdict::too_large, 100), step_kind::halve);
  EXPECT_EQ(kind(attempt_verdict::hold, 100), step_kind::hold);
  EXPECT_EQ(kind(attempt_verdict::retry, 100), step_kind::retry);
}

TEST(delivery, more_than_the_batch_holds_cannot_be_dropped) {
  delivery steps({}, 1);
  attempt_result result = result_with(attempt_verdict::delivered_in_part);
  result.discarded[discard_reason::partial] = 1600;
  EXPECT_EQ(steps.next(result, 100).dropped, 100U);
}

TEST(delivery, no_answer_is_tried_again) {
  delivery steps({}, 1);
  const delivery_step step = steps.next(attempt_result::failed("connection refused"), 1);
  EXPECT_EQ(step.kind, step_kind::retry);
  EXPECT_EQ(step.message, "connection refused");
}

TEST(delivery, a_single_line_that_is_too_large_is_refused) {
  delivery steps({}, 1);
  EXPECT_EQ(steps.next(result_with(attempt_verdict::too_large), 1).kind, step_kind::refused);
}

TEST(delivery, what_is_tried_at_once_does_not_wait) {
  delivery steps({}, 1);
  attempt_result result;
  result.at_once = true;
  EXPECT_EQ(steps.next(result, 5).kind, step_kind::retry);
  EXPECT_EQ(steps.next(result, 5).wait.count(), 0);
}

TEST(delivery, waits_grow_within_their_bounds_and_start_anew_after_a_success) {
  const delivery_pace pace{milliseconds(100), milliseconds(5000)};
  milliseconds greatest{0};
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    delivery steps(pace, seed);
    std::int64_t bound = 100;
    for (int i = 0; i < 60; ++i) {
      bound = std::min<std::int64_t>(bound * 2, 5000);
      const milliseconds wait = steps.next(attempt_result::failed("x"), 1).wait;
      EXPECT_GE(wait, pace.retry_least);
      EXPECT_LE(wait.count(), bound);
      greatest = std::max(greatest, wait);
    }
    EXPECT_EQ(steps.next(attempt_result::done(0), 1).kind, step_kind::delivered);
    EXPECT_LE(steps.next(attempt_result::failed("x"), 1).wait.count(), 200);
  }
  EXPECT_GT(greatest.count(), 4500);
}

TEST(delivery, jitter_depends_on_the_seed) {
  const delivery_pace pace{milliseconds(1), milliseconds(1'000'000)};
  delivery one(pace, 1);
  delivery two(pace, 2);
  delivery same(pace, 1);
  int different = 0;
  for (int i = 0; i < 20; ++i) {
    const auto wait = one.next(attempt_result::failed("x"), 1).wait;
    different += wait != two.next(attempt_result::failed("x"), 1).wait ? 1 : 0;
    EXPECT_EQ(wait, same.next(attempt_result::failed("x"), 1).wait);
  }
  EXPECT_GT(different, 10);
}

TEST(delivery, holds_grow_and_never_hammer) {
  const delivery_pace pace{milliseconds(100), milliseconds(5000)};
  delivery steps(pace, 3);
  std::int64_t bound = 200;
  for (int i = 0; i < 20; ++i) {
    bound = std::min<std::int64_t>(bound * 2, 5000);
    const auto wait = steps.next(result_with(attempt_verdict::hold), 1).wait.count();
    EXPECT_GE(wait, bound / 2);
    EXPECT_LE(wait, bound);
  }
}

TEST(delivery, honours_retry_after_up_to_a_bound) {
  for (const attempt_verdict verdict : {attempt_verdict::retry, attempt_verdict::hold}) {
    delivery steps({milliseconds(200), milliseconds(30'000)}, 1);
    attempt_result busy = result_with(verdict);
    busy.retry_after = std::chrono::seconds(7);
    const delivery_step step = steps.next(busy, 1);
    EXPECT_EQ(step.wait, milliseconds(7000));
    // Its own pace is kept apart: it is what is left when the server takes points again.
    EXPECT_LE(step.own_wait, milliseconds(800));
    busy.retry_after = std::chrono::seconds(100'000);
    EXPECT_EQ(steps.next(busy, 1).wait, milliseconds(120'000));
    busy.retry_after = std::chrono::seconds(0);
    EXPECT_LE(steps.next(busy, 1).wait, milliseconds(30'000));
  }
  delivery steps({milliseconds(1), milliseconds(10)}, 1);
  attempt_result busy = result_with(attempt_verdict::retry);
  busy.retry_after = std::chrono::seconds(7);
  EXPECT_EQ(steps.next(busy, 1).wait, milliseconds(10) * delivery::retry_after_factor);
  // A success is a success, whatever it says beside.
  attempt_result fine = attempt_result::done(0);
  fine.retry_after = std::chrono::seconds(7);
  EXPECT_EQ(steps.next(fine, 1).wait.count(), 0);
}

}  // namespace
}  // namespace weir
