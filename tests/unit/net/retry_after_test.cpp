// SPDX-License-Identifier: Apache-2.0
//
// Retry-After in all its forms.
#include "net/retry_after.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace weir {
namespace {

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::int64_t then = 784'111'777;

std::optional<std::int64_t> wait(std::string_view value, std::string_view date = {},
                                 std::int64_t now_s = then) {
  const auto read = parse_retry_after(value, date, now_s);
  return read ? std::optional<std::int64_t>(read->count()) : std::nullopt;
}

TEST(retry_after, reads_seconds) {
  EXPECT_EQ(wait("7"), 7);
  EXPECT_EQ(wait(" 120 \r"), 120);
  EXPECT_EQ(wait("0"), 0);
  EXPECT_EQ(wait("1.5"), 2);
  EXPECT_EQ(wait("2.000"), 2);
  EXPECT_EQ(wait("100000"), 100'000);
  // As long as one can say, and no overflow.
  EXPECT_EQ(wait("99999999999999999999999"), wait("9999999999"));
  EXPECT_GT(wait("99999999999999999999999"), 100'000);
}

TEST(retry_after, reads_dates_in_three_forms) {
  for (const char* date : {"Sun, 06 Nov 1994 08:50:07 GMT", "Sunday, 06-Nov-94 08:50:07 GMT",
                           "Sun Nov  6 08:50:07 1994", "sun, 6 nov 1994 08:50:07 UTC"}) {
    EXPECT_EQ(parse_http_date(date), then + 30) << date;
    EXPECT_EQ(wait(date), 30) << date;
  }
  // Over already.
  EXPECT_EQ(wait("Sun, 06 Nov 1994 08:49:00 GMT"), 0);
  EXPECT_EQ(wait("Wed, 31 Dec 2036 23:59:59 GMT"), wait("9999999999"));
}

TEST(retry_after, counts_a_date_by_the_servers_own_clock) {
  // The server's clock is an hour ahead of ours.
  EXPECT_EQ(wait("Sun, 06 Nov 1994 09:50:07 GMT", "Sun, 06 Nov 1994 09:49:37 GMT"), 30);
  EXPECT_EQ(wait("Sun, 06 Nov 1994 08:50:07 GMT", "no date"), 30);
  // Seconds need no clock.
  EXPECT_EQ(wait("5", "Sun, 06 Nov 1994 09:49:37 GMT"), 5);
}

TEST(retry_after, two_digits_of_a_year_are_never_far_ahead) {
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), then);
  const auto ahead = parse_http_date("Friday, 06-Nov-37 08:49:37 GMT");
  EXPECT_GT(ahead.value_or(0), 2'100'000'000);
}

TEST(retry_after, is_nothing_when_it_cannot_be_read) {
  for (const char* text : {"", " ", "-5", "+5", "5 s", "5,5", "soon", "Sun, 06 Nov 1994",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Xxx 1994 08:49:37 GMT",
                           "Sunday, 06-Nov 94 08:49:37 GMT", "Sun Nov  6 08:49:37", ",", "Sun,"}) {
    EXPECT_EQ(wait(text), std::nullopt) << text;
  }
}

TEST(retry_after, survives_any_text) {
  std::mt19937 random(7);
  const std::string alphabet = "SunNovGMT ,-:0123456789.\r\t";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t n = random() % 34; n > 0; --n) {
      text += alphabet[random() % alphabet.size()];
    }
    const auto read = wait(text, text);
    EXPECT_TRUE(!read || (*read >= 0 && *read <= wait("9999999999"))) << text;
  }
}

}  // namespace
}  // namespace weir
