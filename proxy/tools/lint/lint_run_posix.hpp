// SPDX-License-Identifier: Apache-2.0
//
// `weir lint` with its files: reads the input, writes what the linter says to standard output and
// standard error. Decides nothing about lines.
#pragma once

#include <string>

#include "base/result.hpp"
#include "tools/lint/lint.hpp"

namespace weir {

/// Lints the file, or standard input if it is called "-". The failure is one of reading or writing.
[[nodiscard]] result<lint_totals> lint_file(const std::string& path, const lint_options& options);

}  // namespace weir
