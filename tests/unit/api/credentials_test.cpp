// SPDX-License-Identifier: Apache-2.0
//
// Credentials as clients send them: in the header and in the URL.
#include "api/credentials.hpp"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

using scheme = credentials::scheme;

credentials of(std::string_view authorization, std::string_view query = "") {
  http::request_head head;
  head.query = query;
  if (!authorization.empty()) {
    head.headers = {{"authorization", authorization}};
  }
  return read_credentials(find_credentials(head));
}

void expect(const credentials& read, scheme by, std::string_view user, std::string_view secret) {
  EXPECT_EQ(read.by, by) << user;
  EXPECT_EQ(read.user, user);
  EXPECT_EQ(read.secret, secret);
}

TEST(credentials, of_headers) {
  expect(of("Basic YW5uOnNlY3JldA=="), scheme::basic, "ann", "secret");
  expect(of("basic YW5uOnM6Og=="), scheme::basic, "ann", "s::");
  expect(of("Token bob:secret"), scheme::token, "bob", "secret");
  // A token is a secret: it names no user.
  expect(of("Token abcdef"), scheme::token, "", "abcdef");
  expect(of("Bearer abc:def"), scheme::bearer, "", "abc:def");
}

TEST(credentials, that_cannot_be_read_are_none) {
  for (const char* authorization :
       {"", "Basic", "Basic !!", "Basic YW5u", "Basicx YW5uOnNlY3JldA==", "Digest a:b"}) {
    expect(of(authorization), scheme::none, "", "");
  }
}

TEST(credentials, of_a_program_that_has_none_are_none) {
  expect(of("Basic bnVsbDpudWxs"), scheme::none, "", "");
  expect(of("Token null:null"), scheme::none, "", "");
  expect(of("", "u=null&p=null"), scheme::none, "", "");
  expect(of("Basic bnVsbDpzZWNyZXQ="), scheme::basic, "null", "secret");
  expect(of("", "u=null&p=x"), scheme::parameters, "null", "x");
}

TEST(credentials, of_parameters_come_before_the_header) {
  expect(of("", "db=d&u=e%76e&p=s%3A"), scheme::parameters, "eve", "s:");
  expect(of("", "u=eve"), scheme::parameters, "eve", "");
  expect(of("Token bob:secret", "u=eve&p=x&db=d"), scheme::parameters, "eve", "x");
  expect(of("Token bob:secret", "db=d&p=x"), scheme::token, "bob", "secret");
  expect(of("Token bob:secret", "u=&p=x"), scheme::token, "bob", "secret");
  expect(of("Token bob:secret", "u=null&p=null"), scheme::token, "bob", "secret");
  expect(of("", "menu=x"), scheme::none, "", "");
  expect(of("", "db=d&p=token"), scheme::parameters, "", "token");
  expect(of("", "map=x&db=d"), scheme::none, "", "");
}

TEST(credentials, are_taken_out_of_parameters) {
  using pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(without_credentials({{"u", "a"}, {"db", "d"}, {"p", "b"}, {"db", "e"}, {"q", "x"}}),
            (pairs{{"db", "d"}, {"q", "x"}}));
}

}  // namespace
}  // namespace weir::api
