// SPDX-License-Identifier: Apache-2.0
//
// The rules are those of InfluxDB 1.6's meta store.
#include "upstream/catalogue/server_catalogue.hpp"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

using api::statement;
using api::statement_kind;

constexpr std::string_view first_policy = "autogen";
constexpr std::int64_t least_duration_ns = 3'600'000'000'000;

const std::string too_short = "retention policy duration must be at least 1h0m0s";
const std::string shards_too_long =
    "retention policy duration must be greater than the shard duration";
const std::string conflict = "retention policy conflicts with an existing policy";

std::string no_database(const std::string& name) {
  return "database not found: " + name;
}

/// Of a new policy, what its statement leaves open settled.
known_policy policy_of(const statement& what, std::string name) {
  known_policy made{.name = std::move(name)};
  made.duration_ns = what.terms.duration_ns.value_or(0);
  made.shard_duration_ns =
      api::shard_duration_of(what.terms.shard_duration_ns.value_or(0), made.duration_ns);
  made.replicas = what.terms.replicas.value_or(1);
  return made;
}

/// Why no policy may last so long; empty: it may.
std::string refused_durations(std::int64_t duration_ns, std::int64_t shard_ns) {
  if (duration_ns > 0 && duration_ns < least_duration_ns) {
    return too_short;
  }
  return duration_ns > 0 && duration_ns < shard_ns ? shards_too_long : std::string{};
}

bool same_terms(const known_policy& one, const known_policy& other) {
  return one.duration_ns == other.duration_ns && one.replicas == other.replicas &&
         one.shard_duration_ns == other.shard_duration_ns;
}

void make_default(known_database& of, const std::string& name) {
  for (known_policy& each : *of.policies) {
    each.is_default = each.name == name;
  }
  of.default_policy = name;
}

known_policy* find_in(known_database& of, const std::string& name) {
  const auto found = std::find_if(of.policies->begin(), of.policies->end(),
                                  [&](const known_policy& each) { return each.name == name; });
  return found == of.policies->end() ? nullptr : &*found;
}

}  // namespace

const known_policy* known_database::find(std::string_view policy) const {
  if (!policies) {
    return nullptr;
  }
  const auto found =
      std::find_if(policies->begin(), policies->end(), [&](const known_policy& each) {
        return policy.empty() ? each.is_default : each.name == policy;
      });
  return found == policies->end() ? nullptr : &*found;
}

bool known_database::has(std::string_view policy) const {
  return !policies || find(policy) != nullptr;
}

const known_database* server_catalogue::find(std::string_view database) const {
  const auto found = databases_.find(database);
  return found == databases_.end() ? nullptr : &found->second;
}

std::vector<std::string> server_catalogue::names() const {
  std::vector<std::pair<std::uint64_t, const std::string*>> ordered;
  ordered.reserve(databases_.size());
  for (const auto& [name, known] : databases_) {
    ordered.emplace_back(known.order, &name);
  }
  std::sort(ordered.begin(), ordered.end());
  std::vector<std::string> out;
  out.reserve(ordered.size());
  for (const auto& [order, name] : ordered) {
    out.push_back(*name);
  }
  return out;
}

void server_catalogue::set_names(const std::vector<std::string>& names) {
  std::map<std::string, known_database, std::less<>> listed;
  next_order_ = 1;
  whole_ = names.size() <= databases_max;
  for (const std::string& name : names) {
    if (listed.size() == databases_max) {
      break;
    }
    const auto known = databases_.find(name);
    known_database& made =
        listed
            .emplace(name, known == databases_.end() ? known_database{} : std::move(known->second))
            .first->second;
    made.order = next_order_++;
  }
  databases_ = std::move(listed);
}

void server_catalogue::set_policies(const std::string& database,
                                    std::optional<std::vector<known_policy>> policies) {
  auto known = databases_.find(database);
  if (known == databases_.end()) {
    if (databases_.size() == databases_max) {
      whole_ = false;
      return;
    }
    known = databases_.emplace(database, known_database{.order = next_order_++}).first;
  }
  known_database& of = known->second;
  of.policies = std::move(policies);
  if (const known_policy* now = of.find(""); now != nullptr) {
    of.default_policy = now->name;
  }
}

void server_catalogue::remove(std::string_view database) {
  if (const auto known = databases_.find(database); known != databases_.end()) {
    databases_.erase(known);
  }
}

std::string server_catalogue::apply(const statement& what) {
  switch (what.kind) {
    case statement_kind::create_database:
      return create_database(what);
    case statement_kind::drop_database:
      remove(what.database);
      return {};
    case statement_kind::create_policy:
      return create_policy(what);
    case statement_kind::alter_policy:
      return alter_policy(what);
    case statement_kind::drop_policy:
      drop_policy(what);
      return {};
    case statement_kind::show_databases:
    case statement_kind::show_retention_policies:
    case statement_kind::show_users:
    case statement_kind::show_data:
    case statement_kind::other:
      break;
  }
  return {};
}

std::string server_catalogue::create_database(const statement& what) {
  if (what.database.empty() || what.database.find('/') != std::string::npos ||
      (what.names_policy && (what.policy.empty() || what.policy.find('/') != std::string::npos))) {
    return "invalid name";
  }
  const std::string policy = what.names_policy ? what.policy : std::string(first_policy);
  known_policy made = policy_of(what, policy);
  if (std::string refused = refused_durations(made.duration_ns, made.shard_duration_ns);
      !refused.empty()) {
    return refused;
  }
  const auto known = databases_.find(what.database);
  if (known == databases_.end()) {
    made.is_default = true;
    set_policies(what.database, std::vector<known_policy>{std::move(made)});
    return {};
  }
  known_database& of = known->second;
  if (!what.has_terms() || !of.policies) {
    return {};
  }
  if (of.policies->empty()) {
    made.is_default = true;
    set_policies(what.database, std::vector<known_policy>{std::move(made)});
    return {};
  }
  const known_policy* same = find_in(of, policy);
  // What the statement leaves open is not compared.
  const bool matches =
      same != nullptr &&
      (!what.terms.duration_ns || *what.terms.duration_ns == same->duration_ns) &&
      (!what.terms.replicas || *what.terms.replicas == same->replicas) &&
      (!what.terms.shard_duration_ns || made.shard_duration_ns == same->shard_duration_ns);
  return matches && of.default_policy == policy ? std::string{} : conflict;
}

std::string server_catalogue::create_policy(const statement& what) {
  if (what.policy.empty() || what.policy.find('/') != std::string::npos) {
    return "invalid name";
  }
  known_policy made = policy_of(what, what.policy);
  if (std::string refused = refused_durations(made.duration_ns, made.shard_duration_ns);
      !refused.empty()) {
    return refused;
  }
  const auto known = databases_.find(what.database);
  if (known == databases_.end()) {
    return no_database(what.database);
  }
  known_database& of = known->second;
  if (!of.policies) {
    return {};
  }
  if (const known_policy* same = find_in(of, what.policy); same != nullptr) {
    if (!same_terms(*same, made)) {
      return "retention policy already exists";
    }
    return what.terms.make_default && of.default_policy != what.policy ? conflict : std::string{};
  }
  of.policies->push_back(std::move(made));
  if (what.terms.make_default) {
    make_default(of, what.policy);
  }
  return {};
}

std::string server_catalogue::alter_policy(const statement& what) {
  const auto known = databases_.find(what.database);
  if (known == databases_.end()) {
    return no_database(what.database);
  }
  known_database& of = known->second;
  if (!of.policies) {
    return {};
  }
  known_policy* const now = find_in(of, what.policy);
  if (now == nullptr) {
    return "retention policy not found: " + what.policy;
  }
  known_policy next = *now;
  next.duration_ns = what.terms.duration_ns.value_or(next.duration_ns);
  next.replicas = what.terms.replicas.value_or(next.replicas);
  if (what.terms.shard_duration_ns) {
    next.shard_duration_ns =
        api::shard_duration_of(*what.terms.shard_duration_ns, next.duration_ns);
  }
  if (std::string refused = refused_durations(next.duration_ns, next.shard_duration_ns);
      !refused.empty()) {
    return refused;
  }
  *now = std::move(next);
  if (what.terms.make_default) {
    make_default(of, what.policy);
  }
  return {};
}

void server_catalogue::drop_policy(const statement& what) {
  const auto known = databases_.find(what.database);
  if (known != databases_.end() && known->second.policies) {
    std::erase_if(*known->second.policies,
                  [&](const known_policy& each) { return each.name == what.policy; });
  }
}

bool operator==(const server_catalogue& one, const server_catalogue& other) {
  if (one.whole_ != other.whole_ || one.names() != other.names()) {
    return false;
  }
  return std::equal(one.databases_.begin(), one.databases_.end(), other.databases_.begin(),
                    [](const auto& a, const auto& b) {
                      return a.second.policies == b.second.policies &&
                             a.second.default_policy == b.second.default_policy;
                    });
}

}  // namespace weir
