// SPDX-License-Identifier: Apache-2.0
//
// /api/v3/configure/database. Pure but for the catalogue; any thread.
#include "api/configure_database.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/context.hpp"
#include "api/influx_v3.hpp"
#include "api/write_dialect.hpp"
#include "base/text/csv_text.hpp"
#include "base/text/json_text.hpp"

namespace weir::api {
namespace {

constexpr std::string_view column = "iox::database";

http::response listed(std::string_view content_type, std::string text) {
  http::response answer;
  answer.status = 200;
  answer.content_type = content_type;
  answer.body = std::move(text);
  return answer;
}

std::string json_row(std::string_view name) {
  std::string row = fmt::format("{{\"{}\":", column);
  append_json_string(name, row);
  return row + "}";
}

std::string as_json(const std::vector<std::string>& names, bool lines) {
  std::string text = lines ? "" : "[";
  for (const std::string& name : names) {
    text += json_row(name);
    text += lines ? "\n" : ",";
  }
  if (!lines) {
    if (text.back() == ',') {
      text.pop_back();
    }
    text += "]";
  }
  return text;
}

std::string as_csv(const std::vector<std::string>& names) {
  std::string text = std::string(column) + "\n";
  for (const std::string& name : names) {
    if (name.find_first_of(",\"") == std::string::npos) {
      text += name;
    } else {
      append_csv_quoted(name, text);
    }
    text.push_back('\n');
  }
  return text;
}

std::string as_table(const std::vector<std::string>& names) {
  std::size_t width = column.size();
  for (const std::string& name : names) {
    width = std::max(width, name.size());
  }
  const std::string rule = "+" + std::string(width + 2, '-') + "+\n";
  std::string text = rule + fmt::format("| {:<{}} |\n", column, width) + rule;
  for (const std::string& name : names) {
    text += fmt::format("| {:<{}} |\n", name, width);
  }
  return text + rule;
}

http::response list(std::string_view query, const catalogue& databases) {
  const auto pairs = http::decode_form(query);
  const std::string_view format = http::find_value(pairs, "format").value_or("json");
  const std::vector<std::string> names = databases.databases();
  if (format == "json" || format == "jsonl") {
    return listed("application/json", as_json(names, format == "jsonl"));
  }
  if (format == "csv") {
    return listed("text/csv", as_csv(names));
  }
  if (format == "pretty") {
    return listed("text/plain; charset=utf-8", as_table(names));
  }
  return misread_query_v3(
      fmt::format("invalid format {} (use json, jsonl, csv or pretty)", quoted_value(format)));
}

std::string refuse_database(std::string_view name) {
  return name.empty() ? std::string(empty_name_v3) : refuse_name("database", name);
}

configure_step answered(http::response answer) {
  return {.answer = std::move(answer)};
}

/// Of the object that asks for a database. The error is the answer to give.
result<statement, http::response> read_creation(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  std::string_view name;
  if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS) {
    return text_response(400, "serde json error: the body is no JSON object");
  }
  if (object["db"].get(name) != simdjson::SUCCESS) {
    return text_response(400, "serde json error: missing field `db`");
  }
  statement out{.kind = statement_kind::create_database, .database = std::string(name)};
  simdjson::dom::element period;
  if (object["retention_period"].get(period) == simdjson::SUCCESS && !period.is_null()) {
    std::string_view text;
    out.terms.duration_ns =
        period.get(text) == simdjson::SUCCESS ? parse_duration(text) : std::nullopt;
    if (!out.terms.duration_ns) {
      return error_response_v3(
          400, "invalid retention_period: write a number and its unit, as in \"12h\" or \"30d\"");
    }
  }
  if (const std::string refused = refuse_database(name); !refused.empty()) {
    return error_response_v3(400, refused);
  }
  return out;
}

configure_step create(std::string_view body, catalogue& databases) {
  auto asked = read_creation(body);
  if (!asked) {
    return answered(std::move(asked).error());
  }
  statement& what = asked.value();
  const bool administered = databases.administered(what.database);
  if (what.has_terms() && !administered) {
    return answered(error_response_v3(
        400,
        "weir cannot give this database a retention period: create it in the database itself, or "
        "leave retention_period out"));
  }
  if (databases.exists(what.database)) {
    return answered(error_response_v3(409, "attempted to create a resource that already exists"));
  }
  if (administered) {
    return {.to_do = std::move(what)};
  }
  const outcome created = databases.create(what.database);
  return answered(
      answer_carried_out(what, {.error = created ? std::string{} : created.error().message}));
}

configure_step drop(std::string_view query, catalogue& databases) {
  const auto pairs = http::decode_form(query);
  const auto name = http::find_value(pairs, "db");
  if (!name) {
    return answered(misread_query_v3("missing field `db`"));
  }
  if (!databases.exists(*name)) {
    return answered(
        error_response_v3(404, fmt::format("the requested resource was not found: {}", *name)));
  }
  statement what{.kind = statement_kind::drop_database, .database = std::string(*name)};
  if (databases.administered(*name)) {
    return {.to_do = std::move(what)};
  }
  const outcome dropped = databases.drop(*name);
  return answered(
      answer_carried_out(what, {.error = dropped ? std::string{} : dropped.error().message}));
}

}  // namespace

http::response answer_carried_out(const statement& what, const statement_result& result) {
  if (result.error.empty()) {
    return listed({}, {});
  }
  return error_response_v3(what.kind == statement_kind::create_database ? 422 : 500, result.error);
}

configure_step configure_database(const configure_request& request, catalogue& databases) {
  if (request.method == http::method::post) {
    return create(request.body, databases);
  }
  return request.method == http::method::del ? drop(request.query, databases)
                                             : answered(list(request.query, databases));
}

}  // namespace weir::api
