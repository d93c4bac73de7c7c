// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/refused_batches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/fnv1a.hpp"
#include "sinks/influxdb/answers.hpp"
#include "sinks/influxdb/requests.hpp"
#include "sinks/influxdb/write_plan.hpp"

namespace weir {
namespace {

constexpr std::chrono::seconds answer_timeout{60};
constexpr std::size_t answer_bytes_max = std::size_t{8} << 20;

/// Takes what stands before `end` off `text`; all of it where `end` does not stand there.
std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  return taken;
}

/// "# TIME database=NAME rp=NAME status=NUMBER words"
refused_batch parse_head(std::string_view head) {
  refused_batch made{.head = std::string(head)};
  head.remove_prefix(2);
  made.time = take_until(head, " database=");
  made.database = take_until(head, " rp=");
  made.retention_policy = take_until(head, " status=");
  made.status = take_until(head, " ");
  made.words = head;
  return made;
}

bool begins_batch(std::string_view line) {
  return line.starts_with("# ") && line.find(" database=") != std::string_view::npos &&
         line.find(" status=") != std::string_view::npos;
}

}  // namespace

std::uint64_t refused_batch::line_count() const noexcept {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

std::vector<refused_batch> parse_refused(std::string_view text) {
  std::vector<refused_batch> batches;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      break;  // being written
    }
    const std::string_view line = text.substr(0, end);
    if (begins_batch(line)) {
      batches.push_back(parse_head(line));
    } else if (!batches.empty() && !line.starts_with('#')) {
      batches.back().lines.append(line).push_back('\n');
    }
    text.remove_prefix(end + 1);
  }
  for (refused_batch& each : batches) {
    each.mark = fmt::format("{:016x}", fnv1a(each.lines, fnv1a(each.head)));
  }
  return batches;
}

transfer_request replay_request(const sink_settings& sink, const refused_batch& batch,
                                std::vector<std::string_view> lines) {
  const auto* server = sink.as<influxdb_settings>();
  WEIR_ASSERT(server != nullptr);
  transfer_request request = influxdb_request(
      *server, influxdb_write_path(*server, {batch.database, batch.retention_policy}));
  request.headers.emplace_back("Content-Type: text/plain; charset=utf-8");
  request.body = std::move(lines);
  request.timeout = answer_timeout;
  request.answer_bytes_max = std::max(request.answer_bytes_max, answer_bytes_max);
  return request;
}

replayed_batch send_again(const sink_settings& sink, const refused_batch& batch,
                          const std::function<http_reply(const transfer_request&)>& ask) {
  const lane_key lane{batch.database, batch.retention_policy};
  const std::uint64_t lines = batch.line_count();
  replayed_batch made;
  http_reply reply = ask(replay_request(sink, batch, {batch.lines}));
  influxdb_write_answer answer = read_write_answer(reply, lane);
  if (!reply.answered || answer.means == influxdb_meaning::not_stored) {
    made.failed = answer.result.message;
    return made;
  }
  made.words = fmt::format("answered {}: {}", reply.status, answer.words);
  if (answer.means == influxdb_meaning::stored) {
    made.passed = lines;
    return made;
  }
  made.refused = lines;
  if (answer.means != influxdb_meaning::partial_write &&
      answer.means != influxdb_meaning::refused) {
    return made;
  }
  write_plan plan(batch.lines, lines, write_plan::cause::refused, answer);
  while (const auto pieces = plan.next()) {
    reply = ask(replay_request(sink, batch, *pieces));
    answer = read_write_answer(reply, lane);
    plan.take(answer);
  }
  const attempt_result result = plan.result();
  if (result.verdict == attempt_verdict::delivered) {
    made.refused = std::min(lines, result.discarded.total());
    made.passed = lines - made.refused;
  } else if (!reply.answered) {
    made.failed = result.message;
  }
  return made;
}

}  // namespace weir
