// SPDX-License-Identifier: Apache-2.0
#include "upstream/learning_posix.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "config/policy_lookup.hpp"
#include "files/atomic_file_posix.hpp"
#include "files/file_util_posix.hpp"
#include "observe/journal.hpp"
#include "sinks/influxdb/influxdb.hpp"
#include "upstream/learner.hpp"

namespace weir {
namespace {

/// The databases, of those that weir has heard of, that learn from a sink in any of their policies.
std::vector<std::string> learners_of(const std::string& sink, const settings& configured,
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
learnt_table load(const std::string& path) {
  if (path.empty()) {
    return {};
  }
  auto content = read_small_file(path);
  if (content && !content.value()) {
    return {};
  }
  std::optional<learnt_table> found;
  if (content) {
    found = learnt_table::read(*content.value());
  }
  if (!found) {
    journal(journal_level::warning, path + " cannot be read; what was learnt is learnt again");
  }
  return found.value_or(learnt_table{});
}

}  // namespace

struct learning::source {
  const sink_settings& settings;
  const std::string path;
  mutable std::mutex lock;
  std::shared_ptr<const learnt_table> table;
  std::unique_ptr<learner_thread> thread;

  source(const sink_settings& of, std::string file)
      : settings(of), path(std::move(file)), table(std::make_shared<learnt_table>(load(path))) {}

  [[nodiscard]] std::shared_ptr<const learnt_table> current() const {
    const std::lock_guard hold(lock);
    return table;
  }
  void publish(const learnt_table& news);
};

void learning::source::publish(const learnt_table& news) {
  auto made = std::make_shared<const learnt_table>(news);
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

learning::learning(const settings& configured) : configured_(configured) {}

learning::~learning() {
  stop();
}

result<std::unique_ptr<learning>> learning::start(const settings& configured,
                                                  const database_registry& databases,
                                                  const std::string& directory,
                                                  const learnt_type_taker& learn_type) {
  std::unique_ptr<learning> made(new learning(configured));
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
    learner_parts parts{
        [&sink, &configured, &databases] { return learners_of(sink.name, configured, databases); },
        [at = one.get()](const learnt_table& news) { at->publish(news); },
        learn_type,
        {},
        [&databases](const std::string& name) {
          const database_entry* entry = databases.find(name);
          return entry == nullptr ? std::vector<std::string>{} : entry->written_policies();
        },
        [&sink, &configured](const std::string& database, const std::string& policy) {
          return policy_for(configured.database, database, policy).learn_from == sink.name;
        }};
    one->thread = std::make_unique<learner_thread>(sink, std::move(parts), *one->current());
    made->sources_.emplace(sink.name, std::move(one));
  }
  return made;
}

std::optional<nanoseconds> learning::retention_of(const database_settings& policy,
                                                  const std::string& database,
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

std::optional<bucket_place> learning::bucket_of_id(const std::string& id) const {
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

void learning::stop() {
  for (auto& [name, one] : sources_) {
    one->thread->stop();
  }
}

void learning::collect(metric_collector& out) const {
  for (const auto& [name, one] : sources_) {
    one->thread->collect(out);
  }
}

}  // namespace weir
