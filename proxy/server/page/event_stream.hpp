// SPDX-License-Identifier: Apache-2.0
//
// The answer that a client watches: it goes on until the client leaves, a reload or the end of
// weir. Thread: the intake loop's.
#pragma once

#include "server/exchanges/answering_exchange.hpp"

namespace weir {

class page_service;

/// Begins with the document of this moment; then each that the service makes, but for those that
/// its client does not read in time. 503 where too many watch.
[[nodiscard]] http::response event_stream_answer(exchange_home& home, http::connection& on,
                                                 page_service& service);

}  // namespace weir
