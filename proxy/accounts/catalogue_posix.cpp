// SPDX-License-Identifier: Apache-2.0
#include "accounts/catalogue_posix.hpp"

#include <algorithm>

#include "files/file_operations.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

// First line of the file; then one name a line (names hold no control bytes).
constexpr std::string_view file_head = "weir databases 1\n";

struct read_names {
  /// The file is a list of databases.
  bool whole_head = false;
  std::vector<std::string> names;
  /// Lines that are no names, or were cut off.
  std::size_t damaged = 0;
};

read_names parse_names(std::string_view text) {
  read_names out;
  out.whole_head = text.starts_with(file_head);
  if (!out.whole_head) {
    return out;
  }
  text.remove_prefix(file_head.size());
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view name = text.substr(0, end);
    const bool clean = std::none_of(name.begin(), name.end(), [](char byte) {
      return static_cast<unsigned char>(byte) < ' ' || byte == '\x7f';
    });
    if (end == std::string_view::npos || name.empty() || !clean) {
      ++out.damaged;
    } else {
      out.names.emplace_back(name);
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

void journal_untold(const outcome& of) {
  if (!of) {
    journal_limited("databases", journal_level::warning,
                    "other weirs could not be told of a database: " + of.error().message);
  }
}

void list_named(const std::map<std::string, database_settings>& policies,
                database_registry& registry) {
  for (const auto& [name, policy] : policies) {
    if (name == "*") {
      continue;
    }
    if (database_entry* entry = registry.find_or_add(name.substr(0, name.find('/')))) {
      entry->set_listed(true);
    }
  }
}

}  // namespace

result<std::unique_ptr<stored_catalogue>> stored_catalogue::open(
    std::string path, database_registry& registry,
    const std::map<std::string, database_settings>& policies, durability kept, file_system& files) {
  list_named(policies, registry);
  std::unique_ptr<stored_catalogue> made(
      new stored_catalogue(std::move(path), registry, policies, kept, files));
  if (!made->path_.empty()) {
    if (auto loaded = made->load(); !loaded) {
      return loaded.error();
    }
  }
  return made;
}

outcome stored_catalogue::load() {
  auto content = read_small_file(path_, files_);
  if (!content) {
    return content.error();
  }
  if (!content.value()) {
    return nothing{};
  }
  const read_names found = parse_names(*content.value());
  if (!found.whole_head) {
    set_aside_ = path_ + ".damaged";
    if (auto moved = rename_file(path_, set_aside_, files_); !moved) {
      return moved;
    }
    journal(journal_level::error,
            path_ + " is no list of databases: it is now " + set_aside_ +
                ". Databases with points in the log are shown; those that clients created and that "
                "a sink is to create upstream have to be created again");
    return nothing{};
  }
  for (const std::string& name : found.names) {
    if (database_entry* entry = registry_.find_or_add(name)) {
      entry->set_created(true);
      entry->set_listed(true);
    }
  }
  if (found.damaged > 0) {
    journal(journal_level::error, path_ + ": " + std::to_string(found.damaged) +
                                      " line(s) are damaged or cut off, and passed over");
    // What follows is appended behind whole lines.
    return save();
  }
  size_ = content.value()->size();
  return nothing{};
}

void stored_catalogue::found_in_log(std::string_view name) {
  if (database_entry* entry = registry_.find_or_add(name)) {
    entry->set_listed(true);
  }
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
    return too_many();
  }
  if (entry->created()) {
    return nothing{};
  }
  entry->set_created(true);
  if (tell_) {
    entry->set_listed(true);
    tell_(name, database_news::created, journal_untold);
    return nothing{};
  }
  auto saved = append(name);
  if (!saved) {
    entry->set_created(false);  // what a restart would forget is not promised
    return saved;
  }
  entry->set_listed(true);
  return nothing{};
}

outcome stored_catalogue::too_many() const {
  return failure{"too many databases: weir knows " + std::to_string(registry_.databases_max()) +
                 " already (limits.databases)"};
}

void stored_catalogue::create_for_all(std::string_view name, told done) {
  if (!tell_) {
    done(create(name));
    return;
  }
  const database_entry* entry = registry_.find_or_add(name);
  if (entry == nullptr) {
    done(too_many());
  } else if (entry->created()) {
    done(nothing{});
  } else {
    tell_(name, database_news::created, std::move(done));
  }
}

void stored_catalogue::drop_for_all(std::string_view name, told done) {
  if (tell_) {
    tell_(name, database_news::dropped, std::move(done));
  } else {
    done(drop(name));
  }
}

void stored_catalogue::heard(std::string_view name, database_news what, bool is_old) {
  const bool is_created = what == database_news::created;
  database_entry* entry = is_created ? registry_.find_or_add(name) : registry_.find(name);
  if (entry != nullptr) {
    entry->set_created(is_created);
    entry->set_listed(is_created);
  } else if (is_created) {
    journal_limited("databases", journal_level::warning,
                    "another weir created database \"" + std::string(name) +
                        "\": " + too_many().error().message);
  }
  if (what == database_news::dropped && !is_old && dropped_) {
    dropped_(name);
  }
}

outcome stored_catalogue::drop(std::string_view name) {
  if (tell_) {
    tell_(name, database_news::dropped, journal_untold);
    static_cast<void>(forget(name));
    return nothing{};
  }
  outcome done = forget(name);
  if (done && dropped_) {
    dropped_(name);
  }
  return done;
}

void stored_catalogue::take_back(std::string_view name) {
  if (tell_) {
    tell_(name, database_news::taken_back, journal_untold);
    return;
  }
  if (auto forgotten = forget(name); !forgotten) {
    journal_limited("databases", journal_level::warning, forgotten.error().message);
  }
}

outcome stored_catalogue::forget(std::string_view name) {
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

/// All of them, in a new file.
outcome stored_catalogue::save() {
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
  file_.reset();
  size_ = 0;
  if (auto replaced = replace_file(path_, content, kept_, files_); !replaced) {
    return replaced;
  }
  size_ = content.size();
  return nothing{};
}

/// One more, behind the others: a hundred that are created one after the other cost a hundred
/// lines, and not a hundred files.
outcome stored_catalogue::append(std::string_view name) {
  if (path_.empty()) {
    return nothing{};
  }
  entry_kind is = entry_kind::missing;
  if (size_ == 0 || files_.kind(path_, is) < 0 || is != entry_kind::file) {
    return save();  // there is no file, or not any more
  }
  if (!file_.open()) {
    file_ = file_handle(files_, files_.open_to_write(path_));
    if (!file_.open()) {
      return file_failure("open", path_, file_.error());
    }
  }
  int error = file_.write_fully({name, "\n"}, size_);
  if (error == 0 && kept_ == durability::power) {
    error = file_.sync();
  }
  if (error < 0) {
    static_cast<void>(file_.truncate(size_));
    file_.reset();
    return file_failure("write", path_, error);
  }
  size_ += name.size() + 1;
  return nothing{};
}

void stored_catalogue::set_policies(const std::map<std::string, database_settings>& policies) {
  list_named(policies, registry_);
  const std::scoped_lock lock(policies_lock_);
  policies_ = policies;
}

std::vector<catalogue::retention_policy> stored_catalogue::retention_policies(
    std::string_view database) const {
  const std::scoped_lock lock(policies_lock_);
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
