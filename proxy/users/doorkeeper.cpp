// SPDX-License-Identifier: Apache-2.0
#include "users/doorkeeper.hpp"

#include <utility>

#include "observe/journal.hpp"
#include "users/access_answers.hpp"

namespace weir {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

/// What stands for the credentials: the header, or, where there are parameters, all parts with
/// their lengths behind a byte that no header begins with, so that no two credentials make one
/// text.
std::string_view described(const api::offered_credentials& offered, std::string& buffer) {
  if (offered.user.empty() && offered.password.empty()) {
    return offered.authorization;
  }
  buffer.assign(1, '\0');
  for (const std::string_view part : {offered.authorization, std::string_view(offered.user),
                                      std::string_view(offered.password)}) {
    const std::uint64_t size = part.size();
    buffer.append(reinterpret_cast<const char*>(&size), sizeof size).append(part);
  }
  return buffer;
}

}  // namespace

void shared_doors::collect(metric_collector& out) const {
  const auto add = [&out](std::string_view reason, const counter& value) {
    out.counter_value(
        "weir_http_denied_total",
        "Requests that were not served for want of a user or of its right, by reason.",
        static_cast<double>(value.value()), {{"reason", reason}});
  };
  add("unknown", unknown);
  add("too_many_attempts", too_many);
  add("busy", busy);
  add("forbidden", forbidden);
}

doorkeeper::answer doorkeeper::refuse(http::response reply, counter& counted) {
  counted.add_shared();
  return {.refused = std::move(reply)};
}

/// One that offers something: a client without credentials is mostly one that was not set up yet.
doorkeeper::answer doorkeeper::refuse_unknown(std::string_view path, std::string_view address,
                                              std::string_view why) {
  journal_limited("users", journal_level::warning,
                  "a client at " + std::string(address) + " is answered 401: " + std::string(why));
  return refuse(not_known(path, why), shared_.unknown);
}

doorkeeper::answer doorkeeper::ask(const std::shared_ptr<const user_book>& book,
                                   const http::request_head& head, std::string_view peer,
                                   const moment& now, const std::function<void()>& wake) {
  if (book != book_) {
    book_ = book;
    proved_.clear();
  }
  const api::offered_credentials offered = api::find_credentials(head);
  const keyed_digest of = digests_.of(described(offered, text_));
  if (const auto found = proved_.find(of); found != proved_.end()) {
    const proved& known = found->second;
    if (now.steady < known.until &&
        (known.ends_s == 0 || now.wall.ns / ns_per_second < known.ends_s)) {
      return {.who = {book_, known.who}};
    }
    proved_.erase(found);
  }
  return prove(of, offered, head.path, peer, now, wake);
}

doorkeeper::answer doorkeeper::prove(const keyed_digest& of,
                                     const api::offered_credentials& offered, std::string_view path,
                                     std::string_view peer, const moment& now,
                                     const std::function<void()>& wake) {
  const api::credentials read = api::read_credentials(offered);
  if (read.by == api::credentials::scheme::none) {
    return refuse(not_known(path, "unable to parse authentication credentials"), shared_.unknown);
  }
  user_book::verdict verdict = book_->prove(read, now.wall.ns / ns_per_second);
  open_proof proof{.of = of, .book = book_, .who = verdict.who, .address = address_of_peer(peer)};
  if (!verdict.hash.empty()) {
    return open(std::move(proof), std::move(verdict), path, now, wake);
  }
  if (verdict.who != nullptr) {
    return remember(of, verdict.who, verdict.ends_s, now);
  }
  if (!shared_.tries.take(proof.address, now.steady)) {
    return refuse(too_many_attempts(path), shared_.too_many);
  }
  return refuse_unknown(path, proof.address, verdict.why);
}

/// Only another question than those that wait is an attempt: many connections of one client, all
/// new after a restart, are none.
doorkeeper::answer doorkeeper::open(open_proof proof, user_book::verdict verdict,
                                    std::string_view path, const moment& now,
                                    const std::function<void()>& wake) {
  hash_question question{
      .of = proof.of, .password = std::move(verdict.password), .hash = std::move(verdict.hash)};
  proof.ticket = shared_.hashes.join(question, wake);
  if (proof.ticket == nullptr) {
    if (!shared_.tries.take(proof.address, now.steady)) {
      return refuse(too_many_attempts(path), shared_.too_many);
    }
    proof.counted = true;
    proof.ticket = shared_.hashes.ask(std::move(question), wake);
    if (proof.ticket == nullptr) {
      shared_.tries.give_back(proof.address);
      return refuse(cannot_prove_now(path), shared_.busy);
    }
  }
  return {.open = std::move(proof)};
}

doorkeeper::answer doorkeeper::finish(const open_proof& proof, std::string_view path,
                                      const moment& now) {
  const hash_check found = proof.ticket->answer();
  const bool good = found == hash_check::matches && proof.who != nullptr;
  if (proof.counted && (good || found == hash_check::not_made)) {
    shared_.tries.give_back(proof.address);
  }
  if (found == hash_check::not_made) {
    return refuse(cannot_prove_now(path), shared_.busy);
  }
  if (!good) {
    return refuse_unknown(path, proof.address, user_book::wrong);
  }
  // What was proved by users of before a reload is not remembered.
  return proof.book == book_ ? remember(proof.of, proof.who, 0, now)
                             : answer{.who = {proof.book, proof.who}};
}

doorkeeper::answer doorkeeper::remember(const keyed_digest& of, const user* who,
                                        std::int64_t ends_s, const moment& now) {
  if (proved_.size() >= remembered_max) {
    std::erase_if(proved_, [&now](const auto& each) { return each.second.until <= now.steady; });
    if (proved_.size() >= remembered_max) {
      proved_.clear();
    }
  }
  proved_[of] = {.who = who, .ends_s = ends_s, .until = now.steady.after(remembered_ns)};
  return {.who = {book_, who}};
}

}  // namespace weir
