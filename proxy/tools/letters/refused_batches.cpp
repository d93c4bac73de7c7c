// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/refused_batches.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "sinks/escape.hpp"
#include "sinks/influxdb/influxdb.hpp"

namespace weir {
namespace {

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

std::string refused_batch::mark() const {
  std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a
  for (const std::string* part : {&head, &lines}) {
    for (const char c : *part) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    }
  }
  return fmt::format("{:016x}", hash);
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
  return batches;
}

refused_target target_of(const sink_settings& sink, const refused_batch& batch) {
  WEIR_ASSERT(sink.type == sink_type::influxdb);
  refused_target made{.url = sink.url};
  while (made.url.ends_with('/')) {
    made.url.pop_back();
  }
  if (sink.version == 2) {
    made.url += fmt::format(
        "/api/v2/write?org={}&bucket={}&precision=ns", percent_escape(sink.organization),
        percent_escape(bucket_of(sink.bucket, {batch.database, batch.retention_policy})));
    made.headers.push_back("Authorization: Token " + sink.token);
  } else {
    made.url += "/write?db=" + percent_escape(batch.database);
    if (!batch.retention_policy.empty()) {
      made.url += "&rp=" + percent_escape(batch.retention_policy);
    }
    made.url += "&precision=ns";
    made.user = sink.username.empty() ? "" : sink.username + ":" + sink.password;
  }
  return made;
}

}  // namespace weir
