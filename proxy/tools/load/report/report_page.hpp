// SPDX-License-Identifier: Apache-2.0
//
// A report as one page, which needs nothing else, and the report in such a page. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "tools/load/report/load_report.hpp"

namespace weir {

/// `before`: the run to compare with, or nullptr.
[[nodiscard]] std::string report_page(const load_report& now, const load_report* before);

/// The run that the page is of. The failure says what is wrong, without the name of a file.
[[nodiscard]] result<load_report> read_report_page(std::string_view page);

}  // namespace weir
