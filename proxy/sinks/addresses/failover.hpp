// SPDX-License-Identifier: Apache-2.0
//
// A transfer to the first of several addresses that answers. Targets write their requests to the
// first address and know nothing of the others. Pure: how bytes travel is the inner transfer's
// part. Lives on its sink's thread, but for the counters.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/transfer.hpp"
#include "observe/metrics.hpp"
#include "sinks/addresses/address_choice.hpp"
#include "sinks/addresses/address_urls.hpp"

namespace weir {

/// Numbers of a sink's addresses. Written on its thread, read on any.
struct address_counters {
  struct one {
    /// As people read it: without secrets.
    std::string url;
    counter requests;
    counter failures;
    counter in_use;
    explicit one(std::string where) : url(std::move(where)) {}
  };
  std::vector<std::unique_ptr<one>> addresses;

  explicit address_counters(const std::vector<std::string>& urls);
  void collect(std::string_view sink_name, metric_collector& out) const;
};

class failover final : public transfer {
 public:
  struct parts {
    std::unique_ptr<transfer> inner;
    /// At least one; requests begin with the first one.
    std::vector<std::string> urls;
    /// For the journal.
    std::string sink_name;
    std::shared_ptr<address_counters> counters;
    /// Monotonic milliseconds.
    std::function<std::int64_t()> now_ms;
  };
  /// An address that is down is asked whether it answers again, and waited for so long at most.
  static constexpr std::chrono::milliseconds probe_timeout{5'000};

  explicit failover(parts made);

  [[nodiscard]] std::size_t address() const noexcept override { return choice_.current(); }
  void post(transfer_request request, done on_done) override;
  void abort() override { parts_.inner->abort(); }

 private:
  void ask(std::size_t which, const transfer_request& like, std::string_view path);
  void note(std::size_t which, const http_reply& reply, bool of_probe);
  void moved(std::size_t from, const http_reply& reply);

  parts parts_;
  const address_urls urls_;
  address_choice choice_;
};

}  // namespace weir
