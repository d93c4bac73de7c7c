// SPDX-License-Identifier: Apache-2.0
#include "config/checks/table_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/checks/automatic.hpp"
#include "config/checks/checks.hpp"
#include "config/keys/keys.hpp"
#include "config/sinks/sink_kinds.hpp"
#include "config/sinks/sink_per_address.hpp"

namespace weir {
namespace {

struct teller {
  config_issues& issues;

  void operator()(const config_node& node, std::string message) const {
    issues.push_back({node.place, std::move(message)});
  }
};

void check_rule_texts(const config_node& node, const rule_settings& rule, const teller& tell) {
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

/// Of themselves, or of what becomes of them with several addresses.
bool share_a_name(const sink_settings& one, const sink_settings& other) {
  if (one.name == other.name) {
    return true;
  }
  const std::vector<sink_settings> others = sink_per_address(other);
  for (const sink_settings& each : sink_per_address(one)) {
    if (std::any_of(others.begin(), others.end(),
                    [&](const sink_settings& also) { return also.name == each.name; })) {
      return true;
    }
  }
  return false;
}

}  // namespace

// Of a sink whose every value is right by itself.
void check_sink(const config_node& node, const sink_settings& sink, config_issues& issues) {
  const teller tell{issues};
  const sink_kind& kind = kind_of(sink);
  for (const auto& key : sink_keys()) {
    const config_node* written = node.find(key.name);
    if (written != nullptr && !applies_to(key, sink)) {
      std::string types;
      for (const std::string_view type : key.only) {
        types += fmt::format("{}\"{}\"", types.empty() ? "" : " and ", type);
      }
      tell(*written, fmt::format("`sink.{}` applies to sinks of type {}, and \"{}\" is of type "
                                 "\"{}\"; take it out",
                                 key.name, types, sink.name, kind.name));
    }
  }
  kind.check(node, sink, issues);
  if (sink.retry_least > sink.retry_most) {
    const config_node* written = node.find("retry_least");
    tell(written != nullptr ? *written : *node.find("retry_most"),
         "`sink.retry_least` is longer than `sink.retry_most`; it must not be");
  }
}

void check_sinks_together(const config_node& list, const std::vector<sink_settings>& sinks,
                          config_issues& issues) {
  const teller tell{issues};
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const bool named = !sinks[i].name.empty() && share_a_name(sinks[i], sinks[k]);
      if (named) {
        tell(*list.children[i].find("name"),
             fmt::format("there is another sink named \"{}\"; give each its own name",
                         sinks[i].name));
        break;
      }
      const auto* one = sinks[i].as<file_settings>();
      const auto* other = sinks[k].as<file_settings>();
      if (one != nullptr && other != nullptr && !one->directory.empty() &&
          one->directory == other->directory) {
        tell(*list.children[i].find("directory"),
             fmt::format("sink \"{}\" writes to the same directory; give each its own",
                         sinks[k].name));
      }
    }
  }
}

void check_own_listener(const config_node& list, const settings& all, const machine_names& machine,
                        config_issues& issues) {
  for (std::size_t i = 0; i < all.sinks.size(); ++i) {
    const sink_settings& sink = all.sinks[i];
    if (const std::string fault = own_listener_fault(sink, all.http, machine); !fault.empty()) {
      const config_node& node = list.children[i];
      const config_node* url = node.find("url");
      issues.push_back({(url != nullptr ? *url : node).place, fault});
    }
  }
}

namespace {

/// A line's share of the memory at most: what it becomes on its way needs room, too.
constexpr std::uint64_t memory_for_lines = 16;

const config_node& written(const config_node& table, std::string_view key) {
  const config_node* node = table.find(std::string(key));
  return node != nullptr ? *node : table;
}

template <class S>
void check_policies(const config_node& root, const std::string& section,
                    const std::vector<S>& listeners, const settings& all, config_issues& issues) {
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const std::string& text = listeners[i].database;
    const std::size_t first = text.find('/');
    if (first != text.rfind('/') && takers_of(all.sinks, text.substr(0, first)).influxdb_1) {
      issues.push_back(
          {written(root.find(section)->children[i], "database").place,
           fmt::format("`{}.database`: \"{}\" has several slashes, which no retention policy of "
                       "the InfluxDB 1 that takes it can have; write \"name\" or "
                       "\"name/retention_policy\"",
                       section, text)});
    }
  }
}

}  // namespace

void check_line_listeners(const config_node& root, const settings& all, config_issues& issues) {
  check_policies(root, "udp", all.udp, all, issues);
  check_policies(root, "tcp", all.tcp, all, issues);
  for (std::size_t i = 0; i < all.udp.size(); ++i) {
    if (all.udp[i].sockets > 1 && all.udp[i].listen.starts_with("unix:")) {
      issues.push_back({written(root.find("udp")->children[i], "sockets").place,
                        "`udp.sockets`: a Unix socket cannot be shared; take it out"});
    }
  }
  for (std::size_t i = 0; i < all.tcp.size(); ++i) {
    const std::uint64_t line = std::min(all.tcp[i].line_limit, all.limits.line);
    if (line > all.limits.memory / memory_for_lines) {
      issues.push_back({written(root.find("tcp")->children[i], "line_limit").place,
                        "`tcp.line_limit` is more than a sixteenth of `limits.memory`; it must not "
                        "be"});
    }
  }
}

namespace {

void check_tls_of(const config_node* table, std::string_view section, const tls_settings& tls,
                  config_issues& issues) {
  const config_node* node = table == nullptr ? nullptr : table->find("tls");
  if (node == nullptr) {
    return;
  }
  if (tls.certificate.empty() != tls.key.empty()) {
    issues.push_back({node->place, fmt::format("`{}.tls`: {} is missing; write certificate and key",
                                               section, tls.key.empty() ? "key" : "certificate")});
  } else if (tls.certificate.empty() && !tls.client_ca.empty()) {
    issues.push_back(
        {node->place,
         fmt::format("`{}.tls`: client_ca needs certificate and key beside it", section)});
  }
}

}  // namespace

void check_tls(const config_node& root, const settings& all, config_issues& issues) {
  check_tls_of(root.find("http"), "http", all.http.tls, issues);
  for (std::size_t i = 0; i < all.tcp.size(); ++i) {
    check_tls_of(&root.find("tcp")->children[i], "tcp", all.tcp[i].tls, issues);
  }
}

void check_user(const config_node& node, const user_settings& user, const settings& before,
                config_issues& issues) {
  const auto tell = [&](std::string_view key, std::string message) {
    issues.push_back({written(node, key).place, std::move(message)});
  };
  const auto any = [&](auto same) {
    return std::any_of(before.users.begin(), before.users.end(), same);
  };
  if (user.name.empty()) {
    tell("name", "this [[user]] has no name; write name = \"telegraf\", for example");
  } else if (any([&](const user_settings& other) { return other.name == user.name; })) {
    tell("name",
         fmt::format("there is another user named \"{}\"; give each its own name", user.name));
  }
  if (!user.password.empty() && !user.password_hash.empty()) {
    tell("password", "`user.password` and `user.password_hash` exclude each other; write one");
  }
  if (user.password.empty() && user.password_hash.empty() && user.token.empty() &&
      before.http.jwt_secret.empty()) {
    tell("name", fmt::format("user \"{}\" has neither a password nor a token; write "
                             "password_hash = \"...\" (weir user hash), or token = \"${{NAME}}\"",
                             user.name));
  }
  if (!user.token.empty() &&
      any([&](const user_settings& other) { return other.token == user.token; })) {
    tell("token", "another user has the same token; give each its own");
  }
}

std::string own_listener_fault(const sink_settings& sink, const http_settings& http,
                               const machine_names& machine) {
  const std::vector<std::string> urls = kind_of(sink).texts(sink).urls;
  for (const std::string& url : urls) {
    for (const auto& [key, listening] : {std::pair{"http.listen", &http.listen},
                                         std::pair{"http.quiet_listen", &http.quiet_listen},
                                         std::pair{"http.admin_listen", &http.admin_listen}}) {
      if (const auto own = own_listener(url, *listening, machine)) {
        return fmt::format(
            "`sink.{}`: sink \"{}\" would deliver to weir itself ({} has \"{}\"), and each point "
            "would come back without end; give the address of the database, and let weir or the "
            "database listen on another port",
            urls.size() > 1 ? "urls" : "url", sink.name, key, *own);
      }
    }
  }
  return {};
}

// Of a rule whose every value is right by itself. What stands at its default means nothing.
void check_rule(const config_node& node, const rule_settings& rule, config_issues& issues) {
  const teller tell{issues};
  const bool renames = rule.action == rule_action::rename;
  const bool renames_measurement = renames && rule.what == rule_subject::measurement;
  const bool loses = rule.action == rule_action::drop || rule.action == rule_action::keep;
  const auto wants = [&](bool wanted, const char* name, bool is_written) {
    if (wanted && !is_written) {
      tell(node, fmt::format("rule \"{}\" has no `{}`; its action needs one", rule.name, name));
    } else if (!wanted && is_written) {
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
  check_rule_texts(node, rule, tell);
}

}  // namespace weir
