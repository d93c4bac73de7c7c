// SPDX-License-Identifier: Apache-2.0
//
// Writes the classic text format, such that its reader reads the same names, values and bits of
// numbers. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "exposition/document.hpp"

namespace weir::exposition {

/// `# HELP` (where there is one, without carriage returns at its end) and `# TYPE`.
void append_family_head(std::string_view name, metric_type type, std::string_view help,
                        std::string& out);

/// `name{label="value"}`, in the order of the labels. Names that are not plain stand in quotes.
void append_series(std::string_view name, std::span<const label> labels, std::string& out);

/// The series, its value and a line feed.
void append_sample(std::string_view name, std::span<const label> labels, double value,
                   std::string& out);

}  // namespace weir::exposition
