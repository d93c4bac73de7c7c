// SPDX-License-Identifier: Apache-2.0
#include "intake/tls/tls_context_posix.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "intake/tls/tls_transport.hpp"

namespace weir {
namespace {

// Of TLS 1.2; those of 1.3 are all good. Without forward secrecy a stolen key opens what was
// recorded before.
constexpr const char* ciphers_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view http_1_1{"\x08http/1.1", 9};
constexpr std::size_t ticket_key_bytes = 80;

/// OpenSSL's words for what failed first on this thread; empties its queue.
std::string words_of_failure() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  if (code != 0 && ERR_SYSTEM_ERROR(code)) {
    return std::strerror(ERR_GET_REASON(code));
  }
  return reason == nullptr ? "it cannot be read" : reason;
}

failure bad_file(std::string_view key, const std::string& path, const std::string& why) {
  return {"tls." + std::string(key) + " = \"" + path + "\": " + why};
}

/// A key with a password would be asked for at the terminal, which a service does not have.
int no_password(char*, int, int, void*) {
  return 0;
}

/// Clients that offer HTTP/2 too get HTTP/1.1; those that offer neither go on without a word.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  unsigned char* found = nullptr;
  const auto* mine = reinterpret_cast<const unsigned char*>(http_1_1.data());
  if (SSL_select_next_proto(&found, length, mine, static_cast<unsigned>(http_1_1.size()), offered,
                            offered_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

bool set_protocol(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Idle connections give their buffers back.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Tickets keep sessions at the client: nothing of them is remembered here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, ciphers_1_2) == 1;
}

/// A session that is taken up shows no certificate again: it is good only under the authorities
/// that it began under, though the keys of its ticket outlive a reload.
bool tell_sessions_apart(SSL_CTX* context) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> all(EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free);
  std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH> id{};
  static_assert(id.size() == 32, "a SHA-256");
  bool good = all != nullptr && EVP_DigestInit_ex(all.get(), EVP_sha256(), nullptr) == 1;
  const STACK_OF(X509_OBJECT)* authorities =
      X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
  for (int i = 0; good && i < sk_X509_OBJECT_num(authorities); ++i) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> one{};
    unsigned length = 0;
    const X509* certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(authorities, i));
    good = certificate == nullptr ||
           (X509_digest(certificate, EVP_sha256(), one.data(), &length) == 1 &&
            EVP_DigestUpdate(all.get(), one.data(), length) == 1);
  }
  return good && EVP_DigestFinal_ex(all.get(), id.data(), nullptr) == 1 &&
         SSL_CTX_set_session_id_context(context, id.data(), id.size()) == 1;
}

outcome read_certificate(SSL_CTX* context, const tls_files& files) {
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return bad_file("certificate", files.certificate, words_of_failure());
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const unsigned long code = ERR_peek_last_error();
    const bool other =
        ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH;
    const std::string words = words_of_failure();
    return bad_file("key", files.key,
                    other ? "it is not the key of the certificate " + files.certificate
                          : words + " (a key may have no password)");
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return bad_file("key", files.key, "it is not the key of the certificate " + files.certificate);
  }
  return nothing{};
}

outcome ask_for_certificates(SSL_CTX* context, const std::string& authorities) {
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(authorities.c_str());
  if (names == nullptr ||
      SSL_CTX_load_verify_locations(context, authorities.c_str(), nullptr) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return bad_file("client_ca", authorities, words_of_failure());
  }
  SSL_CTX_set_client_CA_list(context, names);  // takes them over
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return nothing{};
}

}  // namespace

void tls_context::deleter::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}

result<std::shared_ptr<const tls_context>> tls_context::load(const tls_files& files,
                                                             const tls_context* before) {
  auto made = std::make_shared<tls_context>();
  if (files.certificate.empty()) {
    return std::shared_ptr<const tls_context>(std::move(made));
  }
  ERR_clear_error();
  made->context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = made->context_.get();
  if (context == nullptr || !set_protocol(context)) {
    return failure{"TLS cannot be set up: " + words_of_failure()};
  }
  if (auto read = read_certificate(context, files); !read) {
    return read.error();
  }
  if (!files.client_ca.empty()) {
    if (auto asked = ask_for_certificates(context, files.client_ca); !asked) {
      return asked.error();
    }
  }
  if (!tell_sessions_apart(context)) {
    return failure{"TLS cannot be set up: " + words_of_failure()};
  }
  if (before != nullptr && !before->is_plain()) {
    std::array<unsigned char, ticket_key_bytes> keys{};
    if (SSL_CTX_get_tlsext_ticket_keys(before->context_.get(), keys.data(), keys.size()) == 1) {
      SSL_CTX_set_tlsext_ticket_keys(context, keys.data(), keys.size());
    }
    OPENSSL_cleanse(keys.data(), keys.size());
  }
  return std::shared_ptr<const tls_context>(std::move(made));
}

std::unique_ptr<transport> tls_context::make_transport() const {
  WEIR_ASSERT(context_ != nullptr);
  return make_tls_transport(context_.get());
}

transport_factory transports_of(std::shared_ptr<const current_tls> tls) {
  return [tls = std::move(tls)] {
    const std::shared_ptr<const tls_context> now = tls->current();
    return now->is_plain() ? make_plain_transport() : now->make_transport();
  };
}

}  // namespace weir
