// SPDX-License-Identifier: Apache-2.0
//
// Short ways to make pushes for the tests of groups.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "exposition/text_reader.hpp"
#include "push/groups.hpp"
#include "push/pushed.hpp"

namespace weir::push {

inline constexpr std::int64_t second = 1'000'000'000;

inline moment at_second(std::int64_t seconds) {
  return {.steady = {seconds * second}, .wall = {(1'700'000'000 + seconds) * second}};
}

inline pushed pushed_text(std::string_view text, const grouping& series,
                          push_time_mode times = push_time_mode::reject) {
  exposition::document all;
  const auto wrong = exposition::read_text(text, all);
  EXPECT_FALSE(wrong.has_value()) << wrong->text();
  auto made = read_pushed(all, series, {.times = times, .now_ns = 1'700'000'000 * second});
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(made).value();
}

inline group_push push_of(const grouping& labels, std::string_view text, bool adds = false) {
  const grouping series = series_labels(labels, job_suffix_mode::keep);
  return {.labels = labels,
          .series = series,
          .database = "pushgateway",
          .adds = adds,
          .families = pushed_text(text, series).families};
}

inline lifetime_terms default_terms() {
  return lifetime_terms_of({});
}

}  // namespace weir::push
