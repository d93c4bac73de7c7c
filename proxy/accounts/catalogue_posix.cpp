// SPDX-License-Identifier: Apache-2.0
#include "accounts/catalogue_posix.hpp"

#include <algorithm>

#include "files/file_operations.hpp"

namespace weir {
namespace {

// First line of the file; then one name a line (names hold no control bytes).
constexpr std::string_view file_head = "weir databases 1\n";

result<std::vector<std::string>> parse_names(std::string_view text, const std::string& path) {
  if (!text.starts_with(file_head)) {
    return failure{path + " is not a list of databases of this version; move it away to go on"};
  }
  text.remove_prefix(file_head.size());
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return failure{path + " ends in the middle of a line; move it away to go on"};
    }
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return names;
}

}  // namespace

result<std::unique_ptr<stored_catalogue>> stored_catalogue::open(
    std::string path, database_registry& registry,
    const std::map<std::string, database_settings>& policies, durability kept) {
  for (const auto& [name, policy] : policies) {
    if (name == "*") {
      continue;
    }
    if (database_entry* entry = registry.find_or_add(name.substr(0, name.find('/')))) {
      entry->set_listed(true);
    }
  }
  if (!path.empty()) {
    auto content = read_small_file(path);
    if (!content) {
      return content.error();
    }
    if (content.value()) {
      auto names = parse_names(*content.value(), path);
      if (!names) {
        return names.error();
      }
      for (const std::string& name : names.value()) {
        if (database_entry* entry = registry.find_or_add(name)) {
          entry->set_created(true);
          entry->set_listed(true);
        }
      }
    }
  }
  return std::unique_ptr<stored_catalogue>(
      new stored_catalogue(std::move(path), registry, policies, kept));
}

std::vector<std::string> stored_catalogue::databases() const {
  std::vector<std::string> names;
  for (const database_entry* entry : registry_.entries()) {
    if (entry->listed()) {
      names.push_back(entry->name());
    }
  }
  return names;
}

bool stored_catalogue::exists(std::string_view name) const {
  const database_entry* entry = registry_.find(name);
  return entry != nullptr && entry->listed();
}

bool stored_catalogue::created(std::string_view name) const {
  const database_entry* entry = registry_.find(name);
  return entry != nullptr && entry->created();
}

outcome stored_catalogue::create(std::string_view name) {
  const std::scoped_lock lock(saving_);
  database_entry* entry = registry_.find_or_add(name);
  if (entry == nullptr) {
    return failure{"too many databases: weir knows " + std::to_string(registry_.databases_max()) +
                   " already (limits.databases)"};
  }
  if (entry->created()) {
    return nothing{};
  }
  entry->set_created(true);
  auto saved = save();
  if (!saved) {
    entry->set_created(false);  // what a restart would forget is not promised
    return saved;
  }
  entry->set_listed(true);
  return nothing{};
}

outcome stored_catalogue::drop(std::string_view name) {
  const std::scoped_lock lock(saving_);
  database_entry* entry = registry_.find(name);
  if (entry == nullptr) {
    return nothing{};
  }
  entry->set_listed(false);
  if (!entry->created()) {
    return nothing{};
  }
  entry->set_created(false);
  return save();
}

outcome stored_catalogue::save() const {
  if (path_.empty()) {
    return nothing{};
  }
  std::string content(file_head);
  for (const database_entry* entry : registry_.entries()) {
    if (entry->created()) {
      content += entry->name();
      content += '\n';
    }
  }
  return replace_file(path_, content, kept_);
}

std::vector<catalogue::retention_policy> stored_catalogue::retention_policies(
    std::string_view database) const {
  const std::string name(database);
  const auto duration_of = [](const database_settings& policy) {
    return policy.retention ? policy.retention->count() : std::int64_t{0};
  };
  const auto own = policies_.find(name);
  const database_settings& base = own != policies_.end() ? own->second : policies_.at("*");
  std::vector<retention_policy> out{{"autogen", duration_of(base), true}};
  for (const auto& [key, policy] : policies_) {
    if (key.starts_with(name + "/") && key != name + "/autogen") {
      out.push_back({key.substr(name.size() + 1), duration_of(policy), false});
    }
  }
  return out;
}

}  // namespace weir
