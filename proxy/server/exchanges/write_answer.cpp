// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/write_answer.hpp"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// Larger answers have a brief form, too, for when memory is short.
constexpr std::size_t brief_from_bytes = 2048;

}  // namespace

http::response answer_with_brief_form(const api::write_dialect& dialect,
                                      const write_verdict& verdict) {
  http::response reply = dialect.answer(verdict);
  if (reply.body.size() > brief_from_bytes) {
    write_verdict brief;
    brief.lines = verdict.lines;
    brief.accepted = verdict.accepted;
    brief.rejected = verdict.rejected;
    brief.beyond_retention = verdict.beyond_retention;
    brief.withheld = verdict.withheld;
    brief.nothing_kept = verdict.nothing_kept;
    if (!verdict.refusals.empty()) {
      rejected_line first = verdict.refusals.front();
      first.message.resize(std::min(first.message.size(), brief_from_bytes / 2));
      brief.refusals.push_back(std::move(first));
    }
    for (const storage_refusal& each : verdict.storage) {
      brief.storage.push_back({.code = each.code, .points = each.points});
    }
    reply.brief_body = dialect.answer(brief).body;
  }
  return reply;
}

}  // namespace weir
