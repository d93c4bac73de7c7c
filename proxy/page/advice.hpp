// SPDX-License-Identifier: Apache-2.0
//
// What a person has to do, decided from what is known, and nothing else: each cause has a rule here
// with its sentences. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "page/facts.hpp"

namespace weir::page {

[[nodiscard]] std::string_view name_of(urgency level) noexcept;

/// The most urgent first. A cause that many have alike is told once.
[[nodiscard]] std::vector<advice> advise(const status_facts& known);

/// What happens to the log next, and when: one sentence.
[[nodiscard]] std::string what_comes_next(const status_facts& known);

}  // namespace weir::page
