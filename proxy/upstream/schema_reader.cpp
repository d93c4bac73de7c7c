// SPDX-License-Identifier: Apache-2.0
#include "upstream/schema_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/one_line.hpp"
#include "base/percent_escape.hpp"
#include "net/server_message.hpp"
#include "observe/journal.hpp"
#include "sinks/influxdb/requests.hpp"
#include "upstream/schema_queries.hpp"

namespace weir {
namespace {

// Of one answer: the field keys of a large database are some megabytes of JSON.
constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;
constexpr std::int64_t first_pause_ms = 1'000;
constexpr std::size_t reason_bytes_max = 300;

}  // namespace

schema_reader::schema_reader(const sink_settings& settings, schema_reader_parts parts,
                             upstream_schema known)
    : settings_(settings),
      server_(*settings.as<influxdb_settings>()),
      parts_(std::move(parts)),
      schema_(std::move(known)),
      policies_(schema_.policies()) {}

bool schema_reader::is_due(const std::string& database, std::int64_t now_ms) const {
  const auto last = asked_.find(database);
  return last == asked_.end() || now_ms - last->second >= server_.learn_every.count();
}

void schema_reader::turn(std::int64_t now_ms) {
  if (now_ms < not_before_ms_) {
    return;
  }
  const outcome done = server_.version == 2 ? turn_of_version_2(now_ms) : turn_of_version_1(now_ms);
  if (!done) {
    failed(done.error().message, now_ms);
    return;
  }
  pause_ms_ = 0;
  if (has_failed_) {
    has_failed_ = false;
    journal(journal_level::info,
            fmt::format("sink {}: retention and types are learnt again", settings_.name));
  }
}

void schema_reader::failed(const std::string& why, std::int64_t now_ms) {
  if (why.empty()) {
    return;  // the reader was stopped
  }
  failures_.add();
  pause_ms_ = std::clamp(pause_ms_ * 2, first_pause_ms,
                         std::max<std::int64_t>(first_pause_ms, server_.learn_every.count()));
  not_before_ms_ = now_ms + pause_ms_;
  if (!has_failed_) {
    has_failed_ = true;
    journal(
        journal_level::warning,
        fmt::format("sink {}: retention and types cannot be learnt now, what is known stays: {}",
                    settings_.name, one_line(why, reason_bytes_max)));
  }
}

outcome schema_reader::turn_of_version_1(std::int64_t now_ms) {
  const std::vector<std::string> wanted = parts_.databases();
  std::erase_if(asked_, [&](const auto& one) {
    return std::find(wanted.begin(), wanted.end(), one.first) == wanted.end();
  });
  for (const std::string& database : wanted) {
    if (!is_due(database, now_ms)) {
      continue;
    }
    if (auto asked = ask_database(database); !asked) {
      return asked;
    }
    asked_[database] = now_ms;
  }
  return nothing{};
}

outcome schema_reader::ask_database(const std::string& database) {
  auto body = ask(query_request(retention_query(database)));
  if (!body) {
    return body.error();
  }
  auto policies = read_retention_policies(body.value());
  if (!policies) {
    return policies.error();
  }
  const std::size_t policy_count = policies.value().size();
  if (schema_.replace(database, std::move(policies).value())) {
    policies_.store(schema_.policies(), std::memory_order_relaxed);
    parts_.publish(schema_);
  }
  std::size_t types = 0;
  if (auto asked = ask_types(database, types); !asked) {
    return asked;
  }
  if (policy_count > 0 && journalled_.insert(database).second) {
    journal_limited("learnt first", journal_level::info,
                    fmt::format("sink {}: learnt of database {}: {} retention policies, {} types "
                                "of fields",
                                settings_.name, database, policy_count, types));
  }
  return nothing{};
}

outcome schema_reader::ask_types(const std::string& database, std::size_t& types) {
  if (!parts_.take_type) {
    return nothing{};
  }
  auto body = ask(query_request(field_keys_query(database)));
  if (!body) {
    return body.error();
  }
  return read_field_keys(
      body.value(), [&](std::string_view measurement, std::string_view field, field_type type) {
        ++types;
        parts_.take_type(database, measurement, field, type);
      });
}

transfer_request schema_reader::query_request(const std::string& query) const {
  // GET: a user who may only read is enough.
  return influxdb_request(server_, "/query?q=" + percent_escape(query));
}

http_reply schema_reader::send(transfer_request request) {
  request.headers.emplace_back("Accept: application/json");
  request.answer_bytes_max = answer_bytes_max;
  questions_.add();
  return parts_.ask(request);
}

result<std::string> schema_reader::ask(transfer_request request) {
  http_reply reply = send(std::move(request));
  if (!reply.answered || reply.status != 200) {
    return failure{words_of(reply)};
  }
  return std::move(reply.body);
}

void schema_reader::collect(metric_collector& out) const {
  const label sink{"sink", settings_.name};
  out.counter_value("weir_learn_questions_total",
                    "Questions to a server about its retention policies and field types.",
                    static_cast<double>(questions_.value()), {sink});
  out.counter_value("weir_learn_failures_total",
                    "Rounds of such questions that ended without an answer.",
                    static_cast<double>(failures_.value()), {sink});
  out.gauge_value("weir_learn_missing_buckets",
                  "Buckets that points are delivered to and that the server's list lacks.",
                  static_cast<double>(missing_count_.load(std::memory_order_relaxed)), {sink});
  out.gauge_value("weir_learnt_policies", "Retention policies (or buckets) learnt from a server.",
                  static_cast<double>(policies_.load(std::memory_order_relaxed)), {sink});
}

}  // namespace weir
