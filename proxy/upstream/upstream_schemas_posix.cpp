// SPDX-License-Identifier: Apache-2.0
#include "upstream/upstream_schemas_posix.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "config/policy_lookup.hpp"
#include "files/atomic_file_posix.hpp"
#include "files/file_util_posix.hpp"
#include "observe/journal.hpp"
#include "sinks/influxdb/requests.hpp"
#include "upstream/schema_reader.hpp"

namespace weir {
namespace {

/// The databases, of those that weir has heard of, that learn from a sink in any of their policies.
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

/// What an earlier process kept. A file that cannot be read costs nothing but a warning: it will be
/// learnt again.
upstream_schema load(const std::string& path) {
  if (path.empty()) {
    return {};
  }
  auto content = read_small_file(path);
  if (content && !content.value()) {
    return {};
  }
  std::optional<upstream_schema> found;
  if (content) {
    found = upstream_schema::read(*content.value());
  }
  if (!found) {
    journal(journal_level::warning, path + " cannot be read; what was learnt is learnt again");
  }
  return found.value_or(upstream_schema{});
}

}  // namespace

struct upstream_schemas::source {
  const sink_settings& settings;
  const std::string path;
  mutable std::mutex lock;
  std::shared_ptr<const upstream_schema> table;
  std::unique_ptr<schema_reader_thread> thread;

  source(const sink_settings& of, std::string file)
      : settings(of), path(std::move(file)), table(std::make_shared<upstream_schema>(load(path))) {}

  [[nodiscard]] std::shared_ptr<const upstream_schema> current() const {
    const std::lock_guard hold(lock);
    return table;
  }
  void publish(const upstream_schema& news);
};

void upstream_schemas::source::publish(const upstream_schema& news) {
  auto made = std::make_shared<const upstream_schema>(news);
  {
    const std::lock_guard hold(lock);
    table.swap(made);
  }
  if (!path.empty()) {
    if (auto saved = write_file_atomically(path, news.text()); !saved) {
      journal_limited("learnt", journal_level::warning, saved.error().message);
    }
  }
}

upstream_schemas::upstream_schemas(const settings& configured) : configured_(configured) {}

upstream_schemas::~upstream_schemas() {
  stop();
}

result<std::unique_ptr<upstream_schemas>> upstream_schemas::start(
    const settings& configured, const database_registry& databases, const std::string& directory,
    const field_type_taker& take_type) {
  std::unique_ptr<upstream_schemas> made(new upstream_schemas(configured));
  for (const sink_settings& sink : configured.sinks) {
    const auto learns = [&](const auto& one) { return one.second.learn_from == sink.name; };
    if (std::none_of(configured.database.begin(), configured.database.end(), learns)) {
      continue;
    }
    if (!directory.empty()) {
      if (auto there = make_directories(directory); !there) {
        return there.error();
      }
    }
    auto one = std::make_unique<source>(sink, directory.empty() ? "" : directory + "/" + sink.name);
    schema_reader_parts parts{
        [&sink, &configured, &databases] { return databases_of(sink.name, configured, databases); },
        [at = one.get()](const upstream_schema& news) { at->publish(news); },
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
    made->sources_.emplace(sink.name, std::move(one));
  }
  return made;
}

std::optional<nanoseconds> upstream_schemas::retention_of(
    const database_settings& policy, const std::string& database,
    const std::string& retention_policy) const {
  const auto found = sources_.find(policy.learn_from);
  if (found == sources_.end()) {
    return std::nullopt;
  }
  const source& from = *found->second;
  const auto table = from.current();
  if (from.settings.version == 2) {
    return table->retention_of(bucket_of(from.settings.bucket, {database, retention_policy}), "");
  }
  return table->retention_of(database, retention_policy);
}

std::optional<bucket_place> upstream_schemas::bucket_of_id(const std::string& id) const {
  const auto found = sources_.find(policy_for(configured_.database, id, "").learn_from);
  if (found == sources_.end() || found->second->settings.version != 2 ||
      !found->second->settings.bucket.empty()) {
    return std::nullopt;
  }
  const std::string name = found->second->current()->name_of(id);
  const std::size_t slash = name.find('/');
  bucket_place place{name.substr(0, slash),
                     slash == std::string::npos ? std::string{} : name.substr(slash + 1)};
  // A name that weir would make another bucket of stays an id.
  return place.database.empty() || bucket_of("", {place.database, place.retention_policy}) != name
             ? std::nullopt
             : std::optional(std::move(place));
}

void upstream_schemas::stop() {
  for (auto& [name, one] : sources_) {
    one->thread->stop();
  }
}

void upstream_schemas::collect(metric_collector& out) const {
  for (const auto& [name, one] : sources_) {
    one->thread->collect(out);
  }
}

}  // namespace weir
