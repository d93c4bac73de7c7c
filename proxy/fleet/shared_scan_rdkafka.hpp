// SPDX-License-Identifier: Apache-2.0
//
// The topic that weirs share, for commands that look at it or take something out of it while weirs
// run. Each call waits.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kafka/client.hpp"

namespace weir {

struct shared_scan_options {
  kafka_client_options client;
  std::string topic;
  /// For which nothing may come, and for what is written.
  std::chrono::milliseconds at_most{10'000};
};

/// Shows each record of the topic up to where it ends now. Fails where there is no such topic.
[[nodiscard]] outcome scan_shared_topic(const shared_scan_options& from,
                                        const std::function<void(const kafka_record&)>& take);

/// Takes the records of these keys out of the topic: all weirs forget what they said.
[[nodiscard]] outcome take_out_of_shared_topic(const shared_scan_options& from,
                                               const std::vector<std::string>& keys);

}  // namespace weir
