// SPDX-License-Identifier: Apache-2.0
#include "exposition/numbers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace weir::exposition {
namespace {

TEST(exposition_numbers, are_read_as_go_reads_them) {
  EXPECT_EQ(read_number("1"), 1.0);
  EXPECT_EQ(read_number("+1.5e3"), 1500.0);
  EXPECT_EQ(read_number("-.5"), -0.5);
  EXPECT_EQ(read_number("1."), 1.0);
  EXPECT_EQ(read_number("1e-999"), 0.0);
  EXPECT_EQ(read_number("+Inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(read_number("-infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(read_number("NaN").value()));
  EXPECT_TRUE(std::signbit(read_number("-0").value()));
}

TEST(exposition_numbers, what_is_none_is_refused) {
  for (const char* const text :
       {"",     "+",     "-",  ".",     "+-1",    "-+1",    "--1",  "1_000",
        "0x10", "0x1p3", "1e", "1e999", "-1e999", "+nan",   "-nan", "nan(1)",
        "in",   "1 ",    " 1", "1\r",   "1e5x",   "infinit"}) {
    EXPECT_FALSE(read_number(text).has_value()) << text;
  }
}

TEST(exposition_numbers, whole_numbers_have_64_bits) {
  EXPECT_EQ(read_integer("+12"), 12);
  EXPECT_EQ(read_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* const text : {"", "+", "-", "+-1", "1.0", "9223372036854775808", "1e3", " 1"}) {
    EXPECT_FALSE(read_integer(text).has_value()) << text;
  }
}

TEST(exposition_numbers, written_ones_are_read_back_as_they_were) {
  for (const double value :
       {0.0, -0.0, 1.0, 0.1, 1e300, 5e-324, 123456789.125, 1.7976931348623157e308, -2.5}) {
    std::string text;
    append_number(value, text);
    const auto read = read_number(text);
    ASSERT_TRUE(read.has_value()) << text;
    EXPECT_EQ(*read, value) << text;
    EXPECT_EQ(std::signbit(*read), std::signbit(value)) << text;
  }
  std::string text;
  append_number(std::numeric_limits<double>::infinity(), text);
  append_number(-std::numeric_limits<double>::infinity(), text);
  append_number(std::numeric_limits<double>::quiet_NaN(), text);
  EXPECT_EQ(text, "+Inf-InfNaN");
}

}  // namespace
}  // namespace weir::exposition
