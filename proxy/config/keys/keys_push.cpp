// SPDX-License-Identifier: Apache-2.0
//
// The rows of [push].
#include "config/job_ttl.hpp"
#include "config/keys/key_builders.hpp"

namespace weir {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr hours ttl_longest{24 * 3650};

std::string check_job_ttl(std::string_view text) {
  const auto read = read_job_ttl(text);
  return read ? std::string{} : read.error().message;
}

}  // namespace

const std::vector<config_key<push_settings>>& push_keys() {
  using S = push_settings;
  static const std::vector<config_key<S>> keys{
      bool_key<S>("enabled", "take metrics that jobs push, as Prometheus' Pushgateway does",
                  WEIR_MEMBER(enabled)),
      text_key<S>("database",
                  "\"database\" or \"database/retention_policy\" of what is pushed without db=",
                  WEIR_MEMBER(database), check_udp_database),
      duration_key<S>("ttl_least", seconds{1}, ttl_longest,
                      "how long a group lives at least after its last push",
                      WEIR_MEMBER(ttl_least)),
      duration_key<S>("ttl_most", seconds{1}, ttl_longest,
                      "and at most; in between it is five times the interval of its pushes",
                      WEIR_MEMBER(ttl_most)),
      duration_key<S>("ttl_once", seconds{1}, ttl_longest,
                      "the same of a group that was pushed once", WEIR_MEMBER(ttl_once)),
      list_key<S>("job_ttl", "[\"nightly_*: 26h\"]",
                  "how long groups of these jobs live, whatever their interval; \"inf\": for ever",
                  WEIR_MEMBER(job_ttl), check_job_ttl, /*may_be_empty=*/true),
      duration_key<S>("repeat", milliseconds{0}, hours{1},
                      "after how long what was not pushed again is written again, as long as its "
                      "group lives; 0s: never",
                      WEIR_MEMBER(repeat)),
      choice_key<S, push_time_mode>(
          "timestamps", {{"reject", push_time_mode::reject}, {"keep", push_time_mode::keep}}, {},
          "of pushed samples with a time of their own: answer 400, or take it",
          WEIR_MEMBER(timestamps)),
      choice_key<S, job_suffix_mode>(
          "job_suffix",
          {{"keep", job_suffix_mode::keep},
           {"strip", job_suffix_mode::strip},
           {"label", job_suffix_mode::to_label}},
          {},
          "of jobs that end in 32 hexadecimal digits, as Flink's: leave "
          "these, take them off, or move them to the label flink_process",
          WEIR_MEMBER(job_suffix)),
      bool_key<S>("wipe", "PUT /api/v1/admin/wipe forgets all groups (http.admin says who may)",
                  WEIR_MEMBER(wipe)),
  };
  return keys;
}

}  // namespace weir
