#pragma once

#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "settings.hpp"

namespace libexec::server {

/// Reads TLS_CERT and TLS_KEY into `options.http.tls`; what is wrong with them joins the errors.
void load_tls_files(ResolvedOptions& resolved);

/// "localhost, 127.0.0.1, until 2027-02-19 20:31:07 UTC, SHA-256 3b1f0c2a9d4e"; "none (plain HTTP)" of none.
std::string describe_identity(const TlsIdentity* identity);
/// What an operator should know of its validity at `now`: expired, not yet valid, or soon over. Empty:
/// nothing.
std::string validity_warning(const TlsIdentity* identity, Time now);

}  // namespace libexec::server
