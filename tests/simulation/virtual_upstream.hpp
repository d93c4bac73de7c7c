// SPDX-License-Identifier: Apache-2.0
//
// The server behind one sink: an InfluxDB 1 or 2 in memory that answers late, wrongly, by half or
// not at all, as the weather says. It reads requests as they go over the wire, so that what weir
// sends is what counts, and tells the model what it stored and what weir was told.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net/transfer.hpp"
#include "simulation/model.hpp"
#include "simulation/random.hpp"
#include "simulation/trace.hpp"
#include "simulation/virtual_disk.hpp"

namespace weir::simulation {

struct upstream_weather {
  /// Connections are refused.
  bool down = false;
  /// One of so many requests goes wrong in a way that is drawn; 0: none does.
  std::uint32_t wrong_one_in = 0;
  /// Bodies above this are answered 413; 0: none is.
  std::uint64_t body_bytes_max = 0;
  std::int64_t answer_ms_least = 1;
  std::int64_t answer_ms_most = 20;
};

/// How an upstream refuses a poisoned line.
enum class poison_kind : std::uint8_t { unparsable, conflict };

class virtual_upstream {
 public:
  struct identity {
    std::size_t sink = 0;
    int version = 1;
    poison_kind poison = poison_kind::unparsable;
  };

  virtual_upstream(identity is, model& truth, dice& chance, const virtual_clock& clock,
                   trace& events)
      : is_(is), truth_(truth), chance_(chance), clock_(clock), events_(events) {}

  upstream_weather weather;
  /// What exists there: databases (version 1) or buckets (version 2).
  std::set<std::string> databases;

  void arrive(std::uint64_t connection, transfer_request sent, transfer::done on_done);
  /// The client of these requests is gone; some are served all the same, and nobody is told.
  void abandon(std::uint64_t connection);
  /// When it has something to do; nothing without requests.
  [[nodiscard]] std::optional<std::int64_t> due_ms() const;
  /// Serves the request that has waited longest of those that are due. Requires: due.
  void serve();
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  struct request {
    std::uint64_t connection = 0;
    std::int64_t due_ms = 0;
    std::int64_t deadline_ms = 0;
    bool creates = false;
    std::string database;
    std::string text;
    std::uint64_t wire_bytes = 0;
    std::vector<point_id> points;
    std::vector<std::string> poisoned;
    std::vector<point_id> poisoned_points;
    transfer::done on_done;
  };

  [[nodiscard]] bool read(const transfer_request& sent, request& into);
  [[nodiscard]] bool read_line(std::string_view line, request& into);
  [[nodiscard]] http_reply handle(request& one);
  [[nodiscard]] http_reply go_wrong(request& one);
  [[nodiscard]] http_reply write(request& one);
  [[nodiscard]] http_reply write_poisoned(request& one);
  [[nodiscard]] http_reply answer(int status, const std::string& message) const;
  void store(const request& one);

  const identity is_;
  model& truth_;
  dice& chance_;
  const virtual_clock& clock_;
  trace& events_;
  std::vector<request> waiting_;
};

/// The HTTP client of one sink in one life of the process.
class virtual_transfer final : public transfer {
 public:
  /// Once `process` is dead nothing is sent.
  virtual_transfer(virtual_upstream& server, std::uint64_t connection, const process_files& process)
      : server_(server), connection_(connection), process_(process) {}
  ~virtual_transfer() override { abort(); }

  void post(transfer_request request, done on_done) override {
    if (!process_.dead()) {
      server_.arrive(connection_, std::move(request), std::move(on_done));
    }
  }
  void abort() override { server_.abandon(connection_); }

 private:
  virtual_upstream& server_;
  const std::uint64_t connection_;
  const process_files& process_;
};

}  // namespace weir::simulation
