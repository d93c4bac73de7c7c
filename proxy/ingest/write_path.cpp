// SPDX-License-Identifier: Apache-2.0
#include "ingest/write_path.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "accounts/database_registry.hpp"
#include "base/assert.hpp"
#include "config/checks/automatic.hpp"
#include "config/policy_lookup.hpp"
#include "gate/rules/rules.hpp"
#include "upstream/bucket_names.hpp"

namespace weir {
namespace {

// Jobs kept for the next requests.
constexpr std::size_t idle_jobs_max = 32;

}  // namespace

struct write_path::current_terms {
  explicit current_terms(std::shared_ptr<const write_terms> published) : are(std::move(published)) {
    if (are->rules != nullptr && !are->rules->empty()) {
      rules.emplace(*are->rules);
    }
  }
  ~current_terms() {
    if (rules) {
      rules->flush();  // of requests that were under way when other terms came
    }
  }
  current_terms(const current_terms&) = delete;
  current_terms& operator=(const current_terms&) = delete;

  const std::shared_ptr<const write_terms> are;
  std::optional<rule_engine> rules;
};

write_path::write_path(const write_services& services) : services_(services), turn_(services_) {
  renew_terms();
}

write_path::~write_path() = default;

/// The look at the version costs a request one load; a lock is taken once a reload.
void write_path::renew_terms() {
  const std::uint64_t version = services_.terms.version();
  if (version == terms_version_) {
    return;
  }
  terms_version_ = version;
  terms_ = std::make_shared<current_terms>(services_.terms.current());
  turn_.compress(terms_->are->configured->log.compression);
}

request_terms write_path::terms_of(const api::write_target& target) const {
  const write_terms& now = *terms_->are;
  return {.policy =
              now.policies != nullptr
                  ? &now.policies->find(target.database, target.retention_policy)
                  : &policy_for(now.configured->database, target.database, target.retention_policy),
          .rules = terms_->rules ? terms_->rules->rules_for(target.database) : nullptr,
          .upstream = now.upstream.get(),
          .line_bytes_max = static_cast<std::size_t>(
              std::min(now.configured->limits.line, services_.line_bytes_max == nullptr
                                                        ? std::numeric_limits<std::uint64_t>::max()
                                                        : services_.line_bytes_max->load())),
          .keeps = terms_};
}

write_job& write_path::idle_job() {
  if (idle_.empty()) {
    jobs_.push_back(
        std::make_unique<write_job>(services_, turn_, [this](write_job& job) { recycle(job); }));
    idle_.push_back(jobs_.back().get());
  }
  write_job& job = *idle_.back();
  idle_.pop_back();
  return job;
}

write_job* write_path::begin(const api::write_target& wanted, std::int64_t now_ns,
                             std::string& refusal, write_job::done finish, write_origin origin) {
  renew_terms();
  const write_terms& now = *terms_->are;
  const std::optional<api::write_target> named = by_name(wanted, now.upstream.get());
  const api::write_target& target = named ? *named : wanted;
  if (now.policies != nullptr && is_impossible(target, now.policies->takers_of(target.database))) {
    refusal = "invalid name";
    return nullptr;
  }
  database_entry* database = services_.databases.find_or_add(target.database);
  if (database == nullptr) {
    refusal = "too many databases: weir knows " +
              std::to_string(services_.databases.databases_max()) +
              " already (limits.databases) and \"" + target.database + "\" is not one of them";
    return nullptr;
  }
  write_job& job = idle_job();
  request_terms terms = terms_of(target);
  if (origin.line_bytes_max > 0) {
    terms.line_bytes_max = std::min(terms.line_bytes_max, origin.line_bytes_max);
  }
  job.begin(target, now_ns, *database, std::move(terms), std::move(finish), std::move(origin));
  return &job;
}

void write_path::release(write_job& job) {
  if (turn_.take_out(job.request())) {
    recycle(job);
  }
}

void write_path::recycle(write_job& job) {
  job.reset();
  if (idle_.size() < idle_jobs_max) {
    idle_.push_back(&job);
    return;
  }
  const auto owned = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&job](const auto& each) { return each.get() == &job; });
  WEIR_ASSERT(owned != jobs_.end());
  std::swap(*owned, jobs_.back());
  jobs_.pop_back();
}

void write_path::end_of_turn() {
  if (terms_->rules) {
    terms_->rules->flush();
  }
  turn_.end();
}

}  // namespace weir
