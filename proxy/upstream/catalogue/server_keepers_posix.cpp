// SPDX-License-Identifier: Apache-2.0
//
// A keeper for each server that weir administers: what it begins with, where it keeps what it is to
// remember, and which of them go on when the configuration changes.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "files/file_operations.hpp"
#include "observe/journal.hpp"
#include "upstream/catalogue/server_catalogues_state.hpp"

namespace weir {
namespace {

/// Whether weir asks this sink's server what it has, and tells it what to create. Not where buckets
/// have names of their own: which databases they are nobody can say.
bool is_administered(const sink_settings& sink) {
  const auto* influxdb = sink.as<influxdb_settings>();
  return influxdb != nullptr && influxdb->create_databases &&
         (influxdb->version == 1 || (influxdb->version == 2 && influxdb->bucket.empty()));
}

/// The parts of a kept file behind its first line, which names the server's address: what another
/// server had is not this one's.
std::string_view content_of(std::string_view text, const std::string& url) {
  const std::size_t end = text.find('\n');
  return end != std::string_view::npos && text.substr(0, end) == url ? text.substr(end + 1)
                                                                     : std::string_view{};
}

std::string read_kept(const std::string& path) {
  if (path.empty()) {
    return {};
  }
  auto content = read_small_file(path);
  if (!content) {
    journal(journal_level::warning, content.error().message);
    return {};
  }
  return content.value().value_or("");
}

/// A file of statements that clients were promised and that cannot be read is put aside.
pending_statements load_pending(const std::string& path) {
  const std::string text = read_kept(path);
  auto pending = text.empty() ? pending_statements{} : pending_statements::read(text);
  if (!pending) {
    const std::string aside = path + ".damaged";
    static_cast<void>(rename_file(path, aside));
    journal(journal_level::error,
            path + " is no list of statements: it is now " + aside +
                ". What clients had created or dropped while the server was down has to be done by "
                "hand");
  }
  return pending.value_or(pending_statements{});
}

kept_catalogue load(const std::string& known_path, const std::string& pending_path,
                    const std::string& url) {
  kept_catalogue out;
  out.pending = load_pending(pending_path);
  const std::string text = read_kept(known_path);
  if (auto known = server_catalogue::read(content_of(text, url)); known) {
    out.known = std::move(*known);
    out.learnt = true;
  }
  return out;
}

}  // namespace

std::shared_ptr<server_catalogues::server> server_catalogues::state::make(
    const sink_settings& sink) {
  auto made = std::make_shared<server>(sink);
  const std::string known_path = path_of("known", sink.name);
  const std::string pending_path = path_of("pending", sink.name);
  const std::string url = sink.as<influxdb_settings>()->url;
  keeper_parts of{
      .ask = {},
      .publish =
          [at = made.get()](std::shared_ptr<const catalogue_view> next) {
            at->view.publish(std::move(next));
          },
      .keep_pending = [pending_path, kept = parts.kept](std::string_view text) -> outcome {
        return pending_path.empty() ? outcome(nothing{}) : replace_file(pending_path, text, kept);
      },
      .keep_known =
          [known_path, url](std::string_view text) {
            if (known_path.empty()) {
              return;
            }
            std::string content = url + "\n";
            content += text;
            if (auto kept = replace_file(known_path, content, durability::process); !kept) {
              journal_limited("catalogue", journal_level::warning, kept.error().message);
            }
          },
      .may_go =
          [this, name = sink.name](const std::string& database) {
            recent.clear();
            if (parts.may_go) {
              parts.may_go(name, database);
            }
          },
      .wait_idle =
          [this, name = sink.name](const std::string& database) {
            return !parts.wait_idle || parts.wait_idle(name, database);
          },
      .drop_before =
          [this, name = sink.name](const std::string& database, std::uint64_t before) {
            return !parts.drop_before || parts.drop_before(name, database, before);
          },
      .log_end = parts.log_end};
  kept_catalogue before = load(known_path, pending_path, url);
  if (parts.log_end) {
    before.pending.clamp(parts.log_end());
  }
  if (!before.learnt) {
    // A server that was never asked: what clients created is to be there, whatever it has.
    for (const std::string& name : parts.stored.databases()) {
      if (made->takes(name) && parts.stored.created(name) && !before.pending.about(name)) {
        static_cast<void>(before.pending.add({create_statement(name)}));
      }
    }
  }
  made->keeper = std::make_unique<catalogue_keeper_thread>(sink, std::move(of), std::move(before));
  return made;
}

server_catalogues::server_catalogues(std::unique_ptr<state> made) : state_(std::move(made)) {}

server_catalogues::~server_catalogues() {
  stop();
}

result<std::unique_ptr<server_catalogues>> server_catalogues::open(
    std::shared_ptr<const settings> configured, server_catalogues_parts parts) {
  std::unique_ptr<server_catalogues> made(
      new server_catalogues(std::make_unique<state>(std::move(parts))));
  if (auto done = made->configure(std::move(configured)); !done) {
    return done.error();
  }
  return made;
}

outcome server_catalogues::configure(std::shared_ptr<const settings> configured) {
  state::servers next;
  const state::servers before = state_->current();
  if (!state_->parts.directory.empty() &&
      std::any_of(configured->sinks.begin(), configured->sinks.end(), is_administered)) {
    if (auto there = make_directories(state_->parts.directory); !there) {
      return there.error();
    }
  }
  for (const sink_settings& sink : configured->sinks) {
    if (!is_administered(sink)) {
      continue;
    }
    const auto same = std::find_if(before.begin(), before.end(),
                                   [&](const auto& one) { return one->settings == sink; });
    if (same != before.end()) {
      next.push_back(*same);
      continue;
    }
    const auto renewed = std::find_if(before.begin(), before.end(), [&](const auto& one) {
      return one->settings.name == sink.name;
    });
    if (renewed != before.end()) {
      (*renewed)->keeper->stop();  // its files are the next one's
    }
    next.push_back(state_->make(sink));
    if (state_->begun) {
      next.back()->keeper->begin();
    }
  }
  {
    const std::unique_lock hold(state_->lock);
    state_->all = next;
    state_->configured = std::move(configured);
  }
  for (const auto& one : before) {
    if (std::find(next.begin(), next.end(), one) == next.end()) {
      one->keeper->stop();
    }
  }
  state_->recent.clear();
  return nothing{};
}

void server_catalogues::begin() {
  state_->begun = true;
  for (const auto& one : state_->current()) {
    one->keeper->begin();
  }
}

void server_catalogues::stop() {
  for (const auto& one : state_->current()) {
    one->keeper->stop();
  }
}

void server_catalogues::collect(metric_collector& out) const {
  for (const auto& one : state_->current()) {
    one->keeper->collect(out);
  }
}

}  // namespace weir
