// SPDX-License-Identifier: Apache-2.0
//
// What /health and /ready are answered from, asked of everybody who knows. Any intake loop.
#pragma once

#include "server/health_report.hpp"
#include "server/http_service.hpp"

namespace weir {

[[nodiscard]] health_facts facts_of(const http_services& services);

}  // namespace weir
