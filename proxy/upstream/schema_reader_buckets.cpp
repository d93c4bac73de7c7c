// SPDX-License-Identifier: Apache-2.0
//
// The part of schema_reader.hpp for InfluxDB 2: one list of its buckets has the retention of all of
// them, and /query of its version 1 API the types of each bucket's fields. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/glob.hpp"
#include "base/one_line.hpp"
#include "base/percent_escape.hpp"
#include "net/server_message.hpp"
#include "observe/journal.hpp"
#include "sinks/influxdb/requests.hpp"
#include "upstream/schema_queries.hpp"
#include "upstream/schema_reader.hpp"

namespace weir {
namespace {

// InfluxDB 2 lists at most so many buckets at a time; buckets beyond the second bound are not read.
constexpr std::size_t buckets_per_page = 100;
constexpr std::size_t buckets_max = 100'000;
// Databases whose types are asked for as soon as a list has them; the types of others are asked for
// when they are written to.
constexpr std::size_t types_awaited_max = 1'000;
constexpr std::size_t types_per_turn = 50;
constexpr std::size_t names_journalled_max = 3;
/// How an InfluxDB says that a database has no fields.
constexpr std::string_view no_field_keys = R"({"results":[{"statement_id":0}]})";

/// The part of a bucket's name before the first slash; the rest is the retention policy.
std::string database_of(const std::string& bucket) {
  return bucket.substr(0, bucket.find('/'));
}

std::string policy_of(const std::string& bucket) {
  const std::size_t slash = bucket.find('/');
  return slash == std::string::npos ? std::string{} : bucket.substr(slash + 1);
}

using field_name = std::pair<std::string, std::string>;  // measurement, field
using field_map = std::map<field_name, std::optional<field_type>>;

/// A field with several types has none in `to`.
outcome add_types(std::string_view body, field_map& to) {
  return read_field_keys(
      body, [&](std::string_view measurement, std::string_view field, field_type type) {
        const auto [known, is_new] =
            to.emplace(field_name{measurement, field}, std::optional<field_type>(type));
        if (!is_new && known->second != type) {
          known->second = std::nullopt;
        }
      });
}

}  // namespace

outcome schema_reader::turn_of_version_2(std::int64_t now_ms) {
  const std::vector<std::string> wanted = parts_.databases();
  std::erase_if(asked_, [&](const auto& one) {
    return std::find(wanted.begin(), wanted.end(), one.first) == wanted.end();
  });
  const bool any_due = std::any_of(wanted.begin(), wanted.end(),
                                   [&](const std::string& one) { return is_due(one, now_ms); });
  const bool list_due = !listed_ms_ || now_ms - *listed_ms_ >= server_.learn_every.count();
  if (any_due || list_due) {
    if (auto listed = list_buckets(wanted, now_ms); !listed) {
      return listed;
    }
  }
  std::set<std::string> due;
  std::copy_if(wanted.begin(), wanted.end(), std::inserter(due, due.end()),
               [&](const std::string& one) { return is_due(one, now_ms); });
  if (!parts_.take_type) {
    for (const std::string& database : due) {
      asked_[database] = now_ms;
    }
    return nothing{};
  }
  // A few in each turn: the list must not wait for the types of a thousand databases.
  auto awaited = types_awaited_.begin();
  for (std::size_t i = 0; i < types_per_turn && awaited != types_awaited_.end(); ++i) {
    due.insert(*awaited++);
  }
  return ask_types_of(due, now_ms);
}

outcome schema_reader::list_buckets(const std::vector<std::string>& wanted, std::int64_t now_ms) {
  std::map<std::string, std::vector<upstream_policy>> policies;
  std::map<std::string, std::string> names_by_id;
  std::set<std::string> listed;
  for (std::size_t offset = 0; offset < buckets_max; offset += buckets_per_page) {
    auto body = ask(influxdb_request(
        server_, fmt::format("/api/v2/buckets?org={}&limit={}&offset={}",
                             percent_escape(server_.organization), buckets_per_page, offset)));
    if (!body) {
      return body.error();
    }
    auto page = read_buckets(body.value());
    if (!page) {
      return page.error();
    }
    for (auto& [name, policy] : page.value().buckets) {
      listed.insert(name);
      policies[name] = {std::move(policy)};
    }
    names_by_id.merge(page.value().names_by_id);
    if (page.value().count < buckets_per_page) {
      break;
    }
  }
  listed_ms_ = now_ms;
  note_missing(wanted, listed);
  await_types(listed);
  if (schema_.merge(std::move(policies), std::move(names_by_id))) {
    policies_.store(schema_.policies(), std::memory_order_relaxed);
    parts_.publish(schema_);
  }
  if (journalled_.insert("").second) {
    journal(journal_level::info, fmt::format("sink {}: learnt the retention of {} buckets",
                                             settings_.name, listed.size()));
  }
  return nothing{};
}

std::set<std::string> schema_reader::buckets_of(const std::string& database) const {
  std::set<std::string> out;
  const auto written =
      parts_.written ? parts_.written(database) : std::vector<std::string>{std::string{}};
  for (const std::string& policy : written) {
    out.insert(bucket_of(server_.bucket, {database, policy}));
  }
  return out;
}

bool schema_reader::delivers(const std::string& database) const {
  return matches_patterns(settings_.databases, database);
}

/// Warns of buckets that points go to and that the list lacks: a token that may not read buckets
/// gets a list without them, and no error.
void schema_reader::note_missing(const std::vector<std::string>& wanted,
                                 const std::set<std::string>& listed) {
  std::set<std::string> lacking;
  const auto expect = [&](const std::string& bucket) {
    if (!listed.contains(bucket) && !is_bucket_id(bucket)) {
      lacking.insert(bucket);
    }
  };
  for (const std::string& database : wanted) {
    if (!delivers(database)) {
      continue;
    }
    for (const std::string& bucket : buckets_of(database)) {
      expect(bucket);
    }
    if (server_.bucket.empty() && schema_.knows(database)) {
      expect(database);
    }
  }
  std::vector<std::string> newly_missing;
  std::set_difference(lacking.begin(), lacking.end(), missing_.begin(), missing_.end(),
                      std::back_inserter(newly_missing));
  if (!newly_missing.empty()) {
    std::string names;
    for (std::size_t i = 0; i < std::min(newly_missing.size(), names_journalled_max); ++i) {
      names += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", one_line(newly_missing[i], 200));
    }
    if (newly_missing.size() > names_journalled_max) {
      names += fmt::format(" and {} more", newly_missing.size() - names_journalled_max);
    }
    journal(journal_level::warning,
            fmt::format("sink {}: points are delivered to bucket {}, which the server does not "
                        "list ({} bucket(s) listed): retention is not learnt there and what is "
                        "known stays; does the bucket exist, and may the token read it?",
                        settings_.name, names, listed.size()));
  }
  missing_ = std::move(lacking);
  missing_count_.store(missing_.size(), std::memory_order_relaxed);
}

/// Marks each database that is new in the list, so that its types are known before its first point.
void schema_reader::await_types(const std::set<std::string>& listed) {
  if (!parts_.take_type || !parts_.reads || !server_.bucket.empty()) {
    return;
  }
  for (const std::string& bucket : listed) {
    const std::string database = database_of(bucket);
    // Names that begin with _ are the server's own.
    if (types_seen_.size() < types_awaited_max && !database.empty() && !bucket.starts_with('_') &&
        delivers(database) && parts_.reads(database, policy_of(bucket)) &&
        types_seen_.insert(database).second) {
      types_awaited_.insert(database);
    }
  }
}

outcome schema_reader::ask_types_of(const std::set<std::string>& databases, std::int64_t now_ms) {
  outcome first = nothing{};
  keys_of_bucket_ = {};
  for (const std::string& database : databases) {
    was_answered_ = true;
    auto asked = ask_bucket_types(database);
    if (!asked && !was_answered_) {
      return asked;  // requests for the others would wait as long
    }
    if (!asked && first) {
      first = failure{fmt::format("types of \"{}\": {}", database, asked.error().message)};
    }
    if (asked) {
      asked_[database] = now_ms;
    }
    types_awaited_.erase(database);
  }
  keys_of_bucket_ = {};
  return first;
}

outcome schema_reader::ask_bucket_types(const std::string& database) {
  std::set<std::string> buckets = buckets_of(database);
  buckets.insert(bucket_of(server_.bucket, {database, ""}));
  if (server_.bucket.empty()) {
    for (const std::string& bucket : schema_.names()) {
      if (database_of(bucket) == database) {
        buckets.insert(bucket);
      }
    }
  }
  field_map types;
  for (const std::string& bucket : buckets) {
    // Many databases may go to one bucket.
    if (keys_of_bucket_.first != bucket) {
      auto body = field_keys_of(bucket);
      if (!body) {
        return body.error();
      }
      keys_of_bucket_ = {bucket, std::move(body).value()};
    }
    if (auto read = add_types(keys_of_bucket_.second, types); !read) {
      return read;
    }
  }
  std::size_t types_known = 0;
  for (const auto& [name, type] : types) {
    if (type) {
      ++types_known;
      parts_.take_type(database, name.first, name.second, *type);
    }
  }
  if (types_known > 0 && journalled_.insert(database).second) {
    journal_limited("learnt first", journal_level::info,
                    fmt::format("sink {}: learnt of database {}: {} types of fields",
                                settings_.name, one_line(database, 200), types_known));
  }
  return nothing{};
}

/// To /query a bucket is a database of its name; one with a slash in its name is also the retention
/// policy behind the slash of the database before it.
result<std::string> schema_reader::field_keys_of(const std::string& bucket) {
  const std::string question = "&q=" + percent_escape("SHOW FIELD KEYS");
  const std::string whole = "/query?db=" + percent_escape(bucket) + question;
  std::vector<std::string> paths{whole};
  if (!policy_of(bucket).empty() && !database_of(bucket).empty()) {
    paths.insert(paths.begin(), "/query?db=" + percent_escape(database_of(bucket)) +
                                    "&rp=" + percent_escape(policy_of(bucket)) + question);
  }
  std::string last(no_field_keys);
  for (const std::string& path : paths) {
    http_reply reply = send(influxdb_request(server_, path));
    was_answered_ = reply.answered;
    if (reply.answered && reply.status == 404) {
      continue;  // no bucket of this name
    }
    if (!reply.answered || reply.status != 200) {
      return failure{words_of(reply)};
    }
    last = std::move(reply.body);
    if (last.find("\"series\"") != std::string::npos) {
      break;
    }
  }
  return last;
}

}  // namespace weir
