// SPDX-License-Identifier: Apache-2.0
//
// A recursive-descent parser without recursion: statements are flat. Pure; any thread.
#include "api/query/query_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <optional>

#include "api/query/named_database.hpp"
#include "api/query/query_lexer.hpp"
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

/// "1.5INTO" is a number and a keyword to InfluxDB, and one token here.
bool runs_into_a_word(const token& now) {
  const std::size_t end = now.text.find_first_not_of("0123456789.");
  const bool is_number =
      end == std::string::npos && std::count(now.text.begin(), now.text.end(), '.') < 2;
  return now.kind == token_kind::number && !is_number && !parse_duration(now.text);
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

  /// The rest of a statement that is not carried out here: which databases it names.
  void pass_over(statement& out) {
    named_database names;
    while (now_.kind != token_kind::end && !now_.is_symbol(';')) {
      if (now_.kind == token_kind::unclosed || runs_into_a_word(now_)) {
        error_here("this text does not end, or not where it can be told");
        return;
      }
      out.writes = out.writes || now_.is("INTO");
      names.look(now_, out);
      advance();
    }
    names.look({}, out);
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
        out.words = word;
        advance();
        pass_over(out);
        return out;
      }
    }
    expected(statement_words);
    return out;
  }

  statement read_definition() {
    const std::string verb = upper(now_.text);
    advance();
    if (verb != "ALTER" && now_.is("DATABASE")) {
      advance();
      return verb == "CREATE" ? read_create_database() : read_drop_database();
    }
    if (now_.is("RETENTION")) {
      return read_retention_policy(verb == "CREATE"  ? statement_kind::create_policy
                                   : verb == "ALTER" ? statement_kind::alter_policy
                                                     : statement_kind::drop_policy);
    }
    statement out;
    if (now_.kind != token_kind::word) {
      expected("DATABASE, RETENTION");
      return out;
    }
    out.words = verb + " " + upper(now_.text);
    advance();
    pass_over(out);
    return out;
  }

  statement read_create_database() {
    statement out;
    out.kind = statement_kind::create_database;
    take({"IF", "NOT", "EXISTS"});
    out.database = take_identifier();
    if (error_.empty() && take({"WITH"})) {
      read_database_terms(out);
    }
    return out;
  }

  statement read_drop_database() {
    statement out;
    out.kind = statement_kind::drop_database;
    take({"IF", "EXISTS"});  // of InfluxDB before 1.0
    out.database = take_identifier();
    return out;
  }

  // At least one of them, in this order.
  void read_database_terms(statement& out) {
    if (error_.empty() && take({"DURATION"})) {
      out.terms.duration_ns = take_duration();
    }
    if (error_.empty() && take({"REPLICATION"})) {
      out.terms.replicas = take_replicas();
    }
    if (error_.empty()) {
      read_shards_and_limits(out.terms);
    }
    if (error_.empty() && take({"NAME"})) {
      out.names_policy = true;
      out.policy = take_identifier();
    }
    if (error_.empty() && !out.has_terms()) {
      expected("DURATION, NAME, REPLICATION, SHARD");
    }
  }

  void read_shards_and_limits(policy_terms& out) {
    if (take({"SHARD", "DURATION"})) {
      out.shard_duration_ns = take_shard_duration();
    }
    if (error_.empty() && take({"FUTURE", "LIMIT"})) {
      out.future_ns = take_duration();
    }
    if (error_.empty() && take({"PAST", "LIMIT"})) {
      out.past_ns = take_duration();
    }
  }

  void must_take(std::string_view keyword) {
    if (error_.empty() && !take({keyword})) {
      expected(keyword);
    }
  }

  void error_here(std::string_view message) {
    if (error_.empty()) {
      error_ = fmt::format("{} at line {}, char {}", message, now_.line, now_.character);
    }
  }

  std::optional<std::uint32_t> take_replicas() {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    const std::string& text = now_.text;
    std::int64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (now_.kind != token_kind::number || end != text.data() + text.size()) {
      expected("integer");
    } else if (wrong != std::errc{} || number < 1 || number > most) {
      error_here(fmt::format("invalid value {}: must be 1 <= n <= {}", text, most));
    }
    if (!error_.empty()) {
      return std::nullopt;
    }
    advance();
    return static_cast<std::uint32_t>(number);
  }

  std::optional<std::int64_t> take_duration() {
    if (now_.kind != token_kind::number && !now_.is("INF")) {
      expected("duration");
      return std::nullopt;
    }
    const auto found = parse_duration(now_.text);
    const std::size_t digits = now_.text.find_first_not_of("0123456789");
    if (!found && (digits == std::string::npos || now_.text[digits] == '.')) {
      // A number alone is no duration, and none has a fraction.
      now_.text.erase(std::min(now_.text.find_first_not_of("0123456789."), now_.text.size()));
      expected("duration");
    } else if (!found) {
      error_here("invalid duration");
    } else {
      advance();
    }
    return found;
  }

  std::optional<std::int64_t> take_shard_duration() {
    if (now_.is("INF")) {
      error_here("invalid duration INF for shard duration");
      return std::nullopt;
    }
    return take_duration();
  }

  statement read_retention_policy(statement_kind kind) {
    statement out{.kind = kind};
    take({"RETENTION", "POLICY"});
    if (error_.empty()) {
      out.policy = take_identifier();
    }
    must_take("ON");
    if (error_.empty()) {
      out.database = take_identifier();
    }
    if (out.kind == statement_kind::create_policy) {
      read_new_policy(out.terms);
    } else if (out.kind == statement_kind::alter_policy) {
      read_altered_policy(out.terms);
    }
    return out;
  }

  void read_new_policy(policy_terms& out) {
    must_take("DURATION");
    if (error_.empty()) {
      out.duration_ns = take_duration();
    }
    must_take("REPLICATION");
    if (error_.empty()) {
      out.replicas = take_replicas();
    }
    if (error_.empty()) {
      read_shards_and_limits(out);
    }
    out.make_default = error_.empty() && take({"DEFAULT"});
  }

  // At least one of them, each once, in any order.
  void read_altered_policy(policy_terms& out) {
    while (error_.empty()) {
      const policy_terms before = out;
      const token first = now_;
      if (take({"DURATION"})) {
        out.duration_ns = take_once("DURATION", first, before.duration_ns, &parser::take_duration);
      } else if (take({"REPLICATION"})) {
        out.replicas = take_once("REPLICATION", first, before.replicas, &parser::take_replicas);
      } else if (take({"SHARD", "DURATION"})) {
        out.shard_duration_ns =
            take_once("SHARD", first, before.shard_duration_ns, &parser::take_shard_duration);
      } else if (take({"FUTURE", "LIMIT"})) {
        out.future_ns = take_once("FUTURE", first, before.future_ns, &parser::take_duration);
      } else if (take({"PAST", "LIMIT"})) {
        out.past_ns = take_once("PAST", first, before.past_ns, &parser::take_duration);
      } else if (!out.make_default && take({"DEFAULT"})) {
        out.make_default = true;
      } else {
        break;
      }
    }
    if (error_.empty() && out.empty()) {
      expected("DURATION, REPLICATION, SHARD, DEFAULT");
    }
  }

  template <class T>
  std::optional<T> take_once(std::string_view option, const token& at,
                             const std::optional<T>& before,
                             std::optional<T> (parser::*take_it)()) {
    if (!error_.empty()) {
      return std::nullopt;
    }
    if (before) {
      error_ = fmt::format("found duplicate {} option at line {}, char {}", option, at.line,
                           at.character);
      return std::nullopt;
    }
    return (this->*take_it)();
  }

  statement read_show() {
    statement out;
    advance();
    if (take({"DATABASES"})) {
      out.kind = statement_kind::show_databases;
      return out;
    }
    if (take({"USERS"})) {
      out.kind = statement_kind::show_users;
      return out;
    }
    if (take({"RETENTION", "POLICIES"})) {
      out.kind = statement_kind::show_retention_policies;
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
    out.words = "SHOW " + upper(now_.text);
    for (const std::string_view subject : subjects) {
      if (now_.is(subject)) {
        out.kind = statement_kind::show_data;
      }
    }
    advance();
    if (now_.is("KEYS") || now_.is("KEY") || now_.is("VALUES") || now_.is("CARDINALITY")) {
      out.words += " " + upper(now_.text);
      advance();
    }
    if (out.kind == statement_kind::show_data && take({"ON"})) {
      out.database = take_identifier();
    }
    if (error_.empty()) {
      pass_over(out);
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

}  // namespace weir::api
