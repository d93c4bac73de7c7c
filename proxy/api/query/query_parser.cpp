// SPDX-License-Identifier: Apache-2.0
//
// A recursive-descent parser without recursion: statements are flat. Pure; any thread.
#include "api/query/query_parser.hpp"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <optional>

#include "api/query/query_lexer.hpp"
#include "base/influxql_identifier.hpp"
#include "base/text/ascii.hpp"

namespace weir::api {
namespace {

constexpr std::string_view statement_words =
    "SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, SET, KILL";

std::string upper(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return out;
}

// Invariant: `now_` is the token to be looked at. After an error nothing further is read.
class parser {
 public:
  explicit parser(std::string_view text) : lexer_(text), now_(lexer_.next()) {}

  result<std::vector<statement>> run() {
    std::vector<statement> statements;
    for (;;) {
      while (now_.is_symbol(';')) {
        advance();
      }
      if (now_.kind == token_kind::end) {
        return statements;
      }
      if (statements.size() == statements_max) {
        return failure{fmt::format("error parsing query: more than {} statements", statements_max)};
      }
      statements.push_back(read_statement());
      if (error_.empty() && now_.kind != token_kind::end && !now_.is_symbol(';')) {
        expected(";");
      }
      if (!error_.empty()) {
        return failure{"error parsing query: " + error_};
      }
    }
  }

 private:
  void advance() { now_ = lexer_.next(); }

  void expected(std::string_view wanted) {
    if (!error_.empty()) {
      return;
    }
    constexpr std::size_t shown_bytes_max = 64;
    std::string seen = now_.kind == token_kind::end ? "EOF" : now_.text.substr(0, shown_bytes_max);
    if (seen.empty()) {
      seen = now_.kind == token_kind::string ? "STRING" : "IDENT";  // '' or ""
    }
    error_ = fmt::format("found {}, expected {} at line {}, char {}", seen, wanted, now_.line,
                         now_.character);
  }

  // Takes the keywords if the first of them is next; the others must follow then.
  bool take(std::initializer_list<std::string_view> keywords) {
    if (!now_.is(*keywords.begin())) {
      return false;
    }
    for (const std::string_view keyword : keywords) {
      if (!now_.is(keyword)) {
        expected(keyword);
        return true;
      }
      advance();
    }
    return true;
  }

  std::string take_identifier() {
    if (now_.kind != token_kind::word && now_.kind != token_kind::quoted) {
      expected("identifier");
      return {};
    }
    std::string name = std::move(now_.text);
    advance();
    return name;
  }

  void skip_statement() {
    while (now_.kind != token_kind::end && !now_.is_symbol(';')) {
      advance();
    }
  }

  statement read_statement() {
    static constexpr std::array<std::string_view, 8> others{"SELECT", "DELETE", "EXPLAIN", "GRANT",
                                                            "REVOKE", "SET",    "KILL",    "ALTER"};
    if (now_.is("CREATE") || now_.is("DROP") || now_.is("ALTER")) {
      return read_definition();
    }
    if (now_.is("SHOW")) {
      return read_show();
    }
    statement out;
    for (const std::string_view word : others) {
      if (now_.is(word)) {
        out.title = word;
        skip_statement();
        return out;
      }
    }
    expected(statement_words);
    return out;
  }

  statement read_definition() {
    statement out;
    out.title = upper(now_.text);
    advance();
    if (out.title != "ALTER" && now_.is("DATABASE")) {
      advance();
      return out.title == "CREATE" ? read_create_database() : read_drop_database();
    }
    if (now_.is("RETENTION")) {
      return read_retention_policy(std::move(out));
    }
    if (now_.kind != token_kind::word) {
      expected("DATABASE, RETENTION");
      return out;
    }
    out.title += " " + upper(now_.text);
    skip_statement();
    return out;
  }

  statement read_create_database() {
    statement out;
    out.kind = statement_kind::create_database;
    out.title = "CREATE DATABASE";
    take({"IF", "NOT", "EXISTS"});
    out.database = take_identifier();
    if (error_.empty() && take({"WITH"})) {
      read_options(out);
    }
    return out;
  }

  statement read_drop_database() {
    statement out;
    out.kind = statement_kind::drop_database;
    out.title = "DROP DATABASE";
    take({"IF", "EXISTS"});  // of InfluxDB before 1.0
    out.database = take_identifier();
    return out;
  }

  // At least one of DURATION d, REPLICATION n, SHARD DURATION d, FUTURE|PAST LIMIT d, NAME x.
  void read_options(statement& out) {
    std::size_t count = 0;
    while (error_.empty() && read_option(out)) {
      ++count;
    }
    if (count == 0) {
      expected("DURATION, REPLICATION, SHARD, FUTURE, PAST, NAME");
    }
  }

  bool read_option(statement& out) {
    std::string option;
    if (take({"DURATION"})) {
      option = "DURATION " + take_duration();
    } else if (take({"REPLICATION"})) {
      option = "REPLICATION " + take_number("integer");
    } else if (take({"SHARD", "DURATION"})) {
      option = "SHARD DURATION " + take_duration();
    } else if (take({"FUTURE", "LIMIT"})) {
      option = "FUTURE LIMIT " + take_duration();
    } else if (take({"PAST", "LIMIT"})) {
      option = "PAST LIMIT " + take_duration();
    } else if (take({"NAME"})) {
      option = "NAME " + quote_identifier(take_identifier());
    } else {
      return false;
    }
    out.options += (out.options.empty() ? "" : " ") + option;
    return true;
  }

  std::string take_number(std::string_view wanted) {
    if (now_.kind != token_kind::number) {
      expected(wanted);
      return {};
    }
    std::string number = std::move(now_.text);
    advance();
    return number;
  }

  std::string take_duration() {
    return take({"INF"}) ? std::string{"INF"} : take_number("duration");
  }

  statement read_retention_policy(statement out) {
    out.kind = statement_kind::retention_policy;
    out.title += " RETENTION POLICY";
    take({"RETENTION", "POLICY"});
    if (error_.empty()) {
      take_identifier();
    }
    if (error_.empty() && !take({"ON"})) {
      expected("ON");
    }
    if (error_.empty()) {
      out.database = take_identifier();
    }
    if (error_.empty()) {
      skip_statement();
    }
    return out;
  }

  statement read_show() {
    statement out;
    advance();
    if (take({"DATABASES"})) {
      out.kind = statement_kind::show_databases;
      out.title = "SHOW DATABASES";
      return out;
    }
    if (take({"USERS"})) {
      out.kind = statement_kind::show_users;
      out.title = "SHOW USERS";
      return out;
    }
    if (take({"RETENTION", "POLICIES"})) {
      out.kind = statement_kind::show_retention_policies;
      out.title = "SHOW RETENTION POLICIES";
      if (error_.empty() && take({"ON"})) {
        out.database = take_identifier();
      }
      return out;
    }
    return read_show_data(std::move(out));
  }

  statement read_show_data(statement out) {
    static constexpr std::array<std::string_view, 5> subjects{"MEASUREMENTS", "SERIES", "TAG",
                                                              "FIELD", "MEASUREMENT"};
    if (now_.kind != token_kind::word) {
      expected("DATABASES, FIELD, MEASUREMENTS, RETENTION, SERIES, TAG, USERS");
      return out;
    }
    out.title = "SHOW " + upper(now_.text);
    for (const std::string_view subject : subjects) {
      if (now_.is(subject)) {
        out.kind = statement_kind::show_data;
      }
    }
    advance();
    if (now_.is("KEYS") || now_.is("KEY") || now_.is("VALUES") || now_.is("CARDINALITY")) {
      out.title += " " + upper(now_.text);
      advance();
    }
    if (out.kind == statement_kind::show_data && take({"ON"})) {
      out.database = take_identifier();
    }
    if (error_.empty()) {
      skip_statement();
    }
    return out;
  }

  query_lexer lexer_;
  token now_;
  std::string error_;
};

}  // namespace

result<std::vector<statement>> parse_query(std::string_view text) {
  return parser{text}.run();
}

std::string quote_identifier(std::string_view name) {
  bool bare = !name.empty() && !is_digit(name.front());
  for (const char c : name) {
    bare = bare && (is_letter_or_digit(c) || c == '_');
  }
  if (bare) {
    return std::string{name};
  }
  return quoted_identifier(name);
}

}  // namespace weir::api
