#include "tls_files.hpp"

#include <array>
#include <cstdio>

namespace libexec::server {
namespace {

constexpr std::chrono::days renewal_time{14};
constexpr std::size_t fingerprint_shown = 12;

std::string moment_text(std::chrono::sys_seconds moment) {
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(moment - day);
    std::array<char, 64> text;
    const int size =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC",
                      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

void load_tls_files(ResolvedOptions& resolved) {
    Options& options = resolved.options;
    if (options.tls_cert.empty() && options.tls_key.empty()) return;
    if (options.tls_cert.empty() || options.tls_key.empty()) {
        const bool cert = options.tls_key.empty();
        resolved.errors.push_back(std::string(cert ? "TLS_CERT" : "TLS_KEY") + " is set and " +
                                  (cert ? "TLS_KEY" : "TLS_CERT") +
                                  " is not: set both for HTTPS, or neither for plain HTTP");
        return;
    }
    try {
        options.http.tls = TlsIdentity::load(options.tls_cert, options.tls_key);
    } catch (const BadTlsFile& bad) {
        const bool cert = bad.file == BadTlsFile::File::certificate;
        resolved.errors.push_back((cert ? "TLS_CERT '" + options.tls_cert : "TLS_KEY '" + options.tls_key) +
                                  "' " + bad.what());
    }
}

std::string describe_identity(const TlsIdentity* identity) {
    if (identity == nullptr) return "none (plain HTTP)";
    return (identity->names().empty() ? "no names" : identity->names()) + ", until " +
           moment_text(identity->valid_until()) + ", SHA-256 " +
           identity->fingerprint().substr(0, fingerprint_shown);
}

std::string validity_warning(const TlsIdentity* identity, Time now) {
    if (identity == nullptr) return {};
    if (now >= identity->valid_until())
        return "the TLS certificate expired on " + moment_text(identity->valid_until()) +
               ": clients refuse it; put a new one in its place and send SIGHUP";
    if (now < identity->valid_from())
        return "the TLS certificate is not valid before " + moment_text(identity->valid_from()) +
               ": clients refuse it until then";
    if (now >= identity->valid_until() - renewal_time)
        return "the TLS certificate expires on " + moment_text(identity->valid_until()) +
               ": put a new one in its place and send SIGHUP";
    return {};
}

}  // namespace libexec::server
