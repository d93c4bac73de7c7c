// SPDX-License-Identifier: Apache-2.0
//
// A loop's doorkeeper: what was proved is remembered as long as it holds, guesses are bounded, and
// hashes are computed elsewhere.
#include "users/doorkeeper.hpp"

#include <gtest/gtest.h>

#include <future>

#include "users/password_hash.hpp"

namespace weir {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

class doorkeeper_test : public ::testing::Test {
 protected:
  void use(std::initializer_list<user_settings> users, const std::string& jwt_secret = "") {
    settings all;
    all.users = users;
    all.http.jwt_secret = jwt_secret;
    book_ = std::make_shared<const user_book>(all);
  }
  doorkeeper::answer answer_to(const std::string& authorization, const std::string& query,
                               const std::string& path, const std::string& peer) {
    http::request_head head;
    head.path = path;
    head.query = query;
    if (!authorization.empty()) {
      head.headers.push_back({"Authorization", authorization});
    }
    std::promise<void> woken;
    doorkeeper::answer given =
        keeper_.ask(book_, head, peer, now_, [&woken] { woken.set_value(); });
    was_open_ = given.open.has_value();
    if (given.open) {
      woken.get_future().wait();
      given = keeper_.finish(*given.open, path, now_);
    }
    return given;
  }
  /// The name, or the answer's body.
  std::string ask(const std::string& authorization, const std::string& query = "",
                  const std::string& path = "/write", const std::string& peer = "192.0.2.1:1",
                  int status = 401) {
    const doorkeeper::answer given = answer_to(authorization, query, path, peer);
    if (given.who != nullptr) {
      EXPECT_FALSE(given.refused);
      return given.who->name();
    }
    EXPECT_EQ(given.refused->status, status);
    return given.refused->body;
  }
  double denied(const std::string& reason) {
    metrics_text text;
    doors_.collect(text);
    const std::string all = text.text();
    const std::string line = "weir_http_denied_total{reason=\"" + reason + "\"} ";
    return std::stod(all.substr(all.find(line) + line.size()));
  }

  moment now_{.steady = {second_ns}, .wall = {1'700'000'000 * second_ns}};
  shared_doors doors_{"0123456789abcdef"};
  doorkeeper keeper_{doors_};
  std::shared_ptr<const user_book> book_;
  bool was_open_ = false;
};

const char* const failed = "{\"error\":\"authorization failed\"}\n";

TEST_F(doorkeeper_test, knows_users_by_each_kind_of_credentials) {
  use({{.name = "ann", .password = "secret"}, {.name = "cho", .token = "token"}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ask("Basic YW5uOnNlY3JldA=="), "ann");
    EXPECT_EQ(ask("", "db=d&u=ann&p=secret"), "ann");
    EXPECT_EQ(ask("Token ann:secret"), "ann");
    EXPECT_EQ(ask("Token token"), "cho");
    EXPECT_EQ(ask("Bearer token"), "cho");
    EXPECT_EQ(ask("", "db=d&p=token"), "cho") << "as in InfluxDB 3";
    EXPECT_EQ(keeper_.remembered(), 6U);
  }
}

TEST_F(doorkeeper_test, answers_as_each_api_does) {
  use({{.name = "ann", .password = "secret"}});
  EXPECT_EQ(ask(""), "{\"error\":\"unable to parse authentication credentials\"}\n");
  EXPECT_EQ(ask("Token ann:wrong"), failed);
  EXPECT_EQ(ask("", "", "/api/v2/write"),
            "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}");
  EXPECT_NE(ask("", "", "/api/v3/write_lp").find("the request was not authenticated"),
            std::string::npos);
  EXPECT_EQ(denied("unknown"), 4);
  EXPECT_EQ(keeper_.remembered(), 0U);
}

TEST_F(doorkeeper_test, a_reload_forgets_what_was_proved) {
  use({{.name = "ann", .password = "secret"}});
  EXPECT_EQ(ask("Token ann:secret"), "ann");
  use({{.name = "ann", .password = "other"}});
  EXPECT_EQ(ask("Token ann:secret"), failed);
  EXPECT_EQ(ask("Token ann:other"), "ann");
}

TEST_F(doorkeeper_test, a_hash_is_computed_once_and_elsewhere) {
  use({{.name = "ann", .password_hash = hash_password("secret", "saltsaltsalt").value()}});
  EXPECT_EQ(ask("Token ann:secret"), "ann");
  EXPECT_TRUE(was_open_);
  EXPECT_EQ(ask("Token ann:secret"), "ann");
  EXPECT_FALSE(was_open_) << "it is remembered";
  EXPECT_EQ(ask("Token ann:wrong"), failed);
  EXPECT_TRUE(was_open_);
  EXPECT_EQ(ask("Token nobody:secret"), failed);
  EXPECT_TRUE(was_open_) << "a name that nobody has takes as long";
  now_.steady.ns += doorkeeper::remembered_ns;
  EXPECT_EQ(ask("Token ann:secret"), "ann");
  EXPECT_TRUE(was_open_) << "but not for ever";
  EXPECT_EQ(denied("unknown"), 2);
}

TEST_F(doorkeeper_test, a_token_that_ended_is_remembered_no_longer) {
  use({{.name = "ann", .password = "x"}}, "shared");
  // Until 1700000060, made by Python's hmac.
  const std::string token =
      "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
      ".eyJ1c2VybmFtZSI6ImFubiIsImV4cCI6MTcwMDAwMDA2MH0"
      ".lsSR7g3UQMAGhlkaKbt1hUGJyNV6Ptf3ekhmy7QCOig";
  EXPECT_EQ(ask(token), "ann");
  now_.wall.ns += 59 * second_ns;
  EXPECT_EQ(ask(token), "ann");
  now_.wall.ns += second_ns;
  EXPECT_EQ(ask(token), "{\"error\":\"Token is expired\"}\n");
}

TEST_F(doorkeeper_test, a_token_of_the_far_future_is_remembered) {
  use({{.name = "ann", .password = "x"}}, "shared");
  // Until 32503680000, the year 3000, made by Python's hmac.
  const std::string token =
      "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
      ".eyJ1c2VybmFtZSI6ImFubiIsImV4cCI6MzI1MDM2ODAwMDB9"
      ".U3F_5XjJsmAm-p4OsDR-GTXc82V0YXbcpqXkRIKEVvw";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask(token), "ann");
    EXPECT_EQ(keeper_.remembered(), 1U);
  }
}

TEST_F(doorkeeper_test, ipv4_clients_of_a_dual_socket_do_not_share_their_guesses) {
  use({{.name = "ann", .password = "secret"}});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ask("Token ann:" + std::to_string(i), "", "/write", "[::ffff:192.0.2.1]:1"), failed);
  }
  ask("Token ann:11", "", "/write", "192.0.2.1:1", 503);
  EXPECT_EQ(ask("Token ann:12", "", "/write", "[::ffff:192.0.2.2]:1"), failed);
}

TEST_F(doorkeeper_test, guesses_are_bounded_and_known_clients_go_on) {
  use({{.name = "ann", .password = "secret"}});
  EXPECT_EQ(ask("Token ann:secret"), "ann");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ask("Token ann:" + std::to_string(i)), failed);
  }
  EXPECT_NE(ask("Token ann:11", "", "/write", "192.0.2.1:1", 503).find("try again later"),
            std::string::npos)
      << "a client of InfluxDB 1 throws away what is answered 429";
  EXPECT_NE(ask("Token ann:11", "", "/api/v2/write", "192.0.2.1:1", 429).find("too many"),
            std::string::npos);
  EXPECT_EQ(denied("too_many_attempts"), 2);
  EXPECT_EQ(ask("Token ann:secret"), "ann") << "what was proved needs no attempt";
  EXPECT_EQ(ask("Basic YW5uOnNlY3JldA=="), "ann") << "nor does what is good and costs nothing";
  EXPECT_EQ(ask("Token ann:12", "", "/write", "192.0.2.2:1"), failed) << "of another address";
}

TEST_F(doorkeeper_test, what_it_remembers_is_bounded) {
  user_settings ann{.name = "ann", .password = "secret"};
  use({ann});
  for (std::size_t i = 0; i < 2 * doorkeeper::remembered_max; ++i) {
    // Blanks behind the scheme make other texts of the same credentials.
    EXPECT_EQ(ask("", "u=ann&p=secret&n=" + std::to_string(i)), "ann");
  }
  EXPECT_EQ(keeper_.remembered(), 1U) << "what is not of the credentials makes no difference";
  settings all;
  for (std::size_t i = 0; i < 2 * doorkeeper::remembered_max; ++i) {
    all.users.push_back({.name = std::to_string(i), .token = "token" + std::to_string(i)});
  }
  book_ = std::make_shared<const user_book>(all);
  for (std::size_t i = 0; i < all.users.size(); ++i) {
    EXPECT_EQ(ask("Token token" + std::to_string(i)), std::to_string(i));
    EXPECT_LE(keeper_.remembered(), doorkeeper::remembered_max);
  }
}

}  // namespace
}  // namespace weir
