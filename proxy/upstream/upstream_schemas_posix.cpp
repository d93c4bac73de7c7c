// SPDX-License-Identifier: Apache-2.0
#include "upstream/upstream_schemas_posix.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "config/policy_lookup.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"
#include "sinks/influxdb/requests.hpp"
#include "upstream/schema_reader.hpp"

namespace weir {
namespace {

/// The databases known to weir that learn from a sink in any of their retention policies.
std::vector<std::string> databases_of(const std::string& sink, const settings& configured,
                                      const database_registry& databases) {
  std::vector<std::string> out;
  for (const database_entry* entry : databases.entries()) {
    const std::string& name = entry->name();
    const auto learns = [&](const auto& one) {
      return one.first.starts_with(name + "/") && one.second.learn_from == sink;
    };
    if (policy_for(configured.database, name, "").learn_from == sink ||
        std::any_of(configured.database.begin(), configured.database.end(), learns)) {
      out.push_back(name);
    }
  }
  return out;
}

/// The schema that an earlier process wrote. A file that cannot be read costs a warning alone: the
/// schema is read from the server again.
upstream_schema load(const std::string& path) {
  if (path.empty()) {
    return {};
  }
  auto content = read_small_file(path);
  if (content && !content.value()) {
    return {};
  }
  std::optional<upstream_schema> schema;
  if (content) {
    schema = upstream_schema::read(*content.value());
  }
  if (!schema) {
    journal(journal_level::warning, path + " cannot be read; what was learnt is learnt again");
  }
  return schema.value_or(upstream_schema{});
}

}  // namespace

/// One sink's server.
struct upstream_schemas::server {
  const influxdb_settings& settings;
  const std::string path;
  mutable std::mutex lock;
  std::shared_ptr<const upstream_schema> schema;
  std::unique_ptr<schema_reader_thread> thread;

  server(const influxdb_settings& of, std::string file,
         std::shared_ptr<const upstream_schema> known)
      : settings(of), path(std::move(file)), schema(std::move(known)) {}

  [[nodiscard]] std::shared_ptr<const upstream_schema> current() const {
    const std::lock_guard hold(lock);
    return schema;
  }
  void publish(const upstream_schema& changed);
};

void upstream_schemas::server::publish(const upstream_schema& changed) {
  auto latest = std::make_shared<const upstream_schema>(changed);
  {
    const std::lock_guard hold(lock);
    schema.swap(latest);
  }
  if (!path.empty()) {
    if (auto saved = replace_file(path, changed.text(), durability::process); !saved) {
      journal_limited("learnt", journal_level::warning, saved.error().message);
    }
  }
}

upstream_schemas::upstream_schemas(std::shared_ptr<const settings> configured)
    : configured_(std::move(configured)) {}

upstream_schemas::~upstream_schemas() {
  stop();
}

result<std::unique_ptr<upstream_schemas>> upstream_schemas::start(
    std::shared_ptr<const settings> configuration, const database_registry& databases,
    const std::string& directory, const field_type_taker& take_type,
    const upstream_schemas* before) {
  std::unique_ptr<upstream_schemas> schemas(new upstream_schemas(std::move(configuration)));
  const settings& configured = *schemas->configured_;
  for (const sink_settings& sink : configured.sinks) {
    const auto learns = [&](const auto& one) { return one.second.learn_from == sink.name; };
    const auto* influxdb = sink.as<influxdb_settings>();
    if (influxdb == nullptr ||
        std::none_of(configured.database.begin(), configured.database.end(), learns)) {
      continue;
    }
    if (!directory.empty()) {
      if (auto there = make_directories(directory); !there) {
        return there.error();
      }
    }
    const std::string path = directory.empty() ? "" : directory + "/" + sink.name;
    std::shared_ptr<const upstream_schema> known;
    if (before != nullptr) {
      const auto same = before->servers_.find(sink.name);
      if (same != before->servers_.end() && same->second->settings.url == influxdb->url) {
        known = same->second->current();
      }
    }
    if (known == nullptr) {
      known = std::make_shared<const upstream_schema>(load(path));
    }
    auto one = std::make_unique<server>(*influxdb, path, std::move(known));
    schema_reader_parts parts{
        [&sink, &configured, &databases] { return databases_of(sink.name, configured, databases); },
        [at = one.get()](const upstream_schema& changed) { at->publish(changed); },
        take_type,
        {},
        [&databases](const std::string& name) {
          const database_entry* entry = databases.find(name);
          return entry == nullptr ? std::vector<std::string>{} : entry->written_policies();
        },
        [&sink, &configured](const std::string& database, const std::string& policy) {
          return policy_for(configured.database, database, policy).learn_from == sink.name;
        }};
    one->thread = std::make_unique<schema_reader_thread>(sink, std::move(parts), *one->current());
    schemas->servers_.emplace(sink.name, std::move(one));
  }
  return schemas;
}

std::optional<nanoseconds> upstream_schemas::retention_of(
    const database_settings& policy, const std::string& database,
    const std::string& retention_policy) const {
  const auto known = servers_.find(policy.learn_from);
  if (known == servers_.end()) {
    return std::nullopt;
  }
  const server& from = *known->second;
  const auto schema = from.current();
  if (from.settings.version == 2) {
    return schema->retention_of(bucket_of(from.settings.bucket, {database, retention_policy}), "");
  }
  return schema->retention_of(database, retention_policy);
}

std::optional<bucket_target> upstream_schemas::bucket_of_id(const std::string& id) const {
  const auto known = servers_.find(policy_for(configured_->database, id, "").learn_from);
  if (known == servers_.end() || known->second->settings.version != 2 ||
      !known->second->settings.bucket.empty()) {
    return std::nullopt;
  }
  const std::string name = known->second->current()->name_of(id);
  const std::size_t slash = name.find('/');
  bucket_target target{name.substr(0, slash),
                       slash == std::string::npos ? std::string{} : name.substr(slash + 1)};
  // Where weir would deliver that name to another bucket, the id stays.
  return target.database.empty() ||
                 bucket_of("", {target.database, target.retention_policy}) != name
             ? std::nullopt
             : std::optional(std::move(target));
}

bool upstream_schemas::same_questions(const settings& one, const settings& other) {
  const auto learning = [](const settings& of) {
    std::map<std::string, std::pair<std::string, const sink_settings*>> all;
    for (const auto& [name, policy] : of.database) {
      const auto sink = std::find_if(of.sinks.begin(), of.sinks.end(),
                                     [&wanted = policy.learn_from](const sink_settings& each) {
                                       return !wanted.empty() && each.name == wanted;
                                     });
      all.emplace(name, std::pair{policy.learn_from, sink == of.sinks.end() ? nullptr : &*sink});
    }
    return all;
  };
  const auto same = [](const auto& a, const auto& b) {
    const auto& [from_a, sink_a] = a.second;
    const auto& [from_b, sink_b] = b.second;
    return a.first == b.first && from_a == from_b && (sink_a == nullptr) == (sink_b == nullptr) &&
           (sink_a == nullptr || *sink_a == *sink_b);
  };
  const auto before = learning(one);
  const auto after = learning(other);
  return std::equal(before.begin(), before.end(), after.begin(), after.end(), same);
}

void upstream_schemas::stop() {
  for (auto& [name, one] : servers_) {
    one->thread->stop();
  }
}

void upstream_schemas::collect(metric_collector& out) const {
  for (const auto& [name, one] : servers_) {
    one->thread->collect(out);
  }
}

}  // namespace weir
