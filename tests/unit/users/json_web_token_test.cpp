// SPDX-License-Identifier: Apache-2.0
//
// Tokens are made here as others make them: by base64 and HMAC.
#include "users/json_web_token.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "codec/base64.hpp"
#include "users/digests.hpp"

namespace weir {
namespace {

constexpr std::int64_t now_s = 1'700'000'000;

std::string for_url(std::string_view bytes) {
  std::string text;
  append_base64(bytes, text);
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::string token(const std::string& claims, const std::string& secret = "shared",
                  const std::string& header = R"({"alg":"HS256","typ":"JWT"})") {
  const std::string text = for_url(header) + "." + for_url(claims);
  const sha256_digest signature = hmac_sha256(secret, text);
  return text + "." + for_url({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

std::string error_of(const std::string& text) {
  const auto read = read_json_web_token(text, "shared", now_s);
  return read.ok() ? "no error" : read.error().message;
}

TEST(json_web_token, names_a_user_until_its_end) {
  // Made by Python's hmac.
  const std::string made =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
      ".eyJ1c2VybmFtZSI6ImFubiIsImV4cCI6MTcwMDAwMDA2MH0"
      ".lsSR7g3UQMAGhlkaKbt1hUGJyNV6Ptf3ekhmy7QCOig";
  EXPECT_EQ(token(R"({"username":"ann","exp":1700000060})"), made);
  const auto read = read_json_web_token(made, "shared", now_s);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().user, "ann");
  EXPECT_EQ(read.value().ends_s, 1'700'000'060);
}

TEST(json_web_token, is_refused_in_influxdbs_words) {
  EXPECT_EQ(error_of(token(R"({"username":"ann","exp":1700000000})")), "Token is expired");
  EXPECT_EQ(error_of(token(R"({"username":"ann","exp":1800000000,"nbf":1750000000})")),
            "Token is not valid yet");
  EXPECT_EQ(error_of(token(R"({"username":"ann"})")), "token expiration required");
  EXPECT_EQ(error_of(token(R"({"exp":1800000000})")), "username in token must be a string");
  EXPECT_EQ(error_of(token(R"({"username":"ann","exp":1800000000})", "other")),
            "signature is invalid");
  EXPECT_EQ(error_of("a.b"), "token contains an invalid number of segments");
  EXPECT_EQ(error_of("a.b.c.d"), "token contains an invalid number of segments");
  for (const char* text : {"..", "a.b.c", "!.!.!"}) {
    EXPECT_EQ(error_of(text), "signature is invalid") << text;
  }
}

/// Its end as it is read; -1: refused for want of an end, -2: over, -3: not begun.
std::int64_t end_of(const std::string& exp, const std::string& more = "") {
  const auto read =
      read_json_web_token(token(R"({"username":"ann","exp":)" + exp + more + "}"), "shared", now_s);
  if (read.ok()) {
    EXPECT_EQ(read.value().user, "ann");
    return read.value().ends_s;
  }
  const std::string& why = read.error().message;
  EXPECT_TRUE(why == "token expiration required" || why == "Token is expired" ||
              why == "Token is not valid yet")
      << why;
  return why == "Token is expired" ? -2 : why == "Token is not valid yet" ? -3 : -1;
}

TEST(json_web_token, ends_whenever_it_says_however_it_says_it) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(end_of("9223372037"), 9'223'372'037) << "in nanoseconds beyond 64 bits";
  EXPECT_EQ(end_of("32503680000"), 32'503'680'000) << "the year 3000";
  EXPECT_EQ(end_of("1800000000000"), 1'800'000'000'000) << "milliseconds, by mistake";
  EXPECT_EQ(end_of("9223372036854775807"), last);
  EXPECT_EQ(end_of("18446744073709551615"), last);
  EXPECT_EQ(end_of("100000000000000000000000000"), last);
  EXPECT_EQ(end_of("1e18"), 1'000'000'000'000'000'000);
  EXPECT_EQ(end_of("1.7e300"), last);
  EXPECT_EQ(end_of("18e8"), 1'800'000'000);
  EXPECT_EQ(end_of("1700000000.5"), 1'700'000'001);
  EXPECT_EQ(end_of("1700000060.0"), 1'700'000'060);
  EXPECT_EQ(end_of("1699999999.9"), -2);
  EXPECT_EQ(end_of("1e-300"), -2);
  EXPECT_EQ(end_of("-1"), -2);
  EXPECT_EQ(end_of("-1e300"), -2);
  EXPECT_EQ(end_of("-100000000000000000000000000"), -2);
  for (const char* none : {"0", "0.0", "-0", "null", "true", R"("1800000000")", "[1800000000]",
                           R"({"exp":1800000000})", "1e400", "-1e400"}) {
    EXPECT_EQ(end_of(none), -1) << none;
  }
}

TEST(json_web_token, begins_whenever_it_says) {
  EXPECT_EQ(end_of("1800000000", R"(,"nbf":1700000000)"), 1'800'000'000);
  EXPECT_EQ(end_of("1800000000", R"(,"nbf":-1e300)"), 1'800'000'000);
  EXPECT_EQ(end_of("1e30", R"(,"nbf":1e29)"), -3);
  EXPECT_EQ(end_of("1800000000", R"(,"nbf":100000000000000000000000000)"), -3);
  EXPECT_EQ(end_of("1", R"(,"nbf":1800000000)"), -3) << "over, too: InfluxDB says the last";
  // Other claims are not weir's, whatever is in them.
  EXPECT_EQ(end_of("1800000000", R"(,"iat":100000000000000000000000000,"jti":{"exp":[1]})"),
            1'800'000'000);
}

TEST(json_web_token, has_claims_that_are_whole) {
  for (const char* claims : {"", "[]", "1", R"({"username":"ann","exp":1800000000)",
                             R"({"username":"ann","exp":1800000000}})", R"({"exp" 1800000000})"}) {
    EXPECT_EQ(error_of(token(claims)), "token expiration required") << claims;
  }
}

TEST(json_web_token, does_not_choose_how_it_is_checked) {
  const std::string claims = R"({"username":"ann","exp":1800000000})";
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"HS512"})", R"({"alg":"RS256"})", "{}", "x"}) {
    EXPECT_EQ(error_of(token(claims, "shared", header)), "signature is invalid") << header;
  }
  std::string cut = token(claims);
  cut.resize(cut.rfind('.') + 1);
  EXPECT_EQ(error_of(cut), "signature is invalid");
  std::string other = token(claims);
  char& changed = other[other.size() - 5];
  changed = changed == 'A' ? 'B' : 'A';
  EXPECT_EQ(error_of(other), "signature is invalid");
}

}  // namespace
}  // namespace weir
