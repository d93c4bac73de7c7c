// SPDX-License-Identifier: Apache-2.0
#include "ingest/write_path.hpp"

#include <algorithm>
#include <utility>

#include "accounts/database_registry.hpp"
#include "base/assert.hpp"
#include "config/checks/automatic.hpp"
#include "upstream/bucket_names.hpp"

namespace weir {
namespace {

// Jobs kept for the next requests.
constexpr std::size_t idle_jobs_max = 32;

}  // namespace

write_path::write_path(const write_services& services) : services_(services), turn_(services_) {
  if (services.rules != nullptr && !services.rules->empty()) {
    rules_.emplace(*services.rules);
  }
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
  const std::optional<api::write_target> named = by_name(wanted, services_.upstream);
  const api::write_target& target = named ? *named : wanted;
  if (services_.policies != nullptr &&
      is_impossible(target, services_.policies->takers_of(target.database))) {
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
  job.begin(target, now_ns, *database, rules_ ? rules_->rules_for(target.database) : nullptr,
            std::move(finish), std::move(origin));
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
  if (rules_) {
    rules_->flush();
  }
  turn_.end();
}

}  // namespace weir
