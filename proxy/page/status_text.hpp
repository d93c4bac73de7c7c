// SPDX-License-Identifier: Apache-2.0
//
// The documents of the status page's API, as docs/api.md has them. Pure.
#pragma once

#include <string>

#include "base/text/json_writer.hpp"
#include "page/facts.hpp"

namespace weir::page {

/// `GET status`, one line: what is known, and the advice that follows from it.
[[nodiscard]] std::string status_text(const status_facts& known);

/// A database as `status.databases.shown` has it.
void write_database(const database_facts& one, json_writer& out);

}  // namespace weir::page
