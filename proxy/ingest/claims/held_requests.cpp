// SPDX-License-Identifier: Apache-2.0
#include "ingest/claims/held_requests.hpp"

#include <utility>

#include "ingest/write_request.hpp"

namespace weir {

void held_requests::attach(std::function<void()> wake) {
  if (claims_ != nullptr) {
    watcher_ = claims_->watch(std::move(wake));
  }
}

void held_requests::detach() {
  if (watcher_) {
    claims_->unwatch(*watcher_);
    watcher_.reset();
  }
}

void held_requests::place(write_request& request, std::vector<write_request*>& go,
                          std::vector<write_request*>& wait, std::vector<refused>& refuse) const {
  const claim_standing found = request.overloaded() ? claim_standing{}  // it is refused anyway
                                                    : claims_->standing(request.points().claims());
  switch (found.fate) {
    case claim_fate::settled:
      go.push_back(&request);
      break;
    case claim_fate::waits:
      wait.push_back(&request);
      break;
    case claim_fate::lost:
      // As a full log: sent again it is judged by the types that are known now.
      refuse.push_back({&request, append_status::full, found.why});
      break;
    case claim_fate::failed:
      refuse.push_back({&request, append_status::failed, found.why});
      break;
  }
}

std::vector<held_requests::refused> held_requests::sift(std::vector<write_request*>& complete) {
  std::vector<refused> refuse;
  if (claims_ == nullptr) {
    return refuse;
  }
  claims_->send();
  const std::uint64_t changes = claims_->changes();
  std::vector<write_request*> go;
  std::vector<write_request*> wait;
  for (write_request* request : held_) {
    place(*request, go, wait, refuse);
  }
  for (write_request* request : complete) {
    place(*request, go, wait, refuse);
  }
  seen_ = changes;
  held_ = std::move(wait);
  complete = std::move(go);
  return refuse;
}

void held_requests::relieve() {
  if (claims_ != nullptr && claims_->unsent() > type_claims::unsent_usual) {
    claims_->send();
  }
}

}  // namespace weir
