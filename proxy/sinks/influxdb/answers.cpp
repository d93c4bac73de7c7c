// SPDX-License-Identifier: Apache-2.0
//
// The table of InfluxDB's answers. Pure.
#include "sinks/influxdb/answers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/influxql_identifier.hpp"
#include "net/server_message.hpp"
#include "sinks/answers/answer_table.hpp"

namespace weir {
namespace {

using meaning = influxdb_meaning;
using row = answer_row<meaning>;
constexpr row::body any = row::body::any;

constexpr std::array first_rows{
    row{204, 204, any, "", meaning::stored},
    row{0, 399, any, "", meaning::not_stored},
    row{404, 404, any, "database not found", meaning::missing_database},
    row{404, 404, any, "retention policy not found", meaning::missing_policy},
};

// 400, 409 and 422 are said of points, in JSON or plain text.
constexpr std::array rows{
    // 1.12 stores the point without its field called time.
    row{400, 422, any, "stripped from point. dropped=0", meaning::stored},
    row{400, 422, any, "partial write", meaning::partial_write},
    // Neither are these about points: what is asked for, or how it was sent.
    row{400, 422, any, "database is required", meaning::wrong_place},
    row{400, 422, any, "missing db", meaning::wrong_place},
    row{400, 422, any, "missing query parameter", meaning::wrong_place},
    row{400, 422, any, "provide either orgID or org", meaning::wrong_place},
    row{400, 422, any, "in database or rp name", meaning::wrong_place},
    row{400, 422, any, "db name ", meaning::wrong_place},
    row{400, 422, any, "would exceed limit of", meaning::wrong_place},
    row{400, 422, any, "invalid precision", meaning::wrong_place},
    row{400, 422, any, "invalid consistency level", meaning::wrong_place},
    row{400, 422, any, "content-encoding", meaning::wrong_place},
    row{400, 422, any, "malformed Authorization", meaning::not_allowed},
    row{400, 422, any, "Authorization header was malformed", meaning::not_allowed},
    row{400, 422, any, "serde error", meaning::wrong_place},
    // InfluxDB 3 of a body without lines: something on the way has taken them.
    row{400, 400, any, "incoming write was empty", meaning::wrong_place},
    row{400, 400, any, "unexpected EOF", meaning::wrong_place},
    row{400, 400, any, "gzip: ", meaning::wrong_place},
    row{400, 400, any, "error decoding gzip", meaning::wrong_place},
    row{400, 422, any, "", meaning::refused},
    row{500, 500, any, "retention policy not found", meaning::missing_policy},
    // Overload, which says nothing of this batch.
    row{500, 500, any, "cache-max-memory-size exceeded", meaning::busy},
    row{500, 500, any, "hinted handoff queue", meaning::busy},
    row{503, 503, any, "", meaning::busy},
};

constexpr std::string_view no_room_for_database = "Adding a new database would exceed limit of";

constexpr std::string_view name_remedy =
    "; let its points go to another database (key: bucket), or leave it out (key: databases)";

constexpr bool of_lane = true;
constexpr bool of_all = false;

/// What to do about a held lane, or about all of the sink's.
struct remedy_row {
  meaning of;
  std::string_view phrase;  // in the server's message; empty: any
  /// The answer is about the lane's own database or bucket.
  bool is_of_lane;
  hold_cause cause;
  std::string_view text;

  [[nodiscard]] bool fits(meaning other, std::string_view message) const noexcept {
    return of == other && message.find(phrase) != std::string_view::npos;
  }
};
/// The first row that fits decides what to do.
constexpr std::array remedies{
    remedy_row{meaning::missing_database, "", of_lane, hold_cause::missing_database,
               "; create it there, or send CREATE DATABASE to weir (key: create_databases)"},
    remedy_row{meaning::not_allowed, "", of_all, hold_cause::not_allowed,
               "; check the sink's token, or its username and password"},
    remedy_row{meaning::wrong_place, go_wants_tls, of_all, hold_cause::wants_tls,
               "; let the sink's url begin with https://"},
    remedy_row{meaning::wrong_place, nginx_wants_tls, of_all, hold_cause::wants_tls,
               "; let the sink's url begin with https://"},
    remedy_row{meaning::wrong_place, "bucket", of_lane, hold_cause::missing_bucket,
               "; create the bucket there (weir does not), or name another one (key: bucket)"},
    remedy_row{meaning::wrong_place, "no dbrp mapping", of_lane, hold_cause::missing_bucket,
               "; create the bucket there (weir does not), or name another one (key: bucket)"},
    remedy_row{meaning::wrong_place, "organization", of_all, hold_cause::wrong_organization,
               "; check the sink's org"},
    remedy_row{meaning::wrong_place, "in database or rp name", of_lane, hold_cause::bad_name,
               name_remedy},
    remedy_row{meaning::wrong_place, "db name ", of_lane, hold_cause::bad_name, name_remedy},
    remedy_row{meaning::wrong_place, no_room_for_database, of_lane, hold_cause::too_many_databases,
               "; drop a database there, or leave this one out (key: databases)"},
    remedy_row{meaning::wrong_place, "", of_all, hold_cause::wrong_place, "; is the url right?"},
};

/// What is said of it in the journal, and the cause by which the page finds what to do.
struct remedy {
  hold_cause cause = hold_cause::other;
  std::string text{};
};

remedy remedy_for(meaning of, std::string_view message, const lane_key& lane) {
  if (of == meaning::missing_policy && lane.retention_policy.empty()) {
    return {hold_cause::missing_default_policy,
            "; make a retention policy the default of the database there"};
  }
  if (of == meaning::missing_policy) {
    return {hold_cause::missing_policy,
            "; create it there (CREATE RETENTION POLICY " +
                quoted_identifier(lane.retention_policy) + " ON " +
                quoted_identifier(lane.database) +
                " DURATION ... REPLICATION 1), or let clients write without rp"};
  }
  const auto* const first =
      std::find_if(remedies.begin(), remedies.end(),
                   [&](const remedy_row& one) { return one.fits(of, message); });
  return first == remedies.end() ? remedy{} : remedy{first->cause, std::string(first->text)};
}

/// The answer is about the lane's own database, bucket or retention policy. Any row that fits says
/// so: what a message is about may stand behind what to do first.
bool is_of_lane(meaning of, std::string_view message) {
  return of == meaning::missing_policy ||
         std::any_of(remedies.begin(), remedies.end(), [&](const remedy_row& one) {
           return one.is_of_lane && one.fits(of, message);
         });
}

attempt_verdict verdict_of(meaning of) noexcept {
  switch (of) {
    case meaning::stored:
      return attempt_verdict::delivered;
    case meaning::partial_write:
      return attempt_verdict::delivered_in_part;
    case meaning::too_large:
      return attempt_verdict::too_large;
    case meaning::busy:
    case meaning::failed:
      return attempt_verdict::retry;
    case meaning::refused:
      return attempt_verdict::refused;
    case meaning::not_stored:
    case meaning::not_allowed:
    case meaning::missing_database:
    case meaning::missing_policy:
    case meaning::wrong_place:
      break;
  }
  return attempt_verdict::hold;
}

/// How many lines the message names as unparsable: one reason stands on each line of it.
std::uint64_t unparsable_lines(std::string_view message) {
  constexpr std::string_view phrase = "unable to parse '";
  std::uint64_t lines = 0;
  for (std::size_t at = message.find(phrase); at != std::string_view::npos;
       at = message.find(phrase, at + phrase.size())) {
    const bool begins_reason =
        at == 0 || message[at - 1] == '\n' || message.substr(0, at).ends_with("partial write: ");
    lines += begins_reason ? 1 : 0;
  }
  return lines;
}

constexpr std::string_view partial_write_of_3 = "partial write of line protocol occurred";

}  // namespace

influxdb_meaning influxdb_meaning_of(const http_reply& reply, const server_words& said) {
  const std::string_view message = said.message;
  // What stands in a line that it quotes is not the server's.
  if (reply.status == 400 && message.starts_with("unable to parse '")) {
    return meaning::refused;
  }
  // InfluxDB 3 says it of every line.
  if (reply.status == 422 && reply.body.find(no_room_for_database) != std::string::npos) {
    return meaning::wrong_place;
  }
  // Where its list was cut off, nobody knows what it has stored: what is good is sent again.
  if (message.starts_with(partial_write_of_3) && said.listed.empty()) {
    return meaning::refused;
  }
  return meaning_in<meaning>({first_rows, rows_of_requests<meaning>, rows}, meaning::failed, reply,
                             message);
}

std::uint64_t dropped_points(std::string_view message) {
  constexpr std::string_view phrase = " dropped=";
  std::uint64_t counted = 0;
  // The last one is the server's own; an earlier one may stand inside a line that it quotes.
  if (const std::size_t at = message.rfind(phrase); at != std::string_view::npos) {
    const char* digits = message.data() + at + phrase.size();
    std::from_chars(digits, message.data() + message.size(), counted);
  }
  // Lines that did not parse are not part of `dropped`.
  return std::max<std::uint64_t>({1, counted, unparsable_lines(message)});
}

influxdb_write_answer read_write_answer(const http_reply& reply, const lane_key& lane) {
  if (!reply.answered) {
    return {attempt_result::failed(reply.detail)};
  }
  server_words said = read_server_words(reply.body);
  const meaning means = influxdb_meaning_of(reply, said);
  std::string message = std::move(said.message);
  if (message.starts_with(partial_write_of_3) && !said.listed.empty()) {
    const std::string& first = said.listed.front().words;
    // What puts a request in the wrong place is said of all lines alike, and nothing else.
    message = means == meaning::wrong_place ? first : message + ": " + first;
  }
  influxdb_write_answer answer{result_of_reply(reply), means, message, std::move(said.listed)};
  attempt_result& result = answer.result;
  result.verdict = verdict_of(means);
  result.of_lane = is_of_lane(means, message);
  if (means == meaning::not_stored) {
    result.message = not_stored_message(reply.status, "204", reply.location);
    result.cause = hold_cause::not_a_database;
    result.numbers_matter = true;
    return answer;
  }
  if (means == meaning::partial_write) {
    result.discarded[discard_reason::partial] =
        answer.listed.empty() ? dropped_points(message) : answer.listed.size();
  }
  remedy what_to_do = remedy_for(means, message, lane);
  if (message.empty()) {
    answer.words = "status " + std::to_string(reply.status);
  }
  readable_message read = readable(reply, std::move(message));
  result.cause = what_to_do.cause;
  result.said = read.text;
  result.message = std::move(read.text) + what_to_do.text;
  result.numbers_matter = read.numbers_matter;
  return answer;
}

attempt_result read_creation_answer(const http_reply& reply) {
  constexpr std::string_view statement = "CREATE DATABASE: ";
  if (!reply.answered) {
    return attempt_result::failed(std::string(statement) + reply.detail);
  }
  attempt_result result = result_of_reply(reply);
  server_words said = read_server_words(reply.body);
  std::string& message = said.message;
  if (message.empty()) {
    message = "status " + std::to_string(reply.status);
  }
  const meaning means = influxdb_meaning_of(reply, said);
  if (means == meaning::busy || means == meaning::failed || means == meaning::missing_policy) {
    result.message = std::string(statement) + message;
    return result;
  }
  if (reply.status == 200) {
    // Its success is results without an error, whatever the status promises.
    message = query_error(reply.body);
    if (message.empty()) {
      result.at_once = true;
      return result;
    }
  } else if (means == meaning::not_stored || means == meaning::stored) {
    message = not_stored_message(reply.status, "200", reply.location);
    result.numbers_matter = true;
  }
  result.verdict = attempt_verdict::hold;
  result.cause =
      means == meaning::not_allowed ? hold_cause::not_allowed : hold_cause::creation_refused;
  result.message = std::string(statement) + message;
  return result;
}

}  // namespace weir
