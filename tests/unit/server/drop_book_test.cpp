// SPDX-License-Identifier: Apache-2.0
//
// What is remembered of databases that were dropped.
#include "server/catalogue/drop_book.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(drop_book, the_last_drop_of_a_database_counts) {
  drop_book book;
  EXPECT_FALSE(book.since("a", 0));
  EXPECT_TRUE(book.before(0).empty());
  book.note("a", {{0, 5}, {1, 6}}, 1'000);
  book.note("b", {{1, 9}}, 2'000);
  EXPECT_TRUE(book.since("a", 1'000));
  EXPECT_FALSE(book.since("a", 1'001)) << "that was an earlier one";
  book.note("a", {{0, 7}}, 3'000);
  const auto ends = book.since("a", 1'001);
  ASSERT_TRUE(ends);
  EXPECT_EQ(*ends, (drop_book::partition_ends{{0, 7}}));
  using list = std::vector<std::pair<std::string, std::int64_t>>;
  EXPECT_EQ(book.before(0), (list{{"a", 7}}));
  EXPECT_EQ(book.before(1), (list{{"b", 9}}));
  EXPECT_TRUE(book.before(2).empty());
}

}  // namespace
}  // namespace weir
