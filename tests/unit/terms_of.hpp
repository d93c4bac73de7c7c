// SPDX-License-Identifier: Apache-2.0
//
// The terms that writes of a test are judged by.
#pragma once

#include <memory>

#include "base/published.hpp"
#include "gate/rules/rules.hpp"
#include "ingest/write_terms.hpp"

namespace weir {

/// Terms that see what a test changes of `of` later; `of` outlives them.
[[nodiscard]] inline std::shared_ptr<const write_terms> terms_of(
    const settings& of, std::shared_ptr<const rule_set> rules = nullptr) {
  return std::make_shared<const write_terms>(
      write_terms{.configured = std::shared_ptr<const settings>(std::shared_ptr<void>{}, &of),
                  .rules = std::move(rules)});
}

}  // namespace weir
