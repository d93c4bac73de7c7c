// SPDX-License-Identifier: Apache-2.0
//
// An InfluxDB 1: questions and statements are InfluxQL.
#include <algorithm>
#include <utility>

#include "base/percent_escape.hpp"
#include "net/server_message.hpp"
#include "sinks/influxdb/requests.hpp"
#include "upstream/catalogue/catalogue_server.hpp"

namespace weir {
namespace {

class influxql_catalogue final : public catalogue_server {
 public:
  influxql_catalogue(const influxdb_settings& server, asker ask)
      : server_(server), ask_(std::move(ask)) {}

  question_answer list(std::vector<std::string>& names) override {
    const http_reply reply = question(databases_query);
    const bool strange = reply.answered && reply.status < 500;
    if (!reply.answered || reply.status != 200) {
      return {words_of(reply), strange};
    }
    auto read = read_databases(reply.body);
    if (!read) {
      return {read.error().message, strange};
    }
    names = std::move(read).value();
    return {};
  }

  question_answer list_policies(std::span<const std::string> databases,
                                std::vector<policies_answer>& out) override {
    const http_reply reply = question(policies_query(databases));
    if (!reply.answered || reply.status >= 500) {
      return {words_of(reply)};
    }
    auto read = read_policies(reply.body, databases.size());
    // A user who may not ask: that the database is there is all that is known.
    out = read ? std::move(read).value() : std::vector<policies_answer>(databases.size());
    return {};
  }

  /// A user is shown only the databases that he may use: an empty write tells whether it is there.
  bool surely(presence missing, const std::string& database, const std::string&) override {
    if (server_.username.empty() || missing == presence::missing_policy) {
      return true;
    }
    const http_reply reply = write_nothing(server_, database, "", ask_);
    return reply.answered && reply.status == 404 &&
           server_message(reply.body).starts_with("database not found");
  }

  statement_answer carry_out(const api::statement& what) override {
    transfer_request request = influxdb_request(server_, "/query");
    request.headers.emplace_back("Accept: application/json");
    request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
    const std::string form = "q=" + percent_escape(api::spell(what));
    request.body = {std::string_view(form)};
    request.timeout = std::min(server_.timeout, statement_timeout);
    return read_statement_answer(ask_(request));
  }

 private:
  http_reply question(std::string_view query) {
    // GET: a user who may only read is enough.
    transfer_request request = influxdb_request(server_, "/query?q=" + percent_escape(query));
    request.headers.emplace_back("Accept: application/json");
    request.answer_bytes_max = catalogue_answer_bytes_max;
    request.timeout = std::min(server_.timeout, question_timeout);
    return ask_(request);
  }

  const influxdb_settings server_;
  const asker ask_;
};

}  // namespace

http_reply write_nothing(const influxdb_settings& server, const std::string& database,
                         const std::string& policy, const catalogue_server::asker& ask) {
  transfer_request request =
      influxdb_request(server, influxdb_write_path(server, {database, policy}));
  const std::string_view nothing = "\n";
  request.body = {nothing};
  request.timeout = std::min(server.timeout, question_timeout);
  return ask(request);
}

std::unique_ptr<catalogue_server> make_influxql_catalogue(const influxdb_settings& server,
                                                          catalogue_server::asker ask) {
  return std::make_unique<influxql_catalogue>(server, std::move(ask));
}

std::unique_ptr<catalogue_server> make_catalogue_server(const influxdb_settings& server,
                                                        catalogue_server::asker ask) {
  return server.version == 2 ? make_bucket_catalogue(server, std::move(ask))
                             : make_influxql_catalogue(server, std::move(ask));
}

}  // namespace weir
