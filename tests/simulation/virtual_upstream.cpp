// SPDX-License-Identifier: Apache-2.0
#include "simulation/virtual_upstream.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/percent_escape.hpp"
#include "codec/gzip.hpp"

namespace weir::simulation {
namespace {

constexpr std::uint64_t inflated_bytes_max = std::uint64_t{1} << 28;

std::string parameter(const std::string& url, const std::string& name) {
  const std::size_t at = url.find(name);
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t begin = at + name.size();
  return percent_unescape(url.substr(begin, url.find('&', begin) - begin)).value_or("?");
}

/// The number behind `mark`, or nothing.
std::optional<std::uint32_t> number_behind(std::string_view line, std::string_view mark) {
  const std::size_t at = line.find(mark);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::uint32_t number = 0;
  const char* const begin = line.data() + at + mark.size();
  const auto [stop, error] = std::from_chars(begin, line.data() + line.size(), number);
  return error == std::errc{} && stop != begin ? std::optional(number) : std::nullopt;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char each : text) {
    if (each == '"' || each == '\\') {
      out += '\\';
    }
    if (each == '\n') {
      out += "\\n";
    } else {
      out += each;
    }
  }
  return out + "\"";
}

http_reply plain_answer(int status, std::string body, std::string type) {
  http_reply reply;
  reply.answered = true;
  reply.status = status;
  reply.body = std::move(body);
  reply.content_type = std::move(type);
  return reply;
}

}  // namespace

void virtual_upstream::arrive(std::uint64_t connection, transfer_request sent,
                              transfer::done on_done) {
  request one;
  one.connection = connection;
  one.on_done = std::move(on_done);
  one.due_ms = clock_.now_ms + static_cast<std::int64_t>(chance_.between(
                                   static_cast<std::uint64_t>(weather.answer_ms_least),
                                   static_cast<std::uint64_t>(weather.answer_ms_most)));
  one.deadline_ms = clock_.now_ms + sent.timeout.count();
  if (!read(sent, one)) {
    events_.fail("an upstream was sent what it cannot read: " + sent.url);
  }
  events_.note("request", is_.sink, one.points.size());
  waiting_.push_back(std::move(one));
}

bool virtual_upstream::read(const transfer_request& sent, request& into) {
  into.creates = sent.url.find("/query") != std::string::npos;
  const std::string policy = parameter(sent.url, "&rp=");
  into.database = is_.version == 2 ? parameter(sent.url, "&bucket=") : parameter(sent.url, "?db=");
  if (!policy.empty()) {
    into.database += "/" + policy;
  }
  std::string wire;
  for (const std::string_view piece : sent.body) {
    wire += piece;
  }
  into.wire_bytes = wire.size();
  if (into.creates) {
    const std::string statement = percent_unescape(wire).value_or("");
    const std::size_t begin = statement.find('"');
    into.database = statement.substr(begin + 1, statement.rfind('"') - begin - 1);
    return begin != std::string::npos;
  }
  if (std::find(sent.headers.begin(), sent.headers.end(), "Content-Encoding: gzip") !=
      sent.headers.end()) {
    gzip_inflater inflater;
    inflater.reset(inflated_bytes_max);
    const auto status =
        inflater.feed(wire, [&into](std::string_view piece) { into.text += piece; });
    if (status != inflate_status::more || !inflater.complete()) {
      return false;
    }
  } else {
    into.text = std::move(wire);
  }
  for (std::size_t at = 0; at < into.text.size();) {
    const std::size_t end = into.text.find('\n', at);
    if (end == std::string::npos ||
        !read_line(std::string_view(into.text).substr(at, end - at), into)) {
      return false;
    }
    at = end + 1;
  }
  return !into.text.empty();
}

bool virtual_upstream::read_line(std::string_view line, request& into) {
  const auto client = number_behind(line, ",c=");
  const auto series = number_behind(line, ",s=");
  const auto number = number_behind(line, " n=");
  const point_id* id =
      client && series && number ? truth_.find(*client, *series, *number) : nullptr;
  if (id == nullptr || !line.ends_with(" " + std::to_string(truth_.at(*id).time_ns))) {
    events_.fail("an upstream was sent a line that no client wrote: " + std::string(line));
    return false;
  }
  if (truth_.at(*id).poison) {
    into.poisoned.emplace_back(line);
    into.poisoned_points.push_back(*id);
  } else {
    into.points.push_back(*id);
  }
  return true;
}

void virtual_upstream::abandon(std::uint64_t connection) {
  for (std::size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].connection != connection) {
      ++i;
      continue;
    }
    const request one = std::move(waiting_[i]);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    truth_.answer_lost(is_.sink, one.points);
    if (!one.creates && !weather.down && databases.contains(one.database) && chance_.one_in(2)) {
      store(one);
    }
  }
}

std::optional<std::int64_t> virtual_upstream::due_ms() const {
  std::optional<std::int64_t> least;
  for (const request& one : waiting_) {
    const std::int64_t due = std::min(one.due_ms, one.deadline_ms);
    least = std::min(least.value_or(due), due);
  }
  return least;
}

void virtual_upstream::serve() {
  const auto due = [](const request& one) { return std::min(one.due_ms, one.deadline_ms); };
  const auto first =
      std::min_element(waiting_.begin(), waiting_.end(),
                       [&](const request& a, const request& b) { return due(a) < due(b); });
  request one = std::move(*first);
  waiting_.erase(first);
  const http_reply reply = handle(one);
  const bool good = reply.answered && (reply.status == 204 || one.creates);
  events_.note("answer", is_.sink, static_cast<std::uint64_t>(reply.answered ? reply.status : 0));
  if (good) {
    truth_.answered(is_.sink, one.points);
  } else {
    truth_.answer_lost(is_.sink, one.points);
  }
  one.on_done(reply);
}

http_reply virtual_upstream::handle(request& one) {
  if (one.deadline_ms < one.due_ms) {
    if (!one.creates && databases.contains(one.database) && chance_.one_in(2)) {
      store(one);
    }
    return http_reply::failed("no answer in time");
  }
  if (weather.down) {
    return http_reply::failed("connection refused");
  }
  if (weather.wrong_one_in > 0 && chance_.one_in(weather.wrong_one_in)) {
    return go_wrong(one);
  }
  if (one.creates) {
    databases.insert(one.database);
    return plain_answer(200, R"({"results":[{"statement_id":0}]})", "application/json");
  }
  return write(one);
}

http_reply virtual_upstream::go_wrong(request& one) {
  static constexpr std::array statuses{200, 301, 401, 402, 403, 404, 405, 407, 408, 418,
                                       421, 425, 429, 451, 500, 501, 502, 503, 504, 599};
  const bool may_store = !one.creates && databases.contains(one.database) && one.poisoned.empty();
  if (may_store && chance_.one_in(2)) {
    store(one);
  }
  switch (chance_.below(4)) {
    case 0:
      return http_reply::failed("connection reset");
    case 1:
      return http_reply::failed("the answer ended in the middle");
    default:
      break;
  }
  const int status = chance_.pick(std::span<const int>(statuses));
  http_reply reply = chance_.one_in(2) ? answer(status, "no luck today")
                                       : plain_answer(status, "<html>no</html>", "text/html");
  if (chance_.one_in(3)) {
    reply.retry_after = std::chrono::seconds(chance_.below(20));
  }
  return reply;
}

http_reply virtual_upstream::write(request& one) {
  if (!databases.contains(one.database)) {
    return answer(404, is_.version == 2 ? "bucket \"" + one.database + "\" not found"
                                        : "database not found: \"" + one.database + "\"");
  }
  if (weather.body_bytes_max > 0 && one.wire_bytes > weather.body_bytes_max) {
    if (one.points.size() + one.poisoned.size() == 1) {
      truth_.refused_for_good(is_.sink, one.points);
    }
    return answer(413, "Request Entity Too Large");
  }
  if (!one.poisoned.empty()) {
    return write_poisoned(one);
  }
  store(one);
  return plain_answer(204, {}, {});
}

http_reply virtual_upstream::write_poisoned(request& one) {
  truth_.refused_for_good(is_.sink, one.poisoned_points);
  if (is_.poison == poison_kind::conflict) {
    store(one);
    const std::string words =
        R"(partial write: field type conflict: input field "bad" on measurement "m" is type string,)"
        " already exists as type float dropped=" +
        std::to_string(one.poisoned.size());
    return is_.version == 2 ? answer(422, "failure writing points to database: " + words)
                            : answer(400, words);
  }
  std::string words;
  for (const std::string& line : one.poisoned) {
    words += (words.empty() ? "" : "\n") + ("unable to parse '" + line) + "': invalid number";
  }
  if (is_.version == 2 || one.points.empty()) {
    return answer(400, words);
  }
  store(one);
  return answer(400, "partial write: " + words + " dropped=0");
}

http_reply virtual_upstream::answer(int status, const std::string& message) const {
  return plain_answer(status,
                      is_.version == 2
                          ? R"({"code":"invalid","message":)" + json_text(message) + "}"
                          : R"({"error":)" + json_text(message) + "}\n",
                      "application/json");
}

void virtual_upstream::store(const request& one) {
  truth_.stored(is_.sink, one.points);
}

}  // namespace weir::simulation
