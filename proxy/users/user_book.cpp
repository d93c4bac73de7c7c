// SPDX-License-Identifier: Apache-2.0
#include "users/user_book.hpp"

#include <algorithm>

#include "api/influx_v2.hpp"
#include "base/glob.hpp"
#include "users/json_web_token.hpp"
#include "users/password_hash.hpp"

namespace weir {
namespace {

user_book::verdict nobody(std::string_view why) {
  return {.why = std::string(why)};
}

constexpr std::string_view every_database = "*";

/// Points go to an InfluxDB 2, which takes a bucket's id in the place of its name.
bool reads_ids(const settings& configured) {
  return std::any_of(configured.sinks.begin(), configured.sinks.end(),
                     [](const sink_settings& sink) {
                       const auto* const influxdb = sink.as<influxdb_settings>();
                       return influxdb != nullptr && influxdb->version == 2;
                     });
}

}  // namespace

user::user(const user_settings& from, bool ids_name_databases)
    : name_(from.name),
      password_(from.password.empty() ? std::nullopt : std::optional(sha256(from.password))),
      password_hash_(from.password_hash),
      grants_(from.databases),
      admin_(from.admin),
      ids_name_databases_(ids_name_databases) {}

bool user::covers(const user_grant& grant, std::string_view database) const noexcept {
  return ids_name_databases_ && api::may_be_bucket_id(database)
             ? grant.pattern == every_database
             : matches_pattern(grant.pattern, database);
}

bool user::may(std::string_view database, user_right right) const noexcept {
  return admin_ || std::any_of(grants_.begin(), grants_.end(), [&](const user_grant& each) {
           return !database.empty() && each.allows(right) && covers(each, database);
         });
}

bool user::may_everywhere(user_right right) const noexcept {
  return admin_ || std::any_of(grants_.begin(), grants_.end(), [&](const user_grant& each) {
           return each.allows(right) && each.pattern == every_database;
         });
}

bool user::knows(std::string_view database) const noexcept {
  return admin_ || std::any_of(grants_.begin(), grants_.end(),
                               [&](const user_grant& each) { return covers(each, database); });
}

bool user::has_password(std::string_view offered) const {
  return password_ && equal_secrets(*password_, sha256(offered));
}

user_book::user_book(const settings& from) : jwt_secret_(from.http.jwt_secret) {
  const bool ids_name_databases = reads_ids(from);
  for (const user_settings& each : from.users) {
    users_.push_back(std::make_unique<const user>(each, ids_name_databases));
    if (!each.password_hash.empty()) {
      some_hash_ = each.password_hash;
    }
    if (!each.token.empty()) {
      by_token_.emplace(sha256(each.token), users_.back().get());
    }
  }
}

const user* user_book::named(std::string_view name) const noexcept {
  const auto found = std::find_if(users_.begin(), users_.end(),
                                  [name](const auto& each) { return each->name() == name; });
  return found == users_.end() ? nullptr : found->get();
}

const user* user_book::of_token(std::string_view token) const {
  const auto found = by_token_.find(sha256(token));
  return found == by_token_.end() ? nullptr : found->second;
}

user_book::verdict user_book::prove_signed(std::string_view token, std::int64_t now_s) const {
  const auto claims = read_json_web_token(token, jwt_secret_, now_s);
  if (!claims) {
    return nobody(claims.error().message);
  }
  const user* who = named(claims.value().user);
  return who == nullptr ? nobody("user not found")
                        : verdict{.who = who, .ends_s = claims.value().ends_s};
}

user_book::verdict user_book::prove(const api::credentials& offered, std::int64_t now_s) const {
  using scheme = api::credentials::scheme;
  // InfluxDB 2 takes a token in a password's place, with any name.
  if (const user* who = of_token(offered.secret); who != nullptr) {
    return {.who = who};
  }
  if (offered.user.empty()) {
    const bool is_signed =
        offered.by == scheme::bearer && offered.secret.find('.') != std::string::npos;
    return is_signed && !jwt_secret_.empty() ? prove_signed(offered.secret, now_s) : nobody(wrong);
  }
  const user* who = named(offered.user);
  if (who != nullptr && who->has_password(offered.secret)) {
    return {.who = who};
  }
  const std::string& hash = who == nullptr ? some_hash_ : who->password_hash();
  if (hash.empty()) {
    return nobody(wrong);
  }
  return {.who = who, .hash = hash, .password = offered.secret, .why = std::string(wrong)};
}

}  // namespace weir
