// SPDX-License-Identifier: Apache-2.0
//
// Walks the tree of a configuration along the table of keys: every key must be known and its value
// right; then the rules between keys. It goes on after a mistake, to tell all of them at once.
#include "config/settings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>
#include <utility>

#include "config/checks/checks.hpp"
#include "config/checks/suggest.hpp"
#include "config/checks/table_checks.hpp"
#include "config/keys/keys.hpp"
#include "config/secrets.hpp"
#include "config/sinks/sink_kinds.hpp"
#include "config/sinks/sink_per_address.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, 12> section_names{"http",     "udp",  "tcp",     "user",
                                                         "push",     "log",  "letters", "limits",
                                                         "database", "rule", "sink",    "service"};

class reader {
 public:
  reader(config_issues& issues, const machine_names& machine)
      : issues_(issues), machine_(machine) {}

  settings read(const config_node& root);

 private:
  void tell(const config_node& node, std::string message) {
    issues_.push_back({node.place, std::move(message)});
  }
  // `path` is how the table is called in messages, `prefix` what stands before its keys in the
  // table of keys ("batch." or nothing).
  template <class S>
  void read_table(const config_node& table, const std::string& section, const std::string& path,
                  const std::string& prefix, const std::vector<config_key<S>>& keys, S& target);
  template <class S>
  void read_key(const config_node& node, const std::string& section, const std::string& path,
                const std::string& prefix, const std::vector<config_key<S>>& keys, S& target);
  template <class S>
  void read_section(const config_node& root, const std::string& section,
                    const std::vector<config_key<S>>& keys, S& target);

  void check_sections(const config_node& root);
  void read_databases(const config_node& root, settings& target);
  void read_sinks(const config_node& root, settings& target);
  template <class S>
  void read_listeners(const config_node& root, const std::string& section,
                      const std::vector<config_key<S>>& keys, std::vector<S>& target);
  void read_rules(const config_node& root, settings& target);
  void read_users(const config_node& root, settings& target);
  /// The tables of `[[name]]`; nullptr when there are none.
  const config_node* tables_of(const config_node& root, const std::string& name);
  sink_settings read_sink(const config_node& node);
  void settle_segment(const config_node& root, log_settings& log);
  void check_promise(const config_node& root, const log_settings& log);
  void check_kafka(const config_node& root, const settings& all);
  void check_letters(const config_node& root, const letter_settings& letters);
  void check_push(const config_node& root, const push_settings& push);
  void check_learning(const config_node& root, const settings& all);

  config_issues& issues_;
  const machine_names& machine_;
};

std::string unknown_key(const std::string& section, const std::string& path,
                        const std::string& name, const std::vector<std::string>& names) {
  const std::string full = path.empty() ? name : fmt::format("{}.{}", path, name);
  if (const std::string nearest = nearest_name(name, names); !nearest.empty()) {
    return fmt::format("unknown key `{}`{}", full, did_you_mean(nearest, '`'));
  }
  for (const key_description& elsewhere : known_keys()) {
    if (elsewhere.name == name && elsewhere.section != section) {
      return fmt::format("unknown key `{}`; `{}` belongs to [{}]", full, name, elsewhere.section);
    }
  }
  return fmt::format("unknown key `{}`; known here are: {}", full, fmt::join(names, ", "));
}

template <class S>
void reader::read_key(const config_node& node, const std::string& section, const std::string& path,
                      const std::string& prefix, const std::vector<config_key<S>>& keys,
                      S& target) {
  const std::string name = prefix + node.key;
  const auto row =
      std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.name == name; });
  const auto* other = std::get_if<other_value>(&node.scalar);
  if (row != keys.end() && node.is == config_node::kind::value && other != nullptr &&
      other->kind.empty()) {
    return;  // told already
  }
  if (row != keys.end()) {
    const outcome read = row->read(target, node.is == config_node::kind::value
                                               ? node.scalar
                                               : config_value{other_value{"a table"}});
    if (!read) {
      tell(node, fmt::format("`{}.{}`: {}", path, node.key, read.error().message));
    }
    return;
  }
  std::vector<std::string> names;
  bool is_group = false;
  for (const auto& key : keys) {
    if (key.name.starts_with(prefix)) {
      names.push_back(key.name.substr(prefix.size()));
      is_group = is_group || key.name.starts_with(name + ".");
    }
  }
  if (is_group && node.is == config_node::kind::table) {
    read_table(node, section, fmt::format("{}.{}", path, node.key), name + ".", keys, target);
  } else if (is_group) {
    tell(node,
         fmt::format("`{}.{}`: it must be a table such as {} = {{ {} }}", path, node.key, node.key,
                     node.key == "tls" ? R"(certificate = "cert.pem", key = "key.pem")"
                                       : R"(points = 5000, age = "1s")"));
  } else if (const std::string why = instead_of_key(section, name); !why.empty()) {
    tell(node, fmt::format("`{}.{}`: {}", path, node.key, why));
  } else {
    tell(node, unknown_key(section, path, node.key, names));
  }
}

template <class S>
void reader::read_table(const config_node& table, const std::string& section,
                        const std::string& path, const std::string& prefix,
                        const std::vector<config_key<S>>& keys, S& target) {
  for (const config_node& node : table.children) {
    read_key(node, section, path, prefix, keys, target);
  }
}

template <class S>
void reader::read_section(const config_node& root, const std::string& section,
                          const std::vector<config_key<S>>& keys, S& target) {
  const config_node* node = root.find(section);
  if (node == nullptr) {
    return;
  }
  if (node->is != config_node::kind::table) {
    tell(*node,
         fmt::format("`{}` must be a table: write [{}] and its keys below it", section, section));
    return;
  }
  read_table(*node, section, section, "", keys, target);
}

void reader::check_sections(const config_node& root) {
  const std::vector<std::string> names{section_names.begin(), section_names.end()};
  for (const config_node& node : root.children) {
    if (std::find(names.begin(), names.end(), node.key) != names.end()) {
      continue;
    }
    if (const std::string why = instead_of_key(node.key, ""); !why.empty()) {
      tell(node, fmt::format("`{}`: {}", node.key, why));
    } else {
      tell(node, unknown_key("", "", node.key, names));
    }
  }
}

// "*" < "db" < "db/rp": each starts from the finished one before it, so each table is read, and
// each of its mistakes told, once.
void reader::read_databases(const config_node& root, settings& target) {
  const config_node* list = root.find("database");
  if (list == nullptr) {
    return;
  }
  if (list->is != config_node::kind::table) {
    tell(*list, "`database` must be a table of tables: write [database.\"*\"]");
    return;
  }
  const auto rank = [](const config_node* node) {
    return node->key == "*" ? 0 : node->key.find('/') == std::string::npos ? 1 : 2;
  };
  std::vector<const config_node*> nodes;
  for (const config_node& node : list->children) {
    const std::string problem = check_database_name(node.key);
    if (!problem.empty()) {
      tell(node, fmt::format("`database.\"{}\"`: {}", node.key, problem));
    } else if (node.is != config_node::kind::table) {
      tell(node, fmt::format("`database.{}` must be a table: for every database write "
                             "[database.\"*\"] and its keys below it",
                             node.key));
    } else {
      nodes.push_back(&node);
    }
  }
  std::stable_sort(nodes.begin(), nodes.end(),
                   [&](const auto* one, const auto* other) { return rank(one) < rank(other); });
  for (const config_node* node : nodes) {
    const auto whole = target.database.find(node->key.substr(0, node->key.find('/')));
    database_settings merged =
        whole != target.database.end() ? whole->second : target.database.at("*");
    read_table(*node, "database", fmt::format("database.\"{}\"", node->key), "", database_keys(),
               merged);
    target.database[node->key] = merged;
  }
}

/// Which kind a sink is must be known before its other keys are read; that the value is wrong is
/// said when they are.
void settle_kind(const config_node& type, sink_settings& sink) {
  for (const auto& key : sink_keys()) {
    if (key.name == "type") {
      static_cast<void>(key.read(sink, type.scalar).ok());
    }
  }
}

/// `"influxdb", "file" or "null"`
std::string names_of_kinds() {
  const std::span<const sink_kind* const> kinds = sink_kinds();
  std::string names;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    names += fmt::format("{}\"{}\"",
                         i == 0                  ? ""
                         : i + 1 == kinds.size() ? " or "
                                                 : ", ",
                         kinds[i]->name);
  }
  return names;
}

sink_settings reader::read_sink(const config_node& node) {
  sink_settings sink;
  const std::size_t before = issues_.size();
  const config_node* name = node.find("name");
  const config_node* type = node.find("type");
  if (type != nullptr) {
    settle_kind(*type, sink);
  }
  read_table(node, "sink", "sink", "", sink_keys(), sink);
  if (name == nullptr) {
    tell(node, "this [[sink]] has no name; write name = \"influx\", for example");
  }
  if (type == nullptr && node.place.line == 0) {
    tell(node, fmt::format("there is no [[sink]] named \"{}\"; to add it, give its type too: "
                           "--set sink.{}.type=file",
                           sink.name, sink.name));
  } else if (type == nullptr) {
    tell(node, fmt::format("this [[sink]] has no type; write type = {}", names_of_kinds()));
  } else if (issues_.size() == before) {
    check_sink(node, sink, issues_);
    check_replicas(node, sink, issues_);
  }
  return sink;
}

const config_node* reader::tables_of(const config_node& root, const std::string& name) {
  const config_node* list = root.find(name);
  if (list == nullptr) {
    return nullptr;
  }
  const auto* none = std::get_if<std::vector<std::string>>(&list->scalar);
  if (list->is == config_node::kind::value && none != nullptr && none->empty()) {
    return nullptr;  // sink = []
  }
  if (list->is != config_node::kind::tables) {
    tell(*list,
         fmt::format("`{0}` must be a list of tables: write [[{0}]], in double brackets, for each",
                     name));
    return nullptr;
  }
  return list;
}

template <class S>
void reader::read_listeners(const config_node& root, const std::string& section,
                            const std::vector<config_key<S>>& keys, std::vector<S>& target) {
  const config_node* list = tables_of(root, section);
  if (list == nullptr) {
    return;
  }
  for (const config_node& node : list->children) {
    S one;
    read_table(node, section, section, "", keys, one);
    const auto same = [&](const S& other) { return other.listen == one.listen; };
    if (!one.listen.ends_with(":0") && std::any_of(target.begin(), target.end(), same)) {
      tell(node, fmt::format("another [[{}]] listens on \"{}\" already; give each its own address",
                             section, one.listen));
    }
    target.push_back(std::move(one));
  }
}

/// `databases = { "app*" = "write" }` as the list ["app*=write"] that its key reads.
config_node as_list(const config_node& grants) {
  config_node list = grants;
  list.is = config_node::kind::value;
  std::vector<std::string> texts;
  for (const config_node& each : grants.children) {
    if (const auto* right = std::get_if<std::string>(&each.scalar)) {
      texts.push_back(each.key + "=" + *right);
    } else if (const auto* rights = std::get_if<std::vector<std::string>>(&each.scalar)) {
      for (const std::string& one : *rights) {
        texts.push_back(each.key + "=" + one);
      }
    } else {
      texts.push_back(each.key + "=");
    }
  }
  list.scalar = std::move(texts);
  list.children.clear();
  return list;
}

void reader::read_users(const config_node& root, settings& target) {
  const config_node* list = tables_of(root, "user");
  if (list == nullptr) {
    return;
  }
  for (const config_node& node : list->children) {
    user_settings user;
    const std::size_t before = issues_.size();
    for (const config_node& each : node.children) {
      const bool grants = each.key == "databases" && each.is == config_node::kind::table;
      read_key(grants ? as_list(each) : each, "user", "user", "", user_keys(), user);
    }
    if (issues_.size() == before) {
      check_user(node, user, target, issues_);
    }
    target.users.push_back(std::move(user));
  }
}

void reader::read_rules(const config_node& root, settings& target) {
  const config_node* list = tables_of(root, "rule");
  if (list == nullptr) {
    return;
  }
  if (list->children.size() > rules_max) {
    tell(*list,
         fmt::format("there are {} rules; at most {} are taken", list->children.size(), rules_max));
    return;
  }
  for (const config_node& node : list->children) {
    rule_settings rule;
    const std::size_t before = issues_.size();
    read_table(node, "rule", "rule", "", rule_keys(), rule);
    const auto same = [&](const rule_settings& other) { return other.name == rule.name; };
    if (node.find("name") == nullptr) {
      tell(node, "this [[rule]] has no name; write name = \"no-debug\", for example");
    } else if (std::any_of(target.rules.begin(), target.rules.end(), same)) {
      tell(*node.find("name"),
           fmt::format("there is another rule named \"{}\"; give each its own name", rule.name));
    }
    if (node.find("action") == nullptr) {
      tell(node,
           "this [[rule]] has no action; write action = \"drop\", \"keep\", \"rename\", "
           "\"add_tag\", \"drop_tag\" or \"drop_field\"");
    } else if (issues_.size() == before) {
      check_rule(node, rule, issues_);
    }
    target.rules.push_back(std::move(rule));
  }
}

// Those that are meant for the time without another sink.
void switch_off(settings& target) {
  const auto alone = [](const sink_settings& sink) { return sink.only_if_alone; };
  if (std::all_of(target.sinks.begin(), target.sinks.end(), alone)) {
    return;
  }
  for (const sink_settings& sink : target.sinks) {
    if (sink.only_if_alone) {
      target.sinks_off.push_back(sink.name);
    }
  }
  std::erase_if(target.sinks, alone);
}

// Where no sink says whether queries go to its server, they go to the first InfluxDB that has all
// of what its sink takes.
void settle_queries(const config_node& list, settings& target) {
  if (std::any_of(list.children.begin(), list.children.end(),
                  [](const config_node& node) { return node.find("query") != nullptr; })) {
    return;
  }
  for (sink_settings& sink : target.sinks) {
    auto* const influxdb = std::get_if<influxdb_settings>(&sink.kind);
    if (influxdb != nullptr && influxdb->addresses != address_use::shard) {
      influxdb->query = true;
      return;
    }
  }
}

// From here on each address is a sink. Databases that learn from all of them learn from the first.
void replicate(settings& target) {
  std::vector<sink_settings> all;
  for (const sink_settings& sink : target.sinks) {
    std::vector<sink_settings> each = sink_per_address(sink);
    for (auto& [name, database] : target.database) {
      if (database.learn_from == sink.name) {
        database.learn_from = each.front().name;
      }
    }
    all.insert(all.end(), std::move_iterator(each.begin()), std::move_iterator(each.end()));
  }
  target.sinks = std::move(all);
}

void reader::read_sinks(const config_node& root, settings& target) {
  const config_node* list = tables_of(root, "sink");
  if (list == nullptr) {
    return;
  }
  for (const config_node& node : list->children) {
    target.sinks.push_back(read_sink(node));
  }
  check_sinks_together(*list, target.sinks, issues_);
  check_own_listener(*list, target, machine_, issues_);
  switch_off(target);
  settle_queries(*list, target);
  replicate(target);
}

// A small log without a segment size of its own gets small segments, because a log is emptied
// segment by segment.
void reader::settle_segment(const config_node& root, log_settings& log) {
  constexpr std::uint64_t least = std::uint64_t{1} << 20;
  const config_node* section = root.find("log");
  const config_node* written = section == nullptr ? nullptr : section->find("segment");
  if (written == nullptr) {
    log.segment = std::min(log.segment, std::max(least, log.keep / 4));
  } else if (log.segment > log.keep) {
    tell(*written, "`log.segment` is larger than `log.keep`; a quarter of it or less is sensible");
  }
}

void reader::check_promise(const config_node& root, const log_settings& log) {
  if (log.type == log_type::memory && log.acknowledge == acknowledge_mode::synced) {
    tell(*root.find("log")->find("acknowledge"),
         "`log.acknowledge`: a log of type \"memory\" is on no stable storage and cannot promise "
         "\"synced\"; use type \"local\", or \"received\"");
  }
}

void reader::check_kafka(const config_node& root, const settings& all) {
  const config_node* section = root.find("log");
  const bool both = has_role(all, "intake") && has_role(all, "sinks");
  if (all.log.type != log_type::kafka && !both) {
    tell(*root.find("service")->find("roles"),
         "`service.roles`: what one process takes another can deliver only if both have the same "
         "log; with log.type \"local\" or \"memory\" the roles are \"intake\" and \"sinks\" "
         "together");
  }
  if (all.log.type != log_type::kafka) {
    return;
  }
  const config_node* brokers = section->find("brokers");
  const auto* list =
      brokers == nullptr ? nullptr : std::get_if<std::vector<std::string>>(&brokers->scalar);
  if (brokers == nullptr || (list != nullptr && list->empty())) {  // else it is told what is wrong
    tell(*section->find("type"),
         "`log.type` is \"kafka\", and `log.brokers` names none: write some of the cluster's, as "
         "in brokers = [\"kafka-1:9092\"]");
  }
  if (all.log.acknowledge == acknowledge_mode::synced && all.log.kafka.replication == 1) {
    tell(*section->find("replication"),
         "`log.replication` is 1: one machine's loss takes the only copy, which `log.acknowledge` "
         "= \"synced\" promises not to happen; write 3 (or 2), or acknowledge = \"written\"");
  }
}

void reader::check_letters(const config_node& root, const letter_settings& letters) {
  if (letters.line <= letters.keep / 16) {  // escaped it may be six times as long
    return;
  }
  const config_node* section = root.find("letters");
  const config_node* written = section->find("line");
  tell(written != nullptr ? *written : *section->find("keep"),
       "`letters.line` is more than a sixteenth of `letters.keep`; it must not be");
}

void reader::check_push(const config_node& root, const push_settings& push) {
  const config_node* section = root.find("push");
  if (section != nullptr && push.ttl_least > push.ttl_most) {
    const config_node* written = section->find("ttl_least");
    tell(written != nullptr ? *written : *section->find("ttl_most"),
         "`push.ttl_least` is longer than `push.ttl_most`; it must not be");
  }
}

// Told where it is written: what a table takes over from a less particular one is told there.
void reader::check_learning(const config_node& root, const settings& all) {
  const config_node* list = root.find("database");
  if (list == nullptr || list->is != config_node::kind::table) {
    return;
  }
  for (const config_node& node : list->children) {
    const auto merged = all.database.find(node.key);
    if (merged == all.database.end()) {
      continue;
    }
    const database_settings& database = merged->second;
    const auto named =
        std::find_if(all.sinks.begin(), all.sinks.end(),
                     [&](const sink_settings& sink) { return sink.name == database.learn_from; });
    const config_node* from = node.find("learn_from");
    const bool is_influxdb = named != all.sinks.end() && named->as<influxdb_settings>() != nullptr;
    if (from != nullptr && !database.learn_from.empty() && !is_influxdb) {
      tell(*from, fmt::format("`database.\"{}\".learn_from`: there is no [[sink]] named \"{}\" of "
                              "type \"influxdb\"",
                              node.key, database.learn_from));
    } else if (from != nullptr && is_influxdb && named->as<influxdb_settings>()->version == 3) {
      tell(*from, fmt::format("`database.\"{}\".learn_from`: \"{}\" has version = 3, which nothing "
                              "is learnt from; use versions 1 and 2",
                              node.key, database.learn_from));
    }
    if (const config_node* retention = node.find("retention");
        retention != nullptr && database.learn_retention && database.learn_from.empty()) {
      tell(*retention, fmt::format("`database.\"{}\".retention`: \"learn\" needs learn_from = "
                                   "\"...\", the name of an influxdb sink",
                                   node.key));
    }
  }
}

settings reader::read(const config_node& root) {
  settings all;
  check_sections(root);
  read_section(root, "http", http_keys(), all.http);
  read_listeners(root, "udp", udp_keys(), all.udp);
  read_listeners(root, "tcp", tcp_keys(), all.tcp);
  read_users(root, all);
  read_section(root, "push", push_keys(), all.push);
  read_section(root, "log", log_keys(), all.log);
  read_section(root, "letters", letter_keys(), all.letters);
  read_section(root, "limits", limit_keys(), all.limits);
  read_section(root, "service", service_keys(), all.service);
  settle_segment(root, all.log);
  check_promise(root, all.log);
  check_kafka(root, all);
  check_letters(root, all.letters);
  check_push(root, all.push);
  read_databases(root, all);
  read_rules(root, all);
  read_sinks(root, all);
  check_line_listeners(root, all, issues_);
  check_tls(root, all, issues_);
  check_learning(root, all);
  return all;
}

failure tell_all(config_issues issues) {
  const auto order = [](const config_issue& issue) {
    return std::tuple{issue.place.line == 0, issue.place.line, issue.place.column};
  };
  std::stable_sort(issues.begin(), issues.end(),
                   [&](const auto& one, const auto& other) { return order(one) < order(other); });
  std::string text;
  for (std::size_t i = 0; i < std::min(issues.size(), config_issues_told_max); ++i) {
    text += fmt::format("{}{}: {}", i == 0 ? "" : "\n", issues[i].place.text(), issues[i].message);
  }
  if (issues.size() > config_issues_told_max) {
    text += fmt::format("\nand {} more", issues.size() - config_issues_told_max);
  }
  return {text};
}

}  // namespace

result<settings> read_settings(std::string_view toml_text, std::string_view file_name,
                               const std::vector<std::string>& sets, const environment& env,
                               const machine_names& machine) {
  config_issues issues;
  config_node root = parse_document(toml_text, file_name, env, issues);
  if (!issues.empty() && root.children.empty()) {
    return tell_all(std::move(issues));  // no TOML at all: what follows would mislead
  }
  for (const std::string& set : sets) {
    apply_set(root, set, env, issues);
  }
  settings all = reader{issues, machine}.read(root);
  if (!issues.empty()) {
    const std::vector<std::string> secrets = secrets_in(root);
    for (config_issue& issue : issues) {
      issue.message = without_secrets(std::move(issue.message), secrets);
    }
    return tell_all(std::move(issues));
  }
  return all;
}

}  // namespace weir
