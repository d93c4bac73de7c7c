// SPDX-License-Identifier: Apache-2.0
//
// The catalogue that clients see: what the InfluxDBs behind weir have, and what they are to have. A
// keeper for each InfluxDB 1 that weir may administer; where there is none for a database, it is
// what clients created through weir, as before. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/catalogue_posix.hpp"
#include "api/catalogue.hpp"
#include "api/query/result_format.hpp"
#include "api/query/statement.hpp"
#include "base/answer_ticket.hpp"
#include "config/settings.hpp"
#include "observe/metrics.hpp"
#include "upstream/catalogue/presence.hpp"

namespace weir {

using statement_ticket = answer_ticket<api::statement_result>;

/// What the catalogues work with.
struct server_catalogues_parts {
  /// Outlives them.
  stored_catalogue& stored;
  /// Where each keeper's files lie; empty: nothing is kept.
  std::string directory;
  durability kept = durability::process;
  /// Points of a database may go to this sink's server from now on. Any thread.
  std::function<void(const std::string& sink, const std::string& database)> may_go;
  /// See keeper_parts. On the keepers' threads; may be empty.
  std::function<bool(const std::string& sink, const std::string& database)> wait_idle;
  std::function<bool(const std::string& sink, const std::string& database, std::uint64_t before)>
      drop_before;
  std::function<std::uint64_t()> log_end;
};

class server_catalogues final : public catalogue, public presence_source {
 public:
  /// Reads what earlier processes kept; asks no server before `begin`.
  [[nodiscard]] static result<std::unique_ptr<server_catalogues>> open(
      std::shared_ptr<const settings> configured, server_catalogues_parts parts);
  ~server_catalogues() override;

  void begin();
  /// Keepers of sinks that are as before go on undisturbed. One thread.
  [[nodiscard]] outcome configure(std::shared_ptr<const settings> configured);
  /// Ends the keepers. What is asked afterwards is answered with an error.
  void stop();

  // As /query sees it.
  [[nodiscard]] std::vector<std::string> databases() const override;
  [[nodiscard]] bool exists(std::string_view database) const override;
  [[nodiscard]] bool administered(std::string_view database) const override;
  [[nodiscard]] bool shared() const override;
  /// Noted here before it returns; servers create it some time later.
  [[nodiscard]] outcome create(std::string_view database) override;
  [[nodiscard]] outcome drop(std::string_view database) override;
  [[nodiscard]] std::vector<retention_policy> retention_policies(
      std::string_view database) const override;

  /// The sinks to whose servers a statement about this database goes. Any thread.
  [[nodiscard]] std::vector<std::string> servers_of(std::string_view database) const;
  /// Has a statement carried out on every server that it concerns. `wake` is called once the ticket
  /// is settled. Any thread. Requires: administered(what.database), or that it creates or drops a
  /// database and these are shared.
  [[nodiscard]] std::shared_ptr<statement_ticket> carry_out(const api::statement& what,
                                                            std::function<void()> wake);
  /// What a write names and servers lack is created there; nobody waits for it. Any thread.
  void create_for_write(const std::string& database, const std::string& policy);

  [[nodiscard]] presence_answer look(const std::string& database, const std::string& policy,
                                     const std::function<void()>& wake,
                                     std::shared_ptr<presence_ticket>& ticket) override;

  /// This sink's server says that it lacks them: it is asked what it has, if that is news. Any
  /// thread.
  void look_again(std::string_view sink, const std::string& database, const std::string& policy);

  /// Something has to be done to this database before points of it go to the sink's server. Any
  /// thread.
  [[nodiscard]] bool waits(std::string_view sink, std::string_view database) const;

  void collect(metric_collector& out) const;

 private:
  struct server;
  struct state;
  explicit server_catalogues(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

}  // namespace weir
