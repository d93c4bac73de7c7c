// SPDX-License-Identifier: Apache-2.0
//
// Tokens are made here as others make them: by base64 and HMAC.
#include "users/json_web_token.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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
            "Token is expired");
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
