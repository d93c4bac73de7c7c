// SPDX-License-Identifier: Apache-2.0
//
// Who credentials prove, and what users may do.
#include "users/user_book.hpp"

#include <gtest/gtest.h>

#include "config/password_hash_form.hpp"
#include "users/password_hash.hpp"

namespace weir {
namespace {

using scheme = api::credentials::scheme;

user_grant grant(std::string pattern, std::initializer_list<user_right> rights) {
  user_grant made{.pattern = std::move(pattern)};
  for (const user_right each : rights) {
    made.rights = static_cast<std::uint8_t>(made.rights | static_cast<unsigned>(each));
  }
  return made;
}

settings with_users() {
  settings all;
  all.http.jwt_secret = "shared";
  all.users.push_back({.name = "ann", .password = "secret"});
  all.users.push_back(
      {.name = "bob", .password_hash = hash_password("hashed", "saltsaltsalt").value()});
  all.users.push_back({.name = "cho", .token = "token-of-cho", .admin = true});
  return all;
}

std::string proved(const user_book& book, const api::credentials& offered) {
  const user_book::verdict found = book.prove(offered, 1'700'000'000);
  const bool good =
      found.who != nullptr &&
      (found.hash.empty() || check_password(found.password, found.hash) == hash_check::matches);
  return good ? found.who->name() : found.why;
}

TEST(user_book, a_name_that_influxdb_2_reads_as_an_id_needs_all_databases) {
  const std::string id = "0123456789abcdef";
  settings all;
  all.users.push_back(
      {.name = "ann",
       .token = "ann",
       .databases = {grant(id, {user_right::write}), grant("0*", {user_right::query}),
                     grant("app_*", {user_right::write})}});
  all.users.push_back(
      {.name = "bob", .token = "bob", .databases = {grant("*", {user_right::write})}});
  const auto may = [&](const char* name, const std::string& database) {
    const user_book book(all);
    return book.prove({.by = scheme::token, .secret = name}, 0).who->may_write(database);
  };
  EXPECT_TRUE(may("ann", id)) << "no server has ids";
  influxdb_settings influxdb_2;
  influxdb_2.version = 2;
  sink_settings sink;
  sink.kind = influxdb_2;
  all.sinks.push_back(sink);
  EXPECT_FALSE(may("ann", id));
  EXPECT_FALSE(may("ann", "0123456789ABCDEF"));
  EXPECT_TRUE(may("ann", "app_0123456789ab")) << "16 letters that are no id";
  EXPECT_TRUE(may("bob", id));
  const user_book book(all);
  const user* const ann = book.prove({.by = scheme::token, .secret = "ann"}, 0).who;
  EXPECT_FALSE(ann->knows(id));
  EXPECT_FALSE(ann->may_query(id));
  EXPECT_TRUE(ann->may_query("0123456789abcde"));
}

TEST(user_book, credentials_prove_one_user_or_nobody) {
  const user_book book(with_users());
  EXPECT_FALSE(book.empty());
  for (const scheme by : {scheme::basic, scheme::parameters, scheme::token}) {
    EXPECT_EQ(proved(book, {.by = by, .user = "ann", .secret = "secret"}), "ann");
    EXPECT_EQ(proved(book, {.by = by, .user = "bob", .secret = "hashed"}), "bob");
    for (const char* wrong : {"", "Secret", "secret ", "hashed", "token-of-ch"}) {
      EXPECT_EQ(proved(book, {.by = by, .user = "ann", .secret = wrong}), "authorization failed");
    }
    EXPECT_EQ(proved(book, {.by = by, .user = "bob", .secret = "secret"}), "authorization failed");
    EXPECT_EQ(proved(book, {.by = by, .user = "dan", .secret = "secret"}), "authorization failed");
    EXPECT_EQ(proved(book, {.by = by, .user = "cho", .secret = ""}), "authorization failed");
    EXPECT_EQ(proved(book, {.by = by, .user = "any", .secret = "token-of-cho"}), "cho");
  }
  for (const scheme by : {scheme::token, scheme::bearer}) {
    EXPECT_EQ(proved(book, {.by = by, .secret = "token-of-cho"}), "cho");
    EXPECT_EQ(proved(book, {.by = by, .secret = "token-of-ann"}), "authorization failed");
    EXPECT_EQ(proved(book, {.by = by, .secret = ""}), "authorization failed");
  }
  EXPECT_EQ(proved(book, {.by = scheme::bearer, .secret = "a.b.c"}), "signature is invalid");
  EXPECT_TRUE(user_book(settings{}).empty());
}

TEST(user_book, an_unknown_name_takes_as_long_as_a_known_one) {
  const user_book book(with_users());
  const user_book::verdict nobody =
      book.prove({.by = scheme::basic, .user = "dan", .secret = "hashed"}, 0);
  EXPECT_EQ(nobody.who, nullptr);
  EXPECT_FALSE(nobody.hash.empty()) << "a hash is computed all the same";
}

TEST(user_book, rights_are_those_of_the_patterns_that_match) {
  const user one(
      {.name = "u",
       .databases = {grant("app_*", {user_right::write}), grant("app_1", {user_right::query}),
                     grant("own", {user_right::admin})}});
  EXPECT_TRUE(one.may_write("app_1"));
  EXPECT_TRUE(one.may_query("app_1"));
  EXPECT_TRUE(one.may_write("app_2"));
  EXPECT_FALSE(one.may_query("app_2"));
  EXPECT_FALSE(one.may_administer("app_1"));
  EXPECT_FALSE(one.may_write("xapp_1"));
  EXPECT_TRUE(one.may_write("own") && one.may_query("own") && one.may_administer("own"));
  EXPECT_FALSE(one.may_write(""));
  const user admin({.name = "a", .admin = true});
  EXPECT_TRUE(admin.may_write("x") && admin.may_query("x") && admin.may_administer("x"));
  EXPECT_TRUE(admin.may_everywhere(user_right::admin) && admin.knows("x"));
  EXPECT_TRUE(one.knows("app_9") && one.knows("own"));
  EXPECT_FALSE(one.knows("other"));
  EXPECT_FALSE(one.may_everywhere(user_right::write)) << "app_* is not all";
  const user reader({.name = "r", .databases = {grant("*", {user_right::query})}});
  EXPECT_TRUE(reader.may_everywhere(user_right::query) && reader.may_query("x"));
  EXPECT_FALSE(reader.may_everywhere(user_right::write) || reader.may_query(""));
}

TEST(password_hash, is_argon2id_and_has_bounds) {
  const std::string one = hash_password("secret", "saltsaltsalt").value();
  EXPECT_TRUE(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << one;
  EXPECT_EQ(check_password_hash(one), "");
  EXPECT_NE(one, hash_password("secret", "othersaltsalt").value());
  EXPECT_EQ(check_password("secret", one), hash_check::matches);
  EXPECT_EQ(check_password("secres", one), hash_check::differs);
  EXPECT_EQ(check_password("secret", "no hash"), hash_check::not_made);
  // Of the tests of argon2's authors.
  const std::string theirs =
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  EXPECT_EQ(check_password_hash(theirs), "");
  EXPECT_EQ(check_password("password", theirs), hash_check::matches);
  EXPECT_EQ(check_password("Password", theirs), hash_check::differs);
  const auto with = [&one](std::string_view parameters) {
    return check_password_hash("$argon2id$v=19$" + std::string(parameters) + one.substr(30));
  };
  EXPECT_EQ(with("m=19456,t=2,p=1"), "");
  for (const char* too_much :
       {"m=9999999,t=2,p=1", "m=19456,t=99,p=1", "m=19456,t=2,p=99", "m=19456,t=2", "m=1,t=2,p=1",
        "m=19456,t=0,p=1", "m=19456,t=2,p=0", "m=-1,t=2,p=1"}) {
    EXPECT_NE(with(too_much), "") << too_much;
  }
  for (const char* other : {"secret", "$2y$10$abc", "$argon2i$v=19$m=19456,t=2,p=1$YQ$YQ"}) {
    EXPECT_NE(check_password_hash(other), "") << other;
  }
  EXPECT_NE(check_password_hash(one + "$x"), "");
  EXPECT_NE(check_password_hash(one.substr(0, one.size() - 30)), "");
}

}  // namespace
}  // namespace weir
