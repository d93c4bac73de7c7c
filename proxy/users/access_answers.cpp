// SPDX-License-Identifier: Apache-2.0
#include "users/access_answers.hpp"

#include <fmt/format.h>

#include "api/routes.hpp"

namespace weir {
namespace {

constexpr int unauthorized = 401;
constexpr int forbidden = 403;
constexpr int too_many_requests = 429;
constexpr int unavailable = 503;
constexpr std::string_view forbidden_v3 = "requestor is forbidden from requested resource";

bool is_v2(std::string_view path) {
  return path.starts_with("/api/v2/");
}

bool is_v3(std::string_view path) {
  return path.starts_with("/api/v3/");
}

http::response answer_of(std::string_view path, int status, std::string_view message) {
  return api::family_of(path).error(status, message);
}

/// InfluxDB 2 and 3 do not say why.
http::response may_not(std::string_view path, std::string_view message) {
  return answer_of(path, forbidden,
                   is_v2(path)   ? "insufficient permissions"
                   : is_v3(path) ? forbidden_v3
                                 : message);
}

}  // namespace

http::response not_known(std::string_view path, std::string_view why) {
  if (is_v2(path)) {
    return answer_of(path, unauthorized, "unauthorized access");
  }
  if (is_v3(path)) {
    return answer_of(path, unauthorized, "the request was not authenticated");
  }
  http::response answer = answer_of(path, unauthorized, why);
  answer.headers.clear();  // InfluxDB repeats the error in none of a 401
  answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"InfluxDB\"");
  return answer;
}

http::response may_not_write(std::string_view path, const std::string& user,
                             const std::string& database) {
  if (is_v2(path)) {
    return answer_of(path, forbidden, "insufficient permissions for write");
  }
  return may_not(
      path, "\"" + user + "\" user is not authorized to write to database \"" + database + "\"");
}

http::response may_not_administer(std::string_view path, const std::string& user,
                                  const api::statement& what) {
  return may_not(path, "error authorizing query: " + user +
                           " not authorized to execute statement '" + api::shown(what) +
                           "', requires admin privilege");
}

http::response may_not_query(std::string_view path, const std::string& user, std::string_view title,
                             std::string_view right, std::string_view database) {
  return may_not(path, fmt::format("error authorizing query: {} not authorized to execute "
                                   "statement '{}', requires {} on {}",
                                   user, title, right, database.empty() ? "*" : database));
}

http::response needs_administrator(std::string_view path, const std::string& user) {
  return may_not(path, "\"" + user + "\" user is no administrator");
}

http::response users_are_configured(std::string_view path) {
  return may_not(path,
                 "users are those of weir's configuration ([[user]]): they are not shown or "
                 "changed by requests");
}

http::response too_many_attempts(std::string_view path) {
  return answer_of(path, is_v2(path) || is_v3(path) ? too_many_requests : unavailable,
                   "too many requests of this address came with credentials that nobody has: try "
                   "again later");
}

http::response cannot_prove_now(std::string_view path) {
  return answer_of(path, unavailable,
                   "the password cannot be checked now, too many are waiting: try again later");
}

}  // namespace weir
