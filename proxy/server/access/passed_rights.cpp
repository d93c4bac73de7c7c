// SPDX-License-Identifier: Apache-2.0
#include "server/access/passed_rights.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "api/credentials.hpp"
#include "api/influx_v2.hpp"
#include "api/query/query_parser.hpp"
#include "api/routes.hpp"
#include "api/write_dialect.hpp"
#include "base/text/ascii.hpp"
#include "server/access/statement_rights.hpp"
#include "users/access_answers.hpp"

namespace weir {
namespace {

constexpr std::string_view flux_path = "/api/v2/query";
constexpr std::string_view sql_path = "/api/v3/query_sql";
constexpr std::string_view influxql_path = "/api/v3/query_influxql";
constexpr std::string_view delete_path = "/api/v2/delete";
constexpr std::string_view buckets_path = "/api/v2/buckets";

/// Only such paths mean the same to every server.
bool is_plain(std::string_view path) {
  const bool usual = std::all_of(path.begin(), path.end(), [](char c) {
    return is_letter_or_digit(c) || c == '/' || c == '_' || c == '-' || c == '.';
  });
  return usual && path.find("//") == std::string_view::npos &&
         path.find("/.") == std::string_view::npos;
}

/// Paths of the server's users, and of what stands for them.
bool is_of_users(std::string_view path, bool reads) {
  static constexpr std::array<std::string_view, 5> begins{"/api/v2/users", "/api/v2/authorizations",
                                                          "/api/v2/signin", "/api/v2/signout",
                                                          "/api/v2/me/password"};
  return std::any_of(begins.begin(), begins.end(),
                     [path](std::string_view each) { return path.starts_with(each); }) ||
         (path.starts_with("/api/v2/setup") && !reads);
}

std::string value_of(const http::request_head& head, std::string_view name) {
  const auto pairs = http::decode_form(head.query);
  return std::string(http::find_value(pairs, name).value_or(""));
}

/// Empty: of all of them.
std::optional<http::response> refuse_database(const user& by, std::string_view path,
                                              std::string_view database, user_right right,
                                              std::string_view word) {
  const bool may = database.empty() ? by.may_everywhere(right) : by.may(database, right);
  return may ? std::nullopt
             : std::optional(may_not_query(path, by.name(), "of this path", word, database));
}

std::optional<http::response> refuse_reading(const user& by, std::string_view path,
                                             std::string_view database) {
  return refuse_database(by, path, database, user_right::query, "READ");
}

/// Version 3's queries name one database, which those of SQL cannot leave.
std::optional<http::response> refuse_query_3(const user& by, std::string_view path,
                                             std::string_view database, std::string_view text) {
  if (path == sql_path) {
    return refuse_reading(by, path, database);
  }
  const auto parsed = api::parse_query(text);
  if (!parsed) {
    return api::family_of(path).error(400, parsed.error().message);
  }
  return refuse_statements(
      by, {.path = path, .all = parsed.value(), .database = database, .passed_on = true});
}

bool is_word_character(char c) {
  return is_letter_or_digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word_character(text[at - 1])) &&
        (end == text.size() || !is_word_character(text[end]))) {
      return true;
    }
  }
  return false;
}

bool names_writing(std::string_view text) {
  return has_word(text, "to") || has_word(text, "wideTo");
}

/// Any of its texts, wherever it stands: a program may come as its syntax tree, too.
bool any_names_writing(simdjson::dom::element in) {
  std::string_view text;
  simdjson::dom::array list;
  simdjson::dom::object table;
  if (in.get(text) == simdjson::SUCCESS) {
    return names_writing(text);
  }
  if (in.get(list) == simdjson::SUCCESS) {
    return std::any_of(list.begin(), list.end(), any_names_writing);
  }
  if (in.get(table) == simdjson::SUCCESS) {
    return std::any_of(table.begin(), table.end(),
                       [](const auto& field) { return any_names_writing(field.value); });
  }
  return false;
}

/// Flux names buckets as it likes, and writes by functions that are called so.
std::optional<http::response> refuse_flux(const user& by, std::string_view body) {
  if (auto refused = refuse_reading(by, flux_path, "")) {
    return refused;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const bool is_json = parser.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS;
  // What is no JSON here may be some for the server, which spells letters in other ways, too.
  const bool may_write = is_json ? any_names_writing(root)
                                 : names_writing(body) || body.find('\\') != std::string_view::npos;
  return may_write ? refuse_database(by, flux_path, "", user_right::write, "WRITE") : std::nullopt;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), name) != known.end();
}

/// The database of the bucket that a request is about, where its parameters leave no doubt; else
/// empty: of any. An id, a name that may be one, and another organization than that of the sink
/// lead to buckets that weir does not know, and so may a parameter that it does not know.
std::string database_of_bucket(const http::request_head& head, std::string_view parameter,
                               const query_server& to) {
  std::string database;
  for (const auto& [name, value] : api::without_credentials(http::decode_form(head.query))) {
    if (name == parameter) {
      database = api::target_named(value).database;
    } else if (name == "org" || name == "orgID") {
      if (!to.organization.empty() && value != to.organization) {
        return {};
      }
    } else if (!is_one_of(name, {"precision", "limit", "offset", "after", "descending"})) {
      return {};
    }
  }
  return api::may_be_bucket_id(database) ? std::string{} : database;
}

std::optional<http::response> refuse_by_version_2(const user& by, const http::request_head& head,
                                                  bool reads, const query_server& to) {
  const std::string_view path = head.path;
  if (path.starts_with(flux_path)) {
    return refuse_reading(by, path, "");
  }
  if (path == delete_path) {
    return refuse_database(by, path, database_of_bucket(head, "bucket", to), user_right::admin,
                           "ALL PRIVILEGES");
  }
  if (path == buckets_path && reads) {
    const std::string name = database_of_bucket(head, "name", to);
    return !name.empty() && by.knows(name) ? std::nullopt : refuse_reading(by, path, "");
  }
  const bool harmless = path == "/api/v2/orgs" || path == "/api/v2/me" || path == "/api/v2/setup";
  return harmless && reads ? std::nullopt : std::optional(needs_administrator(path, by.name()));
}

}  // namespace

std::optional<http::response> refuse_passing(const user& by, const http::request_head& head,
                                             const query_server& to) {
  const std::string_view path = head.path;
  const bool reads = head.method == http::method::get || head.method == http::method::head;
  if (!is_plain(path)) {
    return api::family_of(path).not_found();
  }
  if (is_of_users(path, reads)) {
    return users_are_configured(path);
  }
  if (path == influxql_path && reads) {
    return refuse_query_3(by, path, value_of(head, "db"), value_of(head, "q"));
  }
  if (by.is_admin() || path == influxql_path || (path == sql_path && !reads)) {
    return std::nullopt;  // or by its body
  }
  if (path.starts_with("/api/v2/")) {
    return refuse_by_version_2(by, head, reads, to);
  }
  const bool names_database = path == sql_path || path == "/api/v1/prom/read";
  return refuse_reading(by, path, names_database ? value_of(head, "db") : "");
}

std::optional<http::response> refuse_passing_body(const user& by, std::string_view path,
                                                  std::string_view body) {
  if (path == flux_path) {
    return refuse_flux(by, body);
  }
  if (body.empty() || (path != sql_path && path != influxql_path)) {
    return std::nullopt;
  }
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) {
    return api::family_of(path).error(400, "the body is no JSON object");
  }
  std::string database;
  std::string text;
  for (const auto& [name, value] : root) {
    std::string* const into = name == "db" ? &database : name == "q" ? &text : nullptr;
    std::string_view found;
    if (into != nullptr && (!into->empty() || value.get(found) != simdjson::SUCCESS)) {
      return api::family_of(path).error(400, "db and q are texts, and stand once");
    }
    if (into != nullptr) {
      *into = found;
    }
  }
  return refuse_query_3(by, path, database, text);
}

std::string passed_query_of(const user& by, const http::request_head& head,
                            const query_server& to) {
  auto parameters = api::without_credentials(http::decode_form(head.query));
  const bool of_one_bucket = head.path == delete_path || head.path == buckets_path;
  if (of_one_bucket && !by.is_admin() && !to.organization.empty() &&
      !http::find_value(parameters, "org") && !http::find_value(parameters, "orgID")) {
    parameters.emplace_back("org", to.organization);
  }
  return http::encode_form(parameters);
}

}  // namespace weir
