// SPDX-License-Identifier: Apache-2.0
#include "sinks/answers/hold_cause.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/influxql_identifier.hpp"

namespace weir {
namespace {

/// {sink}, {db} and {rp} stand for names: in a text as they are, in a command quoted for a shell.
/// {DB} and {RP} are the same as InfluxQL quotes them.
struct cause_row {
  hold_cause of;
  std::string_view text;
  std::string_view command;
};

constexpr std::array rows{
    cause_row{hold_cause::other,
              "Repair what the server says; weir tries again by itself. What it has parked can be "
              "tried at once.",
              "weir park retry --sink {sink}"},
    cause_row{
        hold_cause::missing_database,
        "Create the database {db} on the server, or send CREATE DATABASE to weir; or leave it "
        "out of this sink (key: databases).",
        "influx -execute 'CREATE DATABASE {DB}'"},
    cause_row{hold_cause::missing_bucket,
              "Create the bucket on the server (weir creates none), or name another one (the "
              "sink's key bucket) and reload.",
              "influx bucket create --name {db}"},
    cause_row{hold_cause::missing_policy,
              "Create the retention policy {rp} of database {db} on the server, or let clients "
              "write without rp.",
              "influx -execute 'CREATE RETENTION POLICY {RP} ON {DB} DURATION INF REPLICATION 1'"},
    cause_row{hold_cause::missing_default_policy,
              "Make a retention policy the default of database {db} on the server.",
              "influx -execute 'ALTER RETENTION POLICY \"autogen\" ON {DB} DEFAULT'"},
    cause_row{hold_cause::bad_name,
              "The server takes no database of that name: let its points go to another one (the "
              "sink's key bucket), or leave it out (key: databases), and reload.",
              "weir config check"},
    cause_row{hold_cause::too_many_databases,
              "Drop a database on the server, or leave this one out (the sink's key databases) and "
              "reload.",
              "weir config check"},
    cause_row{
        hold_cause::not_allowed,
        "Give the sink's user the right to write to {db} on the server; or, where no database "
        "is taken, correct the sink's username and password, or its token, and reload.",
        "systemctl reload weir"},
    cause_row{hold_cause::wrong_organization,
              "Correct the sink's org in the configuration and reload.", "weir config check"},
    cause_row{hold_cause::wants_tls, "Let the sink's url begin with https:// and reload.",
              "weir config check"},
    cause_row{hold_cause::not_a_database,
              "Something else than a database answers at the sink's url (a proxy, a login page): "
              "correct the url and reload, or repair what stands before the server.",
              "weir config check"},
    cause_row{hold_cause::wrong_place,
              "The server does not take this kind of request: check the sink's url, type and "
              "version in the configuration and reload.",
              "weir config check"},
    cause_row{hold_cause::creation_refused,
              "Create the database {db} on the server with a user who may, or give the sink's user "
              "that right.",
              "influx -execute 'CREATE DATABASE {DB}'"},
    cause_row{hold_cause::refused_not_kept,
              "Make room where lines are kept that the server refused (the sink's key "
              "refused_directory), or repair the rights of that directory.",
              "df -h"},
};

static_assert(rows.size() == hold_cause_count);

/// In single quotes, where nothing but the quote itself needs an escape.
std::string shell_quoted(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  if (plain && text.front() != '-') {
    return std::string(text);
  }
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return out + "'";
}

/// For a place that stands in single quotes already.
std::string inside_quotes(std::string text) {
  for (std::size_t at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 4)) {
    text.replace(at, 1, "'\\''");
  }
  return text;
}

std::string filled_in(std::string_view text,
                      std::initializer_list<std::pair<std::string_view, std::string>> names) {
  std::string out;
  while (!text.empty()) {
    const auto named = std::find_if(names.begin(), names.end(), [text](const auto& each) {
      return text.starts_with(each.first);
    });
    if (named == names.end()) {
      out.push_back(text.front());
      text.remove_prefix(1);
    } else {
      out += named->second;
      text.remove_prefix(named->first.size());
    }
  }
  return out;
}

struct failure_row {
  std::string_view phrase;  // in curl's message
  std::string_view text;
};
constexpr std::array failures{
    failure_row{"certificate",
                "let this machine trust the certificate's authority (update-ca-certificates), or "
                "repair the certificate"},
    failure_row{"SSL",
                "check that the server speaks TLS there, and whether the sink's url should "
                "begin with http://"},
    failure_row{"TLS",
                "check that the server speaks TLS there, and whether the sink's url should "
                "begin with http://"},
    failure_row{"resolve host", "correct the host in the sink's url, or repair the name service"},
    failure_row{"resolve proxy", "correct the proxy's name in weir's environment"},
    failure_row{"refused",
                "start the server, or correct the port in the sink's url; weir delivers "
                "by itself once it answers"},
    failure_row{"Failed to connect",
                "start the server, or correct the sink's url; weir delivers by itself once it "
                "answers"},
    failure_row{"timed out",
                "look at the server's load and at the network between; if it needs "
                "longer, raise the sink's timeout"},
    failure_row{"Timeout",
                "look at the server's load and at the network between; if it needs "
                "longer, raise the sink's timeout"},
};

}  // namespace

hold_remedy remedy_of(hold_cause cause, std::string_view sink, const lane_key& lane) {
  const auto* const row = std::find_if(rows.begin(), rows.end(),
                                       [cause](const cause_row& one) { return one.of == cause; });
  if (row == rows.end()) {
    return {};
  }
  return {
      filled_in(row->text, {{"{sink}", std::string(sink)},
                            {"{db}", lane.database},
                            {"{rp}", lane.retention_policy}}),
      filled_in(row->command, {{"{sink}", shell_quoted(sink)},
                               {"{db}", shell_quoted(lane.database)},
                               {"{DB}", inside_quotes(quoted_identifier(lane.database))},
                               {"{RP}", inside_quotes(quoted_identifier(lane.retention_policy))}})};
}

std::string_view remedy_of_no_answer(std::string_view message) noexcept {
  for (const failure_row& one : failures) {
    if (message.find(one.phrase) != std::string_view::npos) {
      return one.text;
    }
  }
  return {};
}

}  // namespace weir
