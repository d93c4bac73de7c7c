// SPDX-License-Identifier: Apache-2.0
//
// Certificates that a test makes itself, as files.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <memory>
#include <string>

namespace weir {

template <auto Free>
struct openssl_deleter {
  template <class T>
  void operator()(T* one) const noexcept {
    Free(one);
  }
};
using owned_key = std::unique_ptr<EVP_PKEY, openssl_deleter<EVP_PKEY_free>>;
using owned_certificate = std::unique_ptr<X509, openssl_deleter<X509_free>>;

/// Signed by itself, with a key of P-256, valid for an hour.
struct test_certificate {
  explicit test_certificate(const std::string& name, long serial = 1)
      : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    X509* made = certificate.get();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3'600);
    X509_set_pubkey(made, key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    X509_sign(made, key.get(), EVP_sha256());
  }

  void write(const std::string& certificate_path, const std::string& key_path) const {
    std::unique_ptr<FILE, openssl_deleter<std::fclose>> to(
        std::fopen(certificate_path.c_str(), "w"));
    PEM_write_X509(to.get(), certificate.get());
    to.reset(std::fopen(key_path.c_str(), "w"));
    PEM_write_PrivateKey(to.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }

  owned_key key;
  owned_certificate certificate;
};

}  // namespace weir
