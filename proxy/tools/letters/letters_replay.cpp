// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/letters_replay.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/one_line.hpp"
#include "base/percent_escape.hpp"
#include "codec/base64.hpp"
#include "intake/address.hpp"
#include "net/server_message.hpp"

namespace weir {
namespace {

constexpr std::size_t words_bytes_max = 300;
// Whether a line is too long is the server's decision.
constexpr std::size_t line_bytes_max = std::size_t{64} << 20;

bool same_target(const replay_batch& batch, const letter_header& header) {
  return batch.database == header.database && batch.retention_policy == header.retention_policy &&
         batch.unit_ns == header.unit_ns;
}

bool full(const replay_batch& batch) {
  return batch.ids_by_line.size() >= replay_batch::lines_max ||
         batch.body.size() >= replay_batch::bytes_max;
}

std::string words_of(int status, std::string_view body) {
  return fmt::format("answered {}: {}", status, one_line(body, words_bytes_max));
}

/// False if the object is not what a verbose answer lists.
bool read_refusal(const replay_batch& batch, simdjson::dom::element from, replay_refusal& into) {
  std::uint64_t line = 0;
  std::string_view message;
  if (from["line_number"].get(line) != simdjson::SUCCESS ||
      from["error_message"].get(message) != simdjson::SUCCESS) {
    return false;
  }
  const auto found = batch.ids_by_line.find(line);
  if (found == batch.ids_by_line.end()) {
    return false;
  }
  into.id = found->second;
  into.message = message;
  std::string_view code;
  if (from["code"].get(code) == simdjson::SUCCESS) {
    into.code = code;
  }
  return true;
}

}  // namespace

std::string replay_batch::query() const {
  return fmt::format("db={}&rp={}&precision={}&verbose=true", percent_escape(database),
                     percent_escape(retention_policy), precision_name(unit_ns));
}

replayable replay_planner::add(const letter& each) {
  if (each.what.cut) {
    return replayable::cut;
  }
  // Only a line that is a point by itself may stand among others: an open quote would take them in.
  // In nanoseconds, so that every time fits: the server applies the precision, and its own
  // policies.
  reader_.reset({.utf8 = utf8_policy::pass,
                 .tag_count = tag_count_policy::pass,
                 .line_bytes_max = line_bytes_max,
                 .take_byte_order_mark = false});
  reader_.feed(each.what.text);
  bool point = reader_.next() == line_event::point;
  if (!point) {
    reader_.finish();
    point = reader_.next() == line_event::point;
  }
  if (!point || reader_.point().text.size() != each.what.text.size()) {
    return replayable::unparsable;
  }
  const bool timed = reader_.point().time.has_value();
  auto found = std::find_if(open_.begin(), open_.end(), [&](const replay_batch& batch) {
    return same_target(batch, each.header) && !full(batch);
  });
  if (found == open_.end()) {
    open_.push_back({.database = each.header.database,
                     .retention_policy = each.header.retention_policy,
                     .unit_ns = each.header.unit_ns});
    found = std::prev(open_.end());
  }
  found->ids_by_line[found->next_line] = each.id;
  found->body += each.what.text;
  if (!timed) {
    const std::int64_t unit_ns = std::max<std::int64_t>(1, each.header.unit_ns);
    found->body += " " + std::to_string(each.header.received_ns / unit_ns);
  }
  found->body += '\n';
  found->next_line += 1 + static_cast<std::uint64_t>(
                              std::count(each.what.text.begin(), each.what.text.end(), '\n'));
  return replayable::yes;
}

std::optional<replay_batch> replay_planner::take(bool all) {
  auto found = std::find_if(open_.begin(), open_.end(), full);
  if (found == open_.end() && (all || open_.size() > open_max)) {
    found = std::max_element(open_.begin(), open_.end(), [](const auto& one, const auto& other) {
      return one.body.size() < other.body.size();
    });
  }
  if (found == open_.end()) {
    return std::nullopt;
  }
  replay_batch taken = std::move(*found);
  open_.erase(found);
  return taken;
}

replay_outcome read_replay_answer(const replay_batch& batch, int status, std::string_view body) {
  if (status == 204) {
    return {};
  }
  if (status < 400) {
    return {.failed = not_stored_message(status, "204")};
  }
  if (status != 400) {
    return {.failed = words_of(status, body)};
  }
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::array data;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
      root["data"].get(data) != simdjson::SUCCESS) {
    return {.failed = words_of(status, body)};
  }
  if (root["left_out"].error() == simdjson::SUCCESS) {
    return {.failed = "the answer does not list every refused line"};
  }
  replay_outcome out;
  for (const simdjson::dom::element each : data) {
    if (!read_refusal(batch, each, out.refused.emplace_back())) {
      return {.failed = words_of(status, body)};
    }
  }
  return out;
}

replay_server signed_as_administrator(replay_server to, const settings& configured) {
  for (const user_settings& user : configured.users) {
    if (user.admin && !user.token.empty()) {
      to.authorization = "Authorization: Token " + user.token;
      return to;
    }
    if (user.admin && !user.password.empty()) {
      to.authorization = "Authorization: Basic ";
      append_base64(user.name + ":" + user.password, to.authorization);
      return to;
    }
  }
  return to;
}

std::optional<replay_server> server_of(const std::vector<std::string>& listen, bool tls) {
  std::optional<replay_server> first;
  for (const std::string& each : listen) {
    auto found = server_of(each, tls);
    if (found && (!tls || !found->unix_path.empty())) {
      return found;
    }
    first = first ? std::move(first) : std::move(found);
  }
  return first;
}

std::optional<replay_server> server_of(std::string_view listen, bool tls) {
  const auto address = parse_listen_address(listen);
  if (!address) {
    return std::nullopt;
  }
  listen_address to = address.value();
  if (to.kind == listen_address::family::unix_socket) {
    return replay_server{.url = "http://localhost", .unix_path = to.path};
  }
  if (to.port == 0) {
    return std::nullopt;
  }
  if (to.host.empty() || to.host == "0.0.0.0") {
    to.host = "127.0.0.1";
  } else if (to.host == "::") {
    to.host = "::1";
  }
  return replay_server{.url = (tls ? "https://" : "http://") + to_string(to)};
}

}  // namespace weir
