// SPDX-License-Identifier: Apache-2.0
#include "server/access/proving_exchange.hpp"

#include <utility>

namespace weir {

kept_head::kept_head(const http::request_head& head) : head_(head) {
  std::size_t size = head.target.size() + head.path.size() + head.query.size();
  for (const http::header_field& each : head.headers) {
    size += each.name.size() + each.value.size();
  }
  bytes_.reserve(size);  // so that what views point to stays
  const auto keep = [this](std::string_view& view) {
    const std::size_t at = bytes_.size();
    bytes_.append(view);
    view = std::string_view(bytes_.data() + at, view.size());
  };
  keep(head_.target);
  keep(head_.path);
  keep(head_.query);
  for (http::header_field& each : head_.headers) {
    keep(each.name);
    keep(each.value);
  }
}

proving_exchange::proving_exchange(exchange_home& home, http::connection& on,
                                   opened_request request, const http::request_head& head,
                                   open_proof proof, serve then)
    : answering_exchange(home, on, std::move(request)),
      head_(head),
      lease_(home.services().writes.memory, on.peer().share),
      proof_(std::move(proof)),
      then_(std::move(then)) {
  home_.wait_for(*this);
}

proving_exchange::~proving_exchange() {
  stop_waiting();
}

void proving_exchange::stop_waiting() {
  if (std::exchange(waits_, false)) {
    proof_.ticket->abandon();
    home_.forget(*this);
  }
}

void proving_exchange::refuse(http::response reply) {
  stop_waiting();
  answer(std::move(reply));
}

void proving_exchange::go_on() {
  if (!settled()) {
    return;
  }
  stop_waiting();
  inner_ = then_(head_.head(), request(), proof_);
  if (on_.answered()) {
    return;
  }
  on_.more_to_answer();
  if (body_is_whole_) {
    inner_->complete();
  }
}

void proving_exchange::complete() {
  body_is_whole_ = true;
  if (inner_ != nullptr) {
    inner_->complete();
  }
}

http::response proving_exchange::fail(http::body_failure why) {
  return inner_ != nullptr ? inner_->fail(why) : answering_exchange::fail(why);
}

http::response proving_exchange::failed(http::body_failure why) const {
  const api::route& row = *routing().row;
  return row.dialect != nullptr ? row.dialect().body_failed(why) : answering_exchange::failed(why);
}

void proving_exchange::encoding_ignored() {
  if (inner_ != nullptr) {
    inner_->encoding_ignored();
  }
}

// What each route's exchange says of itself, which is not there yet when it is asked.
bool proving_exchange::takes_body() const {
  const api::handler by = routing().row->served_by;
  const http::request_head& head = head_.head();
  if (by == api::handler::query) {
    return !http::find_value(http::decode_form(head.query), "q");
  }
  if (by == api::handler::configure_database) {
    return head.method == http::method::post;
  }
  return by == api::handler::write || by == api::handler::pass ||
         (by == api::handler::push && head.method != http::method::del);
}

bool proving_exchange::reads_snappy() const {
  const api::route& row = *routing().row;
  return row.served_by == api::handler::push || row.served_by == api::handler::pass ||
         (row.served_by == api::handler::write && row.dialect().translation != nullptr);
}

}  // namespace weir
