// SPDX-License-Identifier: Apache-2.0
//
// The row that makes targets that write to standard output, one at a time: lines of two would mix.
#include <unistd.h>

#include <atomic>

#include "sinks/stdout/stdout_target_posix.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

std::atomic<bool> is_taken{false};

class only_stdout_target final : public stdout_target {
 public:
  only_stdout_target() noexcept : stdout_target(STDOUT_FILENO) {}
  ~only_stdout_target() override { is_taken = false; }
  only_stdout_target(const only_stdout_target&) = delete;
  only_stdout_target& operator=(const only_stdout_target&) = delete;
};

result<made_target> make(const sink_settings&, const target_environment&) {
  if (is_taken.exchange(true)) {
    return failure{"another sink writes to standard output; one can"};
  }
  return made_target{.http = nullptr, .to = std::make_unique<only_stdout_target>(), .collect = {}};
}

}  // namespace

extern const target_kind stdout_target_kind;
constinit const target_kind stdout_target_kind{
    .name = "stdout", .keeps_state = false, .make = make};

}  // namespace weir
