// SPDX-License-Identifier: Apache-2.0
//
// Walks the tree of a configuration along the table of keys: every key must be known and its value
// right; then the rules between keys. It goes on after a mistake, to tell all of them at once.
#include "config/settings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "config/checks.hpp"
#include "config/keys.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, 9> section_names{
    "http", "udp", "log", "letters", "limits", "database", "rule", "sink", "service"};

class reader {
 public:
  explicit reader(config_issues& issues) : issues_(issues) {}

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
  void read_udp(const config_node& root, settings& target);
  void read_rules(const config_node& root, settings& target);
  void check_rule(const config_node& node, const rule_settings& rule);
  void check_rule_texts(const config_node& node, const rule_settings& rule);
  /// The tables of `[[name]]`; nullptr when there are none.
  const config_node* tables_of(const config_node& root, const std::string& name);
  sink_settings read_sink(const config_node& node);
  void check_sink(const config_node& node, const sink_settings& sink);
  void check_influxdb(const config_node& node, const sink_settings& sink);
  void check_sinks_together(const config_node& list, const std::vector<sink_settings>& sinks);
  void settle_segment(const config_node& root, log_settings& log);
  void check_promise(const config_node& root, const log_settings& log);
  void check_letters(const config_node& root, const letter_settings& letters);
  void check_learning(const config_node& root, const settings& made);

  config_issues& issues_;
};

// The nearest of `names`, when it is near enough to be what was meant.
std::string suggestion(std::string_view name, const std::vector<std::string>& names) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : names) {
    if (const std::size_t distance = edit_distance(name, candidate); distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return std::string{best};
}

std::string unknown_key(const std::string& section, const std::string& path,
                        const std::string& name, const std::vector<std::string>& names) {
  const std::string full = path.empty() ? name : fmt::format("{}.{}", path, name);
  const std::string nearest = suggestion(name, names);
  if (!nearest.empty()) {
    return fmt::format("unknown key `{}`; did you mean `{}`?", full, nearest);
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
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.name == name; });
  const auto* other = std::get_if<other_value>(&node.scalar);
  if (found != keys.end() && node.what == config_node::kind::value && other != nullptr &&
      other->kind.empty()) {
    return;  // told already
  }
  if (found != keys.end()) {
    const outcome read = found->read(target, node.what == config_node::kind::value
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
  if (is_group && node.what == config_node::kind::table) {
    read_table(node, section, fmt::format("{}.{}", path, node.key), name + ".", keys, target);
  } else if (is_group) {
    tell(node, fmt::format("`{}.{}`: it must be a table such as {} = {{ {} }}", path, node.key,
                           node.key, "points = 5000, age = \"1s\""));
  } else if (const std::string why = later_key(section, name); !why.empty()) {
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
  if (node->what != config_node::kind::table) {
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
    if (const std::string why = later_key(node.key, ""); !why.empty()) {
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
  if (list->what != config_node::kind::table) {
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
    } else if (node.what != config_node::kind::table) {
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

sink_settings reader::read_sink(const config_node& node) {
  sink_settings sink;
  const std::size_t before = issues_.size();
  read_table(node, "sink", "sink", "", sink_keys(), sink);
  const config_node* name = node.find("name");
  const config_node* type = node.find("type");
  if (name == nullptr) {
    tell(node, "this [[sink]] has no name; write name = \"influx\", for example");
  }
  if (type == nullptr && node.place.line == 0) {
    tell(node, fmt::format("there is no [[sink]] named \"{}\"; to add it, give its type too: "
                           "--set sink.{}.type=file",
                           sink.name, sink.name));
  } else if (type == nullptr) {
    tell(node,
         "this [[sink]] has no type; write type = \"influxdb\", \"remote_write\", \"file\" or "
         "\"null\"");
  } else if (issues_.size() == before) {
    check_sink(node, sink);
  }
  return sink;
}

// Of a sink whose every value is right by itself.
void reader::check_sink(const config_node& node, const sink_settings& sink) {
  for (const auto& key : sink_keys()) {
    const config_node* given = node.find(key.name);
    if (given != nullptr && !applies_to(key, sink.type)) {
      std::string types;
      for (const sink_type type : key.only) {
        types += fmt::format("{}\"{}\"", types.empty() ? "" : " and ", sink_type_name(type));
      }
      tell(*given, fmt::format("`sink.{}` applies to sinks of type {}, and \"{}\" is of type "
                               "\"{}\"; take it out",
                               key.name, types, sink.name, sink_type_name(sink.type)));
    }
  }
  if (sink.type == sink_type::influxdb && node.find("url") == nullptr) {
    tell(node, fmt::format("sink \"{}\" has no url; write url = \"http://127.0.0.1:8087\", for "
                           "example",
                           sink.name));
  }
  if (sink.type == sink_type::remote_write && node.find("url") == nullptr) {
    tell(node, fmt::format("sink \"{}\" has no url; write url = "
                           "\"http://127.0.0.1:9090/api/v1/write\", for example",
                           sink.name));
  }
  if (!sink.token.empty() && !sink.username.empty()) {
    tell(*node.find("token"), "`sink.token` and `sink.username` exclude each other; give one");
  }
  if (sink.type == sink_type::file && node.find("directory") == nullptr) {
    tell(node, fmt::format("sink \"{}\" has no directory; write directory = \"weir-data/lines\", "
                           "for example",
                           sink.name));
  }
  if (sink.type == sink_type::influxdb) {
    check_influxdb(node, sink);
  }
  if (sink.type == sink_type::remote_write && sink.version != 1) {
    tell(*node.find("version"),
         "`sink.version`: remote write 2 is not supported by this version; use 1");
  }
  if (sink.retry_least > sink.retry_most) {
    const config_node* given = node.find("retry_least");
    tell(given != nullptr ? *given : *node.find("retry_most"),
         "`sink.retry_least` is longer than `sink.retry_most`; it must not be");
  }
}

void reader::check_influxdb(const config_node& node, const sink_settings& sink) {
  // Of the other version, only what does nothing may stand there.
  const auto only = [&](std::uint32_t version, const char* name, bool given) {
    if (given && sink.version != version && node.find(name) != nullptr) {
      tell(*node.find(name),
           fmt::format("`sink.{}` applies to version = {}, and \"{}\" has version = {}", name,
                       version, sink.name, sink.version));
    }
  };
  only(1, "username", !sink.username.empty());
  only(1, "password", !sink.password.empty());
  only(1, "create_databases", sink.create_databases);
  only(2, "token", !sink.token.empty());
  only(2, "org", !sink.organization.empty());
  only(2, "bucket", !sink.bucket.empty());
  if (sink.username.empty() && !sink.password.empty()) {
    tell(*node.find("password"), "`sink.password` without `sink.username`; give both or neither");
  }
  if (sink.version == 2 && sink.organization.empty()) {
    tell(node, fmt::format("sink \"{}\" has no org; InfluxDB 2 wants one with each write: org = "
                           "\"my-org\", for example",
                           sink.name));
  }
}

void reader::check_sinks_together(const config_node& list,
                                  const std::vector<sink_settings>& sinks) {
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const bool named = !sinks[i].name.empty() && sinks[i].name == sinks[k].name;
      if (named) {
        tell(*list.children[i].find("name"),
             fmt::format("there is another sink named \"{}\"; give each its own name",
                         sinks[i].name));
        break;
      }
      const bool both_files = sinks[i].type == sink_type::file && sinks[k].type == sink_type::file;
      if (both_files && !sinks[i].directory.empty() && sinks[i].directory == sinks[k].directory) {
        tell(*list.children[i].find("directory"),
             fmt::format("sink \"{}\" writes to the same directory; give each its own",
                         sinks[k].name));
      }
    }
  }
}

const config_node* reader::tables_of(const config_node& root, const std::string& name) {
  const config_node* list = root.find(name);
  if (list == nullptr) {
    return nullptr;
  }
  const auto* none = std::get_if<std::vector<std::string>>(&list->scalar);
  if (list->what == config_node::kind::value && none != nullptr && none->empty()) {
    return nullptr;  // sink = []
  }
  if (list->what != config_node::kind::tables) {
    tell(*list,
         fmt::format("`{0}` must be a list of tables: write [[{0}]], in double brackets, for each",
                     name));
    return nullptr;
  }
  return list;
}

void reader::read_udp(const config_node& root, settings& target) {
  const config_node* list = tables_of(root, "udp");
  if (list == nullptr) {
    return;
  }
  for (const config_node& node : list->children) {
    udp_settings udp;
    read_table(node, "udp", "udp", "", udp_keys(), udp);
    const auto same = [&](const udp_settings& other) { return other.listen == udp.listen; };
    if (!udp.listen.ends_with(":0") && std::any_of(target.udp.begin(), target.udp.end(), same)) {
      tell(node, fmt::format("another [[udp]] listens on \"{}\" already; give each its own address",
                             udp.listen));
    }
    target.udp.push_back(std::move(udp));
  }
}

// Of a rule whose every value is right by itself. What stands at its default means nothing.
void reader::check_rule(const config_node& node, const rule_settings& rule) {
  const bool renames = rule.action == rule_action::rename;
  const bool renames_measurement = renames && rule.what == rule_subject::measurement;
  const bool loses = rule.action == rule_action::drop || rule.action == rule_action::keep;
  const auto wants = [&](bool wanted, const char* name, bool given) {
    if (wanted && !given) {
      tell(node, fmt::format("rule \"{}\" has no `{}`; its action needs one", rule.name, name));
    } else if (!wanted && given) {
      tell(*node.find(name),
           fmt::format("`rule.{}` means nothing to what rule \"{}\" does; take it "
                       "out",
                       name, rule.name));
    }
  };
  wants(!loses && !renames_measurement, "key", !rule.key.empty());
  wants(renames || rule.action == rule_action::add_tag, "to", !rule.to.empty());
  if (renames_measurement && rule.measurement.empty()) {
    wants(true, "measurement", false);
  }
  if (!renames && rule.what != rule_subject::measurement) {
    wants(false, "what", true);
  }
  if (rule.tag.empty() && rule.tag_value != rule_settings{}.tag_value) {
    tell(*node.find("tag_value"), "`rule.tag_value` without `rule.tag`; give both or neither");
  }
  const bool always =
      node.find("databases") == nullptr && rule.measurement.empty() && rule.tag.empty();
  if (rule.action == rule_action::drop && always && node.find("tag_value") == nullptr) {
    tell(node, fmt::format("rule \"{}\" would drop every point; give it `databases`, `measurement` "
                           "or `tag` (measurement = \".*\" if that is what it is for)",
                           rule.name));
  }
  check_rule_texts(node, rule);
}

void reader::check_rule_texts(const config_node& node, const rule_settings& rule) {
  const bool adds = rule.action == rule_action::add_tag;
  if (const std::string problem = adds ? "" : check_regex(rule.key); !problem.empty()) {
    tell(*node.find("key"), fmt::format("`rule.key`: {}", problem));
    return;
  }
  if (rule.action == rule_action::rename) {
    const bool of_measurement = rule.what == rule_subject::measurement;
    const std::string problem =
        check_rewrite(of_measurement ? rule.measurement : rule.key, rule.to);
    if (!problem.empty()) {
      tell(*node.find("to"), fmt::format("`rule.to`: {}", problem));
    }
  }
  struct literal {
    const char* key;
    const std::string& text;
    bool checked;
  };
  for (const literal& one : {literal{"tag", rule.tag, true}, literal{"key", rule.key, adds},
                             literal{"to", rule.to, adds}}) {
    if (one.checked && (one.text.find('\n') != std::string::npos || one.text.ends_with('\\'))) {
      tell(*node.find(one.key),
           fmt::format("`rule.{}`: line protocol cannot hold a name that ends in "
                       "a backslash or has a line feed in it",
                       one.key));
    }
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
      check_rule(node, rule);
    }
    target.rules.push_back(std::move(rule));
  }
}

void reader::read_sinks(const config_node& root, settings& target) {
  const config_node* list = tables_of(root, "sink");
  if (list == nullptr) {
    return;
  }
  for (const config_node& node : list->children) {
    target.sinks.push_back(read_sink(node));
  }
  check_sinks_together(*list, target.sinks);
}

// A small log without a segment size of its own gets small segments, because a log is emptied
// segment by segment.
void reader::settle_segment(const config_node& root, log_settings& log) {
  constexpr std::uint64_t least = std::uint64_t{1} << 20;
  const config_node* section = root.find("log");
  const config_node* given = section == nullptr ? nullptr : section->find("segment");
  if (given == nullptr) {
    log.segment = std::min(log.segment, std::max(least, log.keep / 4));
  } else if (log.segment > log.keep) {
    tell(*given, "`log.segment` is larger than `log.keep`; a quarter of it or less is sensible");
  }
}

void reader::check_promise(const config_node& root, const log_settings& log) {
  if (log.type == log_type::memory && log.acknowledge == acknowledge_mode::synced) {
    tell(*root.find("log")->find("acknowledge"),
         "`log.acknowledge`: a log of type \"memory\" is on no stable storage and cannot promise "
         "\"synced\"; use type \"local\", or \"received\"");
  }
}

void reader::check_letters(const config_node& root, const letter_settings& letters) {
  if (letters.line <= letters.keep / 16) {  // escaped it may be six times as long
    return;
  }
  const config_node* section = root.find("letters");
  const config_node* given = section->find("line");
  tell(given != nullptr ? *given : *section->find("keep"),
       "`letters.line` is more than a sixteenth of `letters.keep`; it must not be");
}

// Told where it is written: what a table takes over from a less particular one is told there.
void reader::check_learning(const config_node& root, const settings& made) {
  const config_node* list = root.find("database");
  if (list == nullptr || list->what != config_node::kind::table) {
    return;
  }
  for (const config_node& node : list->children) {
    const auto merged = made.database.find(node.key);
    if (merged == made.database.end()) {
      continue;
    }
    const database_settings& database = merged->second;
    const auto named =
        std::find_if(made.sinks.begin(), made.sinks.end(),
                     [&](const sink_settings& sink) { return sink.name == database.learn_from; });
    const config_node* from = node.find("learn_from");
    const bool is_influxdb = named != made.sinks.end() && named->type == sink_type::influxdb;
    if (from != nullptr && !database.learn_from.empty() && !is_influxdb) {
      tell(*from, fmt::format("`database.\"{}\".learn_from`: there is no [[sink]] named \"{}\" of "
                              "type \"influxdb\"",
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
  settings made;
  check_sections(root);
  read_section(root, "http", http_keys(), made.http);
  read_udp(root, made);
  read_section(root, "log", log_keys(), made.log);
  read_section(root, "letters", letter_keys(), made.letters);
  read_section(root, "limits", limit_keys(), made.limits);
  read_section(root, "service", service_keys(), made.service);
  settle_segment(root, made.log);
  check_promise(root, made.log);
  check_letters(root, made.letters);
  read_databases(root, made);
  read_rules(root, made);
  read_sinks(root, made);
  check_learning(root, made);
  return made;
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
                               const std::vector<std::string>& sets, const environment& env) {
  config_issues issues;
  config_node root = parse_document(toml_text, file_name, env, issues);
  if (!issues.empty() && root.children.empty()) {
    return tell_all(std::move(issues));  // no TOML at all: what follows would mislead
  }
  for (const std::string& set : sets) {
    apply_set(root, set, env, issues);
  }
  settings made = reader{issues}.read(root);
  if (!issues.empty()) {
    return tell_all(std::move(issues));
  }
  return made;
}

}  // namespace weir
